"""Dataverse by Microsoft's SDK, through the governed route: rows are written once, whatever happens to the answers.

Used of the SDK are its client, its requests, its batches and its errors. What it can't do is
told in README.md. Every write carries a condition, so that it can be sent again: what is in
doubt is looked at first, and known by the correlation ID that it carries.
"""

import asyncio
import contextvars
import json
import math
import re
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

import requests
from azure.core.exceptions import AzureError
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.config import DataverseConfig
from PowerPlatform.Dataverse.data._batch import _BatchClient
from PowerPlatform.Dataverse.data._batch_base import (
    _ChangeSetBatchItem,
    _extract_boundary,
    _parse_http_response_part,
    _split_multipart,
)
from PowerPlatform.Dataverse.data._odata import _ODataClient
from PowerPlatform.Dataverse.data._raw_request import _RawRequest

from .logs import correlation, log, span
from .settings import Settings
from .tokens import ScopedCredential, own_identity

# Requests at once, of all workers together, before Dataverse has told its own number.
AT_ONCE = 32
TIMEOUT = 20.0
ROWS_OF_BATCH = 100
# How often one request fails at most, and how long the waits are that Dataverse may ask for.
ATTEMPTS = 4
PATIENCE = 5.0
BACKOFF = 0.25
# No retry of a call begins after this: the gateway gives up after 100 seconds.
CALL = 60.0

LOST, NOT_SENT = 0, -1
# The row is not what it was when it was read: it is looked at again before anything is said of it.
CHANGED = (404, 409, 412)
# Statuses are judged here: the SDK raises what is none of its own list, and drops the rest of the answer.
ANY: Any = range(100, 600)


@dataclass(frozen=True)
class Reply:
    """What came back for one request; `LOST` where nothing did."""

    status: int
    wait: int | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def again(self) -> bool:
        """Worth another try."""
        return self.status in (NOT_SENT, LOST, 401, 408, 424, 429, 500, 502, 503, 504)

    @property
    def in_doubt(self) -> bool:
        """It may have been done."""
        return self.status in (LOST, 408, 500, 502, 503, 504)


class Unavailable(Exception):
    """Dataverse can't now; worth another call after so many seconds."""

    def __init__(self, retry_after: int | None) -> None:
        super().__init__("Dataverse is not available")
        self.retry_after = max(1, retry_after or 1)


class Refused(Exception):
    """Dataverse refuses the request as such."""


class Outcome(Enum):
    """What came of a write."""

    WRITTEN = "written"
    EXISTS = "exists"
    GONE = "gone"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


@dataclass
class Row:
    """A row on its way: where it goes, under which condition, and what came of it."""

    table: str
    key: str
    columns: dict[str, Any]
    # The version that was read; a row that is to be made has none.
    version: str | None = None
    absent: bool = False
    overwrite: bool = False
    in_doubt: bool = False
    look: bool = False
    outcome: Outcome | None = None

    def __post_init__(self) -> None:
        self.look = self.in_doubt or (self.version is None and not self.absent)

    def is_ours(self, found: dict[str, Any]) -> bool:
        """Whether the row holds what this write would leave behind."""
        return all(same(found.get(name), value) for name, value in self.columns.items())

    def found(self, row: dict[str, Any] | None) -> None:
        """What a look at it says."""
        self.look = False
        if row is None:
            self.outcome = None if self.absent else Outcome.GONE
        elif self.in_doubt and self.is_ours(row):
            self.outcome = Outcome.WRITTEN
        elif self.absent and not self.overwrite:
            self.outcome = Outcome.EXISTS
        else:
            self.absent, self.version = False, row["@odata.etag"]

    def answered(self, reply: Reply) -> None:
        """What an answer says."""
        if reply.status in CHANGED:
            self.look = True
        elif reply.again:
            self.in_doubt |= reply.in_doubt
            self.look |= reply.in_doubt
        elif reply.status < 300:
            self.outcome = Outcome.WRITTEN
        else:
            self.outcome = Outcome.REFUSED


def same(left: object, right: object) -> bool:
    """Numbers are equal by their amount: a decimal column answers 5.0 where 5 was written."""
    if isinstance(left, int | float) and isinstance(right, int | float):
        return abs(left - right) < 1e-6
    return left == right


class Tries:
    """How long a request is sent again."""

    def __init__(self, until: float) -> None:
        self._until, self._failures, self._waited, self.conflicts = until, 0, 0.0, 0

    async def pause(self, wait: int | None) -> None:
        """Waits for the next try, as long as Dataverse asks for or with a backoff, or gives up."""
        if wait is None:
            self._failures += 1
            pause = BACKOFF * 2 ** (self._failures - 1)
        else:
            self._waited += wait
            pause = wait
        too_long = self._waited > PATIENCE or time.monotonic() + pause > self._until
        if self._failures >= ATTEMPTS or too_long:
            raise Unavailable(wait)
        await asyncio.sleep(pause)

    def conflicted(self) -> None:
        """Somebody else wrote in between; nobody does so for ever."""
        self.conflicts += 1
        if self.conflicts > 2 * ATTEMPTS:
            raise Unavailable(None)


class Pace:
    """No more requests at once than Dataverse suggests in `x-ms-dop-hint`."""

    def __init__(self, workers: int) -> None:
        self._workers, self._width, self._under_way = workers, max(1, AT_ONCE // workers), 0
        self._changed = asyncio.Condition()

    def heed(self, hint: str | None) -> None:
        """What an answer says of it. Called by worker threads; the width is one number."""
        if hint and hint.isdigit() and 0 < int(hint) <= 512:
            self._width = max(1, min(AT_ONCE, int(hint)) // self._workers)

    async def __aenter__(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._under_way < self._width)
            self._under_way += 1

    async def __aexit__(self, *_: object) -> None:
        async with self._changed:
            self._under_way -= 1
            self._changed.notify_all()


class GovernedClient(_ODataClient):
    """The SDK's lower layer, with the header field that the gateway demands and without metadata."""

    pace: Pace

    def _headers(self) -> dict[str, str]:
        return {**super()._headers(), "X-Correlation-Id": correlation.get()}

    def _raw_request(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        response: requests.Response = super()._raw_request(method, url, **kwargs)
        # Without it the SDK lets requests guess, which takes longer than the call.
        response.encoding = "utf-8"
        self.pace.heed(response.headers.get("x-ms-dop-hint"))
        wait = response.headers.get("Retry-After", "0")
        if not wait.strip().isdigit():
            # The SDK drops the other form (RFC 9110 §10.2.3).
            response.headers["Retry-After"] = str(seconds_until(wait))
        return response


def seconds_until(date: str) -> int:
    """Seconds from now to an HTTP-date, 1 where it is none."""
    try:
        return max(0, math.ceil((parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()))
    except (ValueError, TypeError):
        return 1


class Dataverse:
    """The client of one process. The SDK blocks, so it has threads of its own."""

    def __init__(self, settings: Settings, url: str, scope: str) -> None:
        self._credential = ScopedCredential(own_identity(settings), scope)
        self._pace = Pace(settings.workers)
        threads = max(1, AT_ONCE // settings.workers)
        self._threads = ThreadPoolExecutor(threads, "dataverse")
        # What is sent again is decided here: the SDK would send a write again without looking.
        config = DataverseConfig(http_retries=1, http_timeout=TIMEOUT)
        session = requests.Session()
        session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=threads))
        client = DataverseClient(url, self._credential, config)
        self._odata = GovernedClient(client.auth, url, config, session)
        self._odata.pace = self._pace

    async def read(
        self, table: str, keys: Sequence[tuple[str, Sequence[str]]], until: float
    ) -> list[dict[str, Any] | None]:
        """Some columns of each of these rows, in order; `None` where there is no such row."""
        asks = [
            _RawRequest("GET", f"{self._odata.api}/{table}({key})?$select={','.join(select)}") for key, select in keys
        ]
        rows: list[dict[str, Any] | None] = [None] * len(asks)
        pending = list(range(len(asks)))
        tries = Tries(until)
        while pending:
            part = pending[:ROWS_OF_BATCH]
            replies = await self._exchange([asks[n] for n in part])
            again = []
            for n, reply in zip(part, replies, strict=True):
                if reply.again:
                    again.append((n, reply))
                elif reply.status == 200:
                    rows[n] = reply.data
                elif reply.status != 404:
                    raise Refused(f"{table}: {reply.status}")
            pending = [n for n, _ in again] + pending[ROWS_OF_BATCH:]
            if again:
                await tries.pause(longest([reply for _, reply in again]))
        return rows

    async def write(self, rows: Sequence[Row], until: float, *, together: bool = False) -> Unavailable | None:
        """Writes rows, each for itself or all of them in one change set, until each has an outcome.

        Gives why those were given up that are `UNAVAILABLE`.
        """
        tries = Tries(until)
        try:
            while waiting := [row for row in rows if row.outcome is None]:
                if together and any(row.outcome in (Outcome.GONE, Outcome.REFUSED) for row in rows):
                    break
                if unread := [row for row in waiting if row.look]:
                    await self._look(unread, until)
                else:
                    await self._send(waiting if together else waiting[:ROWS_OF_BATCH], tries, together)
        except Unavailable as given_up:
            for row in rows:
                row.outcome = row.outcome or Outcome.UNAVAILABLE
            log("Dataverse is not available", "warning", retry_after=given_up.retry_after)
            return given_up
        return None

    async def _look(self, rows: Sequence[Row], until: float) -> None:
        found = await self.read(rows[0].table, [(row.key, list(row.columns)) for row in rows], until)
        for row, content in zip(rows, found, strict=True):
            row.found(content)

    async def _send(self, rows: Sequence[Row], tries: Tries, together: bool) -> None:
        replies = await self._exchange([self._patch(row) for row in rows], together=together)
        for row, reply in zip(rows, replies, strict=True):
            row.answered(reply)
        stale = any(reply.status in CHANGED for reply in replies)
        if stale:
            tries.conflicted()
            for row in rows if together else ():
                row.look = True
        again = [reply for reply in replies if reply.again]
        if again and not (stale and together):
            await tries.pause(longest(again))

    def _patch(self, row: Row) -> _RawRequest:
        condition = {"If-None-Match": "*"} if row.absent else {"If-Match": row.version or "*"}
        content = json.dumps(row.columns, ensure_ascii=False)
        return _RawRequest("PATCH", f"{self._odata.api}/{row.table}({row.key})", content, condition)

    async def _exchange(self, asks: list[_RawRequest], *, together: bool = False) -> list[Reply]:
        """Sends requests in a thread; a reply for each."""
        call = self._one if len(asks) == 1 else self._batch
        context = contextvars.copy_context()
        async with self._pace:
            loop = asyncio.get_running_loop()
            replies = await loop.run_in_executor(self._threads, context.run, self._safely, call, asks, together)
        if any(reply.status == 401 for reply in replies):
            self._credential.forget()
        return replies

    def _safely(self, call: Any, asks: list[_RawRequest], together: bool) -> list[Reply]:
        with span("dataverse", requests=len(asks), method=asks[0].method):
            try:
                replies: list[Reply] = call(asks, together)
                return replies
            except requests.RequestException:
                return [Reply(LOST)] * len(asks)
            except AzureError as error:
                log("the issuer gave no token", "warning", error=str(error)[:300])
                return [Reply(NOT_SENT)] * len(asks)

    def _one(self, asks: list[_RawRequest], _: bool) -> list[Reply]:
        return [whole_reply(self._odata._execute_raw(asks[0], expected=ANY))]

    def _batch(self, asks: list[_RawRequest], together: bool) -> list[Reply]:
        # Where the gateway puts Dataverse under a path of its own, Dataverse knows nothing of it.
        base = self._odata.base_url
        parts = [
            replace(ask, url=ask.url.removeprefix(base), content_id=number if together else None)
            for number, ask in enumerate(asks, 1)
        ]
        boundary = f"batch_{uuid.uuid4()}"
        items: list[Any] = [_ChangeSetBatchItem(requests=parts)] if together else list(parts)
        headers = {"Content-Type": f'multipart/mixed; boundary="{boundary}"'}
        if not together:
            headers["Prefer"] = "odata.continue-on-error"
        body = _BatchClient(self._odata)._build_batch_body(items, boundary).encode()
        url = f"{self._odata.api}/$batch"
        response = self._odata._request("post", url, data=body, headers=headers, expected=ANY)
        if "multipart" not in response.headers.get("Content-Type", ""):
            return [whole_reply(response)] * len(asks)
        # Whatever the status: of a batch that ends with a failure it is the failing part's, where the wait stands.
        replies = part_replies(response)
        failed = [(number, reply) for number, reply in replies if reply.status >= 300]
        if together and failed:
            # None was written; one of them is told, by its number.
            failing, reply = failed[0]
            rest = Reply(424) if failing else reply
            return [reply if n == failing else rest for n in range(1, len(asks) + 1)]
        told = [reply for _, reply in replies]
        return told[: len(asks)] + [Reply(LOST)] * (len(asks) - len(told))


def whole_reply(response: requests.Response) -> Reply:
    """An answer that says the same of all that was asked."""
    wait = response.headers.get("Retry-After")
    if response.status_code == 403 and wait:
        # A quota of the gateway: no retry of ours helps.
        raise Unavailable(int(wait))
    data = response.json() if response.status_code == 200 else {}
    return Reply(response.status_code, int(wait) if wait else None, data)


WAIT = re.compile(r"^retry-after:\s*(\d+)\s*$", re.IGNORECASE | re.MULTILINE)


def part_replies(response: requests.Response) -> list[tuple[int | None, Reply]]:
    """The parts of a batch's answer with their numbers. The SDK's own reader drops `Retry-After`."""
    parts = []
    for fields, text in _split_multipart(response.text, _extract_boundary(response.headers["Content-Type"]) or ""):
        inner = (
            _extract_boundary(fields.get("content-type", "")) if "multipart" in fields.get("content-type", "") else None
        )
        parts += _split_multipart(text, inner) if inner else [(fields, text)]
    replies: list[tuple[int | None, Reply]] = []
    for fields, text in parts:
        if part := _parse_http_response_part(text, fields.get("content-id")):
            wait = WAIT.search(text.split("\n\n", 1)[0])
            named = int(part.content_id) if part.content_id and part.content_id.isdigit() else None
            replies.append((named, Reply(part.status_code, int(wait[1]) if wait else None, part.data or {})))
    return replies


def longest(replies: Sequence[Reply]) -> int | None:
    """The longest wait that is asked for."""
    return max((reply.wait for reply in replies if reply.wait is not None), default=None)
