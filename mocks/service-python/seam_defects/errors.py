"""Failures that are told otherwise than their contract says."""

import traceback
from collections.abc import Callable
from typing import Any

from seam_service import problem
from seam_service.problem import KINDS, Problem

from .registry import defect, replace


def status(kind: str, number: int) -> None:
    """Another status for a kind of failure."""
    KINDS[kind] = (number, KINDS.get(kind, (0, kind))[1])


def told(change: Callable[[Problem, dict[str, Any]], dict[str, Any]]) -> None:
    """Changes the body of problems."""
    original = Problem.body
    Problem.body = lambda self, correlation: change(self, original(self, correlation))  # type: ignore


def running(make: Callable[[], Problem]) -> None:
    """What is told while the same runs."""
    replace(problem.in_progress, make)


@defect("validation-as-500")
def validation_as_500() -> None:
    status("validation_error", 500)


@defect("validation-as-422")
def validation_as_422() -> None:
    status("validation_error", 422)


@defect("too-many-as-500")
def too_many_as_500() -> None:
    status("too_many_items", 500)


@defect("unavailable-as-400")
def unavailable_as_400() -> None:
    status("downstream_unavailable", 400)


@defect("conflict-as-503")
def conflict_as_503() -> None:
    status("idempotency_conflict", 503)


def renamed(kind: str, other: str) -> None:
    """Another kind of failure in the place of one."""
    original = Problem.__init__

    def init(self: Problem, named: str, *given: Any, **more: Any) -> None:
        original(self, other if named == kind else named, *given, **more)

    Problem.__init__ = init  # type: ignore


@defect("queue-full-as-500")
def queue_full_as_500() -> None:
    renamed("queue_full", "internal")


@defect("stack-trace-in-error")
def stack_trace_in_error() -> None:
    told(lambda _, body: body | {"detail": "Traceback (most recent call last):\n" + "".join(traceback.format_stack())})


@defect("undeclared-type")
def undeclared_type() -> None:
    other = {"failureType": "no_such_thing", "type": "urn:seamstress:failure:no_such_thing"}
    told(lambda self, body: body | (other if self.kind == "not_found" else {}))


@defect("too-many-undeclared")
def too_many_undeclared() -> None:
    other = {"failureType": "batch_too_large", "type": "urn:seamstress:failure:batch_too_large"}
    told(lambda self, body: body | (other if self.kind == "too_many_items" else {}))


@defect("sql-in-error")
def sql_in_error() -> None:
    query = "SELECT body, born FROM results WHERE place = 'batches'"
    told(lambda self, body: body | ({"detail": query} if self.kind == "not_found" else {}))


@defect("status-member-differs")
def status_member_differs() -> None:
    told(lambda self, body: body | ({"status": self.status + 22} if any("id" in one for one in self.errors) else {}))


@defect("fault-names-record-only")
def fault_names_record_only() -> None:
    def change(_: Problem, body: dict[str, Any]) -> dict[str, Any]:
        faults = [one | {"pointer": "/".join(one["pointer"].split("/")[:3])} for one in body.get("errors", [])]
        return body | ({"errors": faults} if faults else {})

    told(change)


@defect("missing-as-invalid")
def missing_as_invalid() -> None:
    renamed("not_found", "validation_error")


@defect("unavailable-without-retry-after")
def unavailable_without_retry_after() -> None:
    original = problem.unavailable

    def silent(wait: int) -> Problem:
        told = original(wait)
        told.retry_after = None
        return told

    replace(original, silent)


@defect("running-as-throttled")
def running_as_throttled() -> None:
    status("throttled", 429)
    running(lambda: Problem("throttled", "Come again", retry_after=1))


@defect("running-without-retry-after")
def running_without_retry_after() -> None:
    running(lambda: Problem("in_progress", "The same is still running"))


@defect("conflict-while-running")
def conflict_while_running() -> None:
    running(lambda: problem.conflict([]))


@defect("collision-as-500")
def collision_as_500() -> None:
    running(lambda: Problem("internal", "UNIQUE constraint failed"))


@defect("collision-as-503")
def collision_as_503() -> None:
    running(lambda: problem.unavailable(1))
