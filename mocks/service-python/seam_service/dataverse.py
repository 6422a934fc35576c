"""Dataverse by Microsoft's SDK, through the governed route: rows are written once, whatever happens to the answers.

Used of the SDK are its client, its requests and its batches. What it can't do is told in
README.md. Every write carries a condition, so that it can be sent again: what is in doubt is
looked at first, and known by the correlation ID that it carries.
"""

import asyncio
import json
import math
import re
import time
import uuid
from collections.abc import Iterator, Sequence
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
from .problem import Problem, unavailable
from .settings import Settings
from .tokens import ScopedCredential

# Requests at once, of all workers together, before Dataverse has told its own number.
AT_ONCE = 32
TIMEOUT = 20.0
ROWS_OF_BATCH = 100
# How often requests fail at most, and how long the waits are that Dataverse may ask for.
ATTEMPTS = 6
PATIENCE = 5.0
BACKOFF = 0.1
# No retry of a call begins after this: the gateway gives up after 100 seconds.
CALL = 60.0

LOST, NOT_SENT = 0, -1
# The row is not what it was when it was read: it is looked at again before anything is said of it.
CHANGED = (404, 409, 412)
# Statuses are judged here: the SDK raises what is none of its own list, and drops the rest of the answer.
ANY: Any = range(100, 600)
WAIT = re.compile(r"^retry-after:(.*)$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Reply:
    """What came back for one request; `LOST` where nothing did."""

    status: int
    wait: int | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def again(self) -> bool:
        """Worth another try."""
        return self.in_doubt or self.status in (NOT_SENT, 401, 424, 429)

    @property
    def in_doubt(self) -> bool:
        """It may have been done."""
        return self.status in (LOST, 408, 500, 502, 503, 504)


class Outcome(Enum):
    """What came of a write."""

    WRITTEN = "written"
    EXISTS = "exists"
    GONE = "gone"
    REFUSED = "refused"


@dataclass
class Row:
    """A row on its way: where it goes, whether it is to be made, and what came of it."""

    table: str
    key: str
    columns: dict[str, Any]
    absent: bool = False
    overwrite: bool = False
    in_doubt: bool = False
    version: str | None = None
    outcome: Outcome | None = None
    look: bool = field(init=False)

    def __post_init__(self) -> None:
        self.look = self.in_doubt or not self.absent

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
        if reply.again or reply.status in CHANGED:
            self.in_doubt |= reply.in_doubt
            self.look |= reply.in_doubt or reply.status in CHANGED
        else:
            self.outcome = Outcome.WRITTEN if reply.status < 300 else Outcome.REFUSED


def same(left: object, right: object) -> bool:
    """Numbers are equal by their amount: a column may round them."""
    if isinstance(left, int | float) and isinstance(right, int | float):
        return math.isclose(left, right, abs_tol=1e-6)
    return left == right


class Tries:
    """How long requests are sent again."""

    def __init__(self, until: float) -> None:
        self._until, self._failures, self._waited = until, 0, 0.0

    async def pause(self, wait: int | None) -> None:
        """Waits for the next try, as long as Dataverse asks for or with a backoff, or gives up."""
        self._failures += not wait
        self._waited += wait or 0
        pause = BACKOFF * 2 ** (self._failures - 1) if wait is None else wait
        too_long = self._waited > PATIENCE or time.monotonic() + pause > self._until
        if self._failures >= ATTEMPTS or too_long:
            raise unavailable(wait)
        await asyncio.sleep(pause)


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
        return response


def seconds(wait: str | None) -> int | None:
    """What `Retry-After` asks for, in seconds or until a date (RFC 9110 §10.2.3)."""
    if wait is None:
        return None
    if wait.strip().isdigit():
        return int(wait)
    try:
        return max(0, math.ceil((parsedate_to_datetime(wait) - datetime.now(UTC)).total_seconds()))
    except (ValueError, TypeError):
        return 1


class Dataverse:
    """The client of one process. The SDK blocks, so its calls have threads."""

    def __init__(self, settings: Settings, url: str, scope: str) -> None:
        self._credential = ScopedCredential(settings, scope)
        self._pace = Pace(settings.workers)
        # What is sent again is decided here: the SDK would send a write again without looking.
        config = DataverseConfig(http_retries=1, http_timeout=TIMEOUT)
        session = requests.Session()
        session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=AT_ONCE))
        client = DataverseClient(url, self._credential, config)
        self._odata = GovernedClient(client.auth, url, config, session)
        self._odata.pace = self._pace

    async def read(self, table: str, keys: Sequence[tuple[str, Sequence[str]]], until: float) -> list[Any]:
        """Some columns of each of these rows, in order; `None` where there is no such row."""
        asks = [_RawRequest("GET", f"{self._odata.api}/{table}({key})?$select={','.join(cols)}") for key, cols in keys]
        rows: list[dict[str, Any] | None] = [None] * len(asks)
        pending, tries = list(range(len(asks))), Tries(until)
        while pending:
            part, pending = pending[:ROWS_OF_BATCH], pending[ROWS_OF_BATCH:]
            replies = dict(zip(part, await self._exchange([asks[n] for n in part]), strict=True))
            again = [n for n, reply in replies.items() if reply.again]
            for n, reply in replies.items():
                if reply.status == 200:
                    rows[n] = reply.data
                elif reply.status != 404 and not reply.again:
                    raise Problem("internal", f"Dataverse refused to show a row of {table}: {reply.status}")
            if again:
                pending = again + pending
                await tries.pause(longest([replies[n] for n in again]))
        return rows

    async def write(self, rows: Sequence[Row], until: float, *, together: bool = False) -> Problem | None:
        """Writes rows, each for itself or all of them in one change set; gives why some could not be written."""
        tries = Tries(until)
        try:
            while waiting := [row for row in rows if row.outcome is None]:
                if together and any(row.outcome in (Outcome.GONE, Outcome.REFUSED) for row in rows):
                    break
                if unread := [row for row in waiting if row.look]:
                    found = await self.read(unread[0].table, [(row.key, list(row.columns)) for row in unread], until)
                    for row, content in zip(unread, found, strict=True):
                        row.found(content)
                else:
                    await self._send(waiting if together else waiting[:ROWS_OF_BATCH], tries, together)
        except Problem as given_up:
            log("Dataverse is not available", "warning", retry_after=given_up.retry_after)
            return given_up
        written = all(row.outcome in (Outcome.WRITTEN, Outcome.EXISTS) for row in rows)
        return None if written else Problem("internal", "Dataverse did not take a row")

    async def _send(self, rows: Sequence[Row], tries: Tries, together: bool) -> None:
        replies = await self._exchange([self._patch(row) for row in rows], together=together)
        for row, reply in zip(rows, replies, strict=True):
            row.answered(reply)
        stale = any(reply.status in CHANGED for reply in replies)
        again = [reply for reply in replies if reply.again]
        if stale and (together or not again):
            for row in rows if together else ():
                row.look = True
            await tries.pause(0)
        elif again:
            await tries.pause(longest(again))

    def _patch(self, row: Row) -> _RawRequest:
        condition = {"If-None-Match": "*"} if row.absent else {"If-Match": row.version or "*"}
        content = json.dumps(row.columns, ensure_ascii=False)
        return _RawRequest("PATCH", f"{self._odata.api}/{row.table}({row.key})", content, condition)

    async def _exchange(self, asks: list[_RawRequest], *, together: bool = False) -> list[Reply]:
        """Sends requests in a thread; a reply for each."""
        async with self._pace:
            replies = await asyncio.to_thread(self._blocking, asks, together)
        if any(reply.status == 401 for reply in replies):
            self._credential.forget()
        return replies

    def _blocking(self, asks: list[_RawRequest], together: bool) -> list[Reply]:
        with span("dataverse", requests=len(asks), method=asks[0].method):
            try:
                return self._batch(asks, together) if len(asks) > 1 else self._one(asks[0])
            except requests.RequestException:
                return [Reply(LOST)] * len(asks)
            except AzureError as error:
                log("the issuer gave no token", "warning", error=str(error)[:300])
                return [Reply(NOT_SENT)] * len(asks)

    def _one(self, ask: _RawRequest) -> list[Reply]:
        return [reply_of(self._odata._execute_raw(ask, expected=ANY))]

    def _batch(self, asks: list[_RawRequest], together: bool) -> list[Reply]:
        # Where the gateway puts Dataverse under a path of its own, Dataverse knows nothing of it.
        base = self._odata.base_url
        parts = [
            replace(ask, url=ask.url.removeprefix(base), content_id=number if together else None)
            for number, ask in enumerate(asks, 1)
        ]
        items: list[Any] = [_ChangeSetBatchItem(requests=parts)] if together else list(parts)
        boundary = f"batch_{uuid.uuid4()}"
        headers = {"Content-Type": f'multipart/mixed; boundary="{boundary}"'}
        headers |= {} if together else {"Prefer": "odata.continue-on-error"}
        body = _BatchClient(self._odata)._build_batch_body(items, boundary).encode()
        response = self._odata._request("post", f"{self._odata.api}/$batch", data=body, headers=headers, expected=ANY)
        if "multipart" not in response.headers.get("Content-Type", ""):
            return [reply_of(response)] * len(asks)
        # Whatever the status: of a batch that ends with a failure it is the failing part's, where the wait stands.
        replies = part_replies(response)
        for number, reply in replies if together else ():
            if reply.status >= 300:
                # None was written; the answer tells of one of them, by its number.
                rest = Reply(424) if number else reply
                return [reply if n == number else rest for n in range(1, len(asks) + 1)]
        told = [reply for _, reply in replies]
        return told[: len(asks)] + [Reply(LOST)] * (len(asks) - len(told))


def reply_of(response: requests.Response) -> Reply:
    """An answer that says the same of all that was asked."""
    wait = seconds(response.headers.get("Retry-After"))
    if response.status_code == 403 and wait:
        # A quota of the gateway: no retry of ours helps.
        raise unavailable(wait)
    return Reply(response.status_code, wait, response.json() if response.status_code == 200 else {})


def parts(kind: str, text: str) -> Iterator[tuple[dict[str, str], str]]:
    """The parts of a multipart content, those of the change sets in it as well."""
    for fields, part in _split_multipart(text, _extract_boundary(kind) or ""):
        inner = fields.get("content-type", "")
        yield from parts(inner, part) if "multipart" in inner else [(fields, part)]


def part_replies(response: requests.Response) -> list[tuple[int, Reply]]:
    """The parts of a batch's answer with their numbers, 0 where there is none. The SDK drops `Retry-After`."""
    replies = []
    for fields, text in parts(response.headers["Content-Type"], response.text):
        if part := _parse_http_response_part(text, fields.get("content-id")):
            wait = WAIT.search(text.split("\n\n", 1)[0])
            replies.append(
                (int(part.content_id or 0), Reply(part.status_code, seconds(wait and wait[1]), part.data or {}))
            )
    return replies


def longest(replies: Sequence[Reply]) -> int | None:
    """The longest wait that is asked for."""
    return max((reply.wait for reply in replies if reply.wait is not None), default=None)
