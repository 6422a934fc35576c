"""Jobs, and the flow that is told of their ends."""

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from seam_service import jobs, service
from seam_service.jobs import Job

from .registry import defect, replace


def results(change: Callable[[dict[str, Any]], None]) -> None:
    """Changes what a job comes to."""
    original = Job.result

    def result(self: Job) -> dict[str, Any]:
        told = original(self)
        change(told)
        return told

    Job.result = result  # type: ignore


@defect("job-completed-though-failed")
def job_completed_though_failed() -> None:
    def change(told: dict[str, Any]) -> None:
        told["status"] = "completed"
        told.pop("failureType", None)

    results(change)


@defect("small-failed-job-completed")
def small_failed_job_completed() -> None:
    def change(told: dict[str, Any]) -> None:
        if len(told["records"]) <= 2:
            told["status"] = "completed"
            told.pop("failureType", None)

    results(change)


@defect("failed-job-without-type")
def failed_job_without_type() -> None:
    results(lambda told: told.pop("failureType", None) and None)


@defect("failed-job-of-unknown-type")
def failed_job_of_unknown_type() -> None:
    results(lambda told: told.update({"failureType": "out_of_luck"} if told["status"] == "failed" else {}))


@defect("poisoned-redelivered-forever")
def poisoned_redelivered_forever() -> None:
    jobs.DELIVERIES, jobs.PAUSE, jobs.LONGEST_PAUSE = 1 << 30, 0.001, 1e9


def letters(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Changes what the flow is told."""
    original = jobs.letter_of
    replace(original, lambda result: change(original(result)))


@defect("callback-off-schema")
def callback_off_schema() -> None:
    letters(lambda letter: letter | {"status": "finished"})


@defect("callback-count-as-text")
def callback_count_as_text() -> None:
    letters(lambda letter: {n: str(v) if isinstance(v, int) and v > 1 else v for n, v in letter.items()})


Send = Callable[[str, dict[str, Any]], Any]


def sendings(around: Callable[[Send, str, dict[str, Any], Any], Any]) -> None:
    """Puts itself between the service and the flow."""
    original = service.Service.__init__

    def made(self: Any, settings: Any) -> None:
        original(self, settings)
        post = self.http.post

        async def sent(url: str, **named: Any) -> Any:
            if "content" not in named:
                return await post(url, **named)

            async def send(to: str, more: dict[str, Any]) -> Any:
                return await post(to, **more)

            return await around(send, url, named, self)

        self.http.post = sent

    service.Service.__init__ = made  # type: ignore


def changed_letters(change: Callable[[dict[str, Any], bool], None]) -> None:
    """Changes what goes to the flow; it is told whether that is sent again."""
    seen: set[str] = set()

    async def around(send: Send, url: str, named: dict[str, Any], _: Any) -> Any:
        known = named["content"]
        change(named, known in seen)
        seen.add(known)
        return await send(url, named)

    sendings(around)


@defect("callback-without-token")
def callback_without_token() -> None:
    changed_letters(lambda named, again: named["headers"].pop("Authorization") and None)


@defect("callback-correlation-dropped")
def callback_correlation_dropped() -> None:
    changed_letters(lambda named, again: named["headers"].update({"X-Correlation-Id": str(uuid.uuid4())}))


@defect("callback-correlation-lost-on-resend")
def callback_correlation_lost_on_resend() -> None:
    changed_letters(lambda named, again: again and named["headers"].pop("X-Correlation-Id") and None)


@defect("callback-other-content")
def callback_other_content() -> None:
    def change(named: dict[str, Any], again: bool) -> None:
        if again:
            named["content"] = json.dumps(json.loads(named["content"]) | {"jobId": str(uuid.uuid4())})

    changed_letters(change)


@defect("callback-counts-anew")
def callback_counts_anew() -> None:
    def change(named: dict[str, Any], again: bool) -> None:
        if again:
            letter = json.loads(named["content"])
            named["content"] = json.dumps(letter | {"updated": letter["updated"] + 1})

    changed_letters(change)


@defect("callback-for-other-audience")
def callback_for_other_audience() -> None:
    async def around(send: Send, url: str, named: dict[str, Any], one: Any) -> Any:
        token = await asyncio.to_thread(one.dataverse._credential.get_token)
        named["headers"]["Authorization"] = f"Bearer {token.token}"
        return await send(url, named)

    sendings(around)


@defect("callback-resent")
def callback_resent() -> None:
    async def around(send: Send, url: str, named: dict[str, Any], _: Any) -> Any:
        answer = await send(url, named)
        return await send(url, named) if answer.status_code < 300 else answer

    sendings(around)


@defect("callback-not-resent")
def callback_not_resent() -> None:
    jobs.SENDINGS = 1


@defect("callback-given-up-on-429")
def callback_given_up_on_429() -> None:
    async def around(send: Send, url: str, named: dict[str, Any], _: Any) -> Any:
        answer = await send(url, named)
        return httpx.Response(400) if answer.status_code == 429 else answer

    sendings(around)
