"""Answers that break their schema, say late what they have to say, or say it in the wrong form."""

import asyncio
import importlib
import itertools
import json
from typing import Any

from starlette.responses import Response

from seam_service import bulk, inference, intake
from seam_service.problem import Problem, unavailable
from seam_service.store import Store

from .registry import defect, replace


def app() -> Any:
    """The module of the operations."""
    return importlib.import_module("seam_service.app")


@defect("response-enum-broken")
def response_enum_broken() -> None:
    original = bulk.updated

    def updated(record: Any) -> dict[str, Any]:
        told = original(record)
        return told | ({"status": "onHold"} if told.get("status") == "on_hold" else {})

    replace(original, updated)


@defect("model-output-unchecked")
def model_output_unchecked() -> None:
    class Believed:
        def __init__(self, said: dict[str, Any]) -> None:
            self._said = said

        @classmethod
        def model_validate_json(cls, content: bytes) -> "Believed":
            return cls(
                {"decision": None, "confidence": None, "reasonCode": None, "usage": None} | dict(json.loads(content))
            )

        def model_dump(self) -> dict[str, Any]:
            return self._said

    inference.Verdict = Believed  # type: ignore


@defect("undeclared-status", late=True)
def undeclared_status() -> None:
    app().Response = lambda body=None, status_code=203, **named: Response(body, status_code, **named)


@defect("media-type-mislabelled", late=True)
def media_type_mislabelled() -> None:
    app().Response = lambda body=None, status_code=200, **_: Response(body, status_code, media_type="text/plain")


@defect("count-as-text")
def count_as_text() -> None:
    def counted(original: Any) -> Any:
        def told(*given: Any) -> dict[str, Any]:
            answer = original(*given)
            return {
                n: str(v) if n in ("accepted", "rejected") and isinstance(v, int) and v > 1 else v
                for n, v in answer.items()
            }

        return told

    replace(intake.told_v1, counted(intake.told_v1))
    replace(intake.told_v2, counted(intake.told_v2))


def problems(change: Any) -> None:
    """Changes the answers that tell of problems."""
    module = app()
    original = module.on_problem

    async def answered(request: Any, problem: Problem) -> Response:
        answer: Response = await original(request, problem)
        change(answer, problem)
        return answer

    replace(original, answered)
    module.app.exception_handlers[Problem] = answered


@defect("error-as-plain-json", late=True)
def error_as_plain_json() -> None:
    def change(answer: Response, problem: Problem) -> None:
        if problem.kind == "not_found":
            answer.headers["Content-Type"] = "application/json"

    problems(change)


def pending(change: Any) -> None:
    """Changes what a 202 says."""
    module = app()
    original = module.pending

    def changed(request: Any, identity: str, status: str) -> Response:
        answer: Response = original(request, identity, status)
        change(answer, status)
        return answer

    replace(original, changed)


@defect("retry-after-in-words", late=True)
def retry_after_in_words() -> None:
    def change(answer: Response, _: str) -> None:
        answer.headers["Retry-After"] = "soon"

    pending(change)


@defect("location-missing", late=True)
def location_missing() -> None:
    def change(answer: Response, status: str) -> None:
        if status == "accepted":
            del answer.headers["Location"]

    pending(change)


@defect("location-of-another-job", late=True)
def location_of_another_job() -> None:
    previous: list[str] = []

    def change(answer: Response, status: str) -> None:
        if status == "accepted":
            previous.append(answer.headers["Location"])
            answer.headers["Location"] = previous[-2:][0]

    pending(change)


@defect("poll-without-retry-after", late=True)
def poll_without_retry_after() -> None:
    def change(answer: Response, status: str) -> None:
        if status == "running":
            del answer.headers["Retry-After"]

    pending(change)


@defect("poll-at-once", late=True)
def poll_at_once() -> None:
    def change(answer: Response, status: str) -> None:
        if status == "running":
            answer.headers["Retry-After"] = "0"

    pending(change)


@defect("poll-never-ends")
def poll_never_ends() -> None:
    original = Store.result

    def result(store: Store, place: str) -> tuple[bool, str | None]:
        known, body = original(store, place)
        long = body is not None and place.startswith(bulk.V2) and len(json.loads(body)["records"]) > 4
        return known, None if long else body

    Store.result = result  # type: ignore


@defect("retry-after-fractional", late=True)
def retry_after_fractional() -> None:
    def change(answer: Response, problem: Problem) -> None:
        if problem.status == 503 and problem.retry_after is not None:
            answer.headers["Retry-After"] = "1.5"

    problems(change)


def late(every: int, only: str) -> None:
    """Gives each so-manieth answer under a path two seconds later."""
    module = app()
    inner, count = module.app, itertools.count(1)

    async def delayed(scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and path != "/health" and only in path and next(count) % every == 0:
            await asyncio.sleep(2)
        await inner(scope, receive, send)

    module.app = delayed


@defect("every-tenth-late", late=True)
def every_tenth_late() -> None:
    late(10, "/")


@defect("every-fifth-late", late=True)
def every_fifth_late() -> None:
    late(5, "/v2/")


@defect("one-in-twenty-unavailable", late=True)
def one_in_twenty_unavailable() -> None:
    original, count = app().read_content, itertools.count(1)

    async def read(*given: Any) -> Any:
        if next(count) % 20 == 0:
            raise unavailable(1)
        return await original(*given)

    replace(original, read)


@defect("one-file-in-fifteen-fails")
def one_file_in_fifteen_fails() -> None:
    original, count = intake.read_file, itertools.count(1)

    def read(*given: Any) -> Any:
        if next(count) % 15 == 0:
            raise RuntimeError("no room")
        return original(*given)

    replace(original, read)
