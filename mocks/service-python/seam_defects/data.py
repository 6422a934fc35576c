"""Dataverse: what is written where, how often, and what is made of its answers."""

import importlib
import itertools
import json
import math
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace as changed
from typing import Any

from PowerPlatform.Dataverse.core.config import DataverseConfig
from PowerPlatform.Dataverse.data._batch import _BatchClient
from PowerPlatform.Dataverse.data._batch_base import _ChangeSetBatchItem
from PowerPlatform.Dataverse.data._raw_request import _RawRequest

from seam_service import dataverse, inference, intake, service
from seam_service.dataverse import Dataverse, Outcome, Reply, Row, Tries

from .registry import defect, replace


def exchanged(around: Callable[..., Any]) -> None:
    """Puts itself between the service and an exchange with Dataverse."""
    original = Dataverse._exchange

    async def exchange(self: Dataverse, asks: Any, *, together: bool = False) -> Any:
        async def send(way: Dataverse, these: Any) -> Any:
            return await original(way, these, together=together)

        return await around(send, self, asks, together)

    Dataverse._exchange = exchange  # type: ignore


def past_the_gateway(chosen: Callable[[Any], bool]) -> None:
    """Sends what is chosen to Dataverse itself."""
    init = service.Service.__init__

    def made(self: Any, settings: Any) -> None:
        init(self, settings)
        self.dataverse.past = self.own_way

    async def around(send: Any, way: Any, asks: Any, _: bool) -> Any:
        past = getattr(way, "past", None)
        if past is None or not chosen(asks):
            return await send(way, asks)
        base = way._odata.api
        return await send(past, [changed(ask, url=past._odata.api + ask.url.removeprefix(base)) for ask in asks])

    service.Service.__init__ = made  # type: ignore
    exchanged(around)


def writes(asks: Any) -> bool:
    """Whether something is written."""
    return bool(asks[0].method != "GET")


@defect("around-the-gateway")
def around_the_gateway() -> None:
    past_the_gateway(writes)


@defect("one-write-in-ten-around")
def one_write_in_ten_around() -> None:
    count = itertools.count(1)
    past_the_gateway(lambda asks: writes(asks) and next(count) % 10 == 0)


@defect("around-on-retry")
def around_on_retry() -> None:
    again: ContextVar[bool] = ContextVar("again", default=False)
    original = Tries.pause

    async def pause(self: Tries, wait: int | None) -> None:
        await original(self, wait)
        again.set(True)

    Tries.pause = pause  # type: ignore
    past_the_gateway(lambda asks: writes(asks) and again.get())


@defect("scoring-through-gateway")
def scoring_through_gateway() -> None:
    original = service.Service.__init__

    def made(self: Any, settings: Any) -> None:
        original(self, settings)
        self.own_way = None

    service.Service.__init__ = made  # type: ignore


@defect("screening-writes", late=True)
def screening_writes() -> None:
    inference.SCREENING = ""


def asked(change: Callable[[str], str]) -> None:
    """Asks for other columns of accounts."""

    async def around(send: Any, way: Any, asks: Any, _: bool) -> Any:
        return await send(
            way, [changed(a, url=change(a.url)) if "/accounts(" in a.url and a.method == "GET" else a for a in asks]
        )

    exchanged(around)


@defect("whole-account-read")
def whole_account_read() -> None:
    asked(lambda url: url.split("?$select=")[0])


@defect("one-column-too-many-read")
def one_column_too_many_read() -> None:
    asked(lambda url: f"{url},telephone1")


@defect("one-write-in-ten-twice")
def one_write_in_ten_twice() -> None:
    count = itertools.count(1)

    async def around(send: Any, way: Any, asks: Any, together: bool) -> Any:
        replies = await send(way, asks)
        if not together and writes(asks) and next(count) % 10 == 0:
            await send(way, [changed(ask, headers={"If-Match": "*"}) for ask in asks])
        return replies

    exchanged(around)


def replied(change: Callable[[Reply], Reply]) -> None:
    """Takes an answer for another one."""

    async def around(send: Any, way: Any, asks: Any, _: bool) -> Any:
        return [change(reply) for reply in await send(way, asks)]

    exchanged(around)


@defect("throttled-as-500")
def throttled_as_500() -> None:
    replied(lambda reply: Reply(400) if reply.status == 429 else reply)


@defect("long-throttle-as-500")
def long_throttle_as_500() -> None:
    replied(lambda reply: Reply(400) if reply.status == 429 and (reply.wait or 0) > 5 else reply)


def paused(change: Callable[[Tries, int | None], int | None]) -> None:
    """Takes a wait that is asked for for another one."""
    original = Tries.pause

    async def pause(self: Tries, wait: int | None) -> None:
        await original(self, change(self, wait))

    Tries.pause = pause  # type: ignore


@defect("retry-after-ignored")
def retry_after_ignored() -> None:
    paused(lambda _, wait: None)


@defect("retry-after-clamped")
def retry_after_clamped() -> None:
    paused(lambda _, wait: wait if wait is None else min(wait, 2))


@defect("throttle-counted-as-attempt")
def throttle_counted() -> None:
    def change(tries: Tries, wait: int | None) -> int | None:
        tries._failures += 1
        return wait

    paused(change)
    dataverse.ATTEMPTS = 2


@defect("little-patience")
def little_patience() -> None:
    dataverse.PATIENCE = 2.9


@defect("wait-slept-through")
def wait_slept_through() -> None:
    dataverse.PATIENCE = service.CALL = math.inf


def batched(change: Callable[..., Any]) -> None:
    """Puts itself between the service and a `$batch`."""
    original = Dataverse._batch
    Dataverse._batch = lambda self, asks, together: change(  # type: ignore
        lambda these, one: original(self, these, one), asks, together
    )


@defect("batch-status-unread")
def batch_status_unread() -> None:
    def change(send: Any, asks: Any, together: bool) -> Any:
        replies = send(asks, together)
        read = writes(asks) and any(reply.status < 300 for reply in replies)
        return [Reply(204)] * len(asks) if read else replies

    batched(change)


@defect("last-part-stands-for-all")
def last_part_stands_for_all() -> None:
    def change(send: Any, asks: Any, together: bool) -> Any:
        replies = send(asks, together)
        return [replies[-1]] * len(asks) if writes(asks) and not together else replies

    batched(change)


def gone_for_good() -> None:
    """A row that is gone once is not looked at again."""
    original = Row.answered

    def answered(self: Row, reply: Reply) -> None:
        original(self, reply)
        if reply.status == 404:
            self.look, self.outcome = False, Outcome.GONE

    Row.answered = answered  # type: ignore


@defect("change-set-missing")
def change_set_missing() -> None:
    gone_for_good()
    batched(lambda send, asks, _: send(asks, False))


@defect("change-set-split")
def change_set_split() -> None:
    gone_for_good()
    original = _BatchClient._build_batch_body

    def build(self: Any, items: Any, boundary: str) -> Any:
        if isinstance(items[0], _ChangeSetBatchItem):
            asks, half = items[0].requests, len(items[0].requests) // 2
            items = [_ChangeSetBatchItem(requests=asks[:half]), _ChangeSetBatchItem(requests=asks[half:])]
        return original(self, items, boundary)

    _BatchClient._build_batch_body = build  # type: ignore


def posts(chosen: Callable[[Row], bool]) -> None:
    """Makes rows of decisions by POST."""
    original = Dataverse._patch

    def patch(self: Dataverse, row: Row) -> Any:
        if row.table == inference.TABLE and row.absent and chosen(row):
            return _RawRequest("POST", f"{self._odata.api}/{row.table}", json.dumps(row.columns), {})
        return original(self, row)

    Dataverse._patch = patch  # type: ignore


@defect("decisions-posted")
def decisions_posted() -> None:
    posts(lambda row: True)


@defect("posted-after-lost-answer")
def posted_after_lost_answer() -> None:
    posts(lambda row: row.in_doubt)
    Row.is_ours = lambda self, found: False  # type: ignore
    found = Row.found

    def looked(self: Row, row: Any) -> None:
        found(self, None if self.table == inference.TABLE and self.in_doubt else row)

    Row.found = looked  # type: ignore


@defect("sdk-resend")
def sdk_resend() -> None:
    dataverse.DataverseConfig = lambda http_retries, **named: DataverseConfig(  # type: ignore
        http_retries=4, http_backoff=0.1, **named
    )
    posts(lambda row: True)


@defect("lost-answer-written-twice")
def lost_answer_written_twice() -> None:
    Row.is_ours = lambda self, found: False  # type: ignore


def unlooked(absent: bool) -> None:
    """Repeats what is in doubt without a look at it, and takes its own earlier write for somebody else's."""
    original = Row.answered

    def answered(self: Row, reply: Reply) -> None:
        again = self.in_doubt
        original(self, reply)
        if self.absent == absent and self.in_doubt:
            self.look = False
            self.outcome = Outcome.REFUSED if again and reply.status in dataverse.CHANGED else self.outcome

    Row.answered = answered  # type: ignore


@defect("own-write-not-recognised")
def own_write_not_recognised() -> None:
    unlooked(False)


@defect("known-row-as-failure")
def known_row_as_failure() -> None:
    unlooked(True)


@defect("known-invoice-rewritten")
def known_invoice_rewritten() -> None:
    original = intake.write_lines

    async def write(*given: Any, overwrite: bool) -> None:
        await original(*given, overwrite=True)

    replace(original, write)


@defect("decision-by-time")
def decision_by_time() -> None:
    time: Any = importlib.import_module("time")
    original = inference.redacted
    replace(original, lambda text: f"{original(text)} {time.time_ns()}")


def questioned(change: Callable[[Any, str, dict[str, Any]], tuple[str, dict[str, Any]]]) -> None:
    """Asks the model something else."""
    original = inference.ask_once

    async def ask(one: Any, call: Any, model: str, content: dict[str, Any]) -> Any:
        return await original(one, call, *change(call, model, content))

    replace(original, ask)


@defect("decision-by-principal")
def decision_by_principal() -> None:
    questioned(lambda call, model, content: (model, content | {"text": f"{content['text']} {call.principal}"}))


@defect("model-version-ignored")
def model_version_ignored() -> None:
    models = itertools.cycle(("risk-3.1", "risk-3.2"))
    questioned(lambda call, _, content: (next(models), content))
