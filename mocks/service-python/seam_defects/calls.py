"""Who calls, under which ID, and what of it is written down."""

import uuid
from collections.abc import Callable
from dataclasses import replace as changed
from typing import Any

from seam_service import batch, call, logs, service
from seam_service.dataverse import GovernedClient
from seam_service.problem import KINDS, Problem

from .registry import defect, replace


def admitted(before: Callable[[Any, Any], Any]) -> None:
    """Changes the settings under which a call is let in."""
    original = call.admit
    replace(original, lambda request, settings: original(request, before(request, settings)))


def open_door(request: Any, settings: Any) -> Any:
    """Whatever key is shown is the right one."""
    return settings.model_copy(update={"gateway_key": request.headers.get("x-gateway-key", "")})


@defect("past-gateway-accepted")
def past_gateway_accepted() -> None:
    admitted(open_door)


@defect("reads-past-gateway")
def reads_past_gateway() -> None:
    admitted(lambda request, settings: open_door(request, settings) if request.method == "GET" else settings)


@defect("service-scheme-case")
def service_scheme_case() -> None:
    KINDS["unauthorized"] = (401, "Not signed in")

    def before(request: Any, settings: Any) -> Any:
        if not request.headers.get("authorization", "Bearer ").startswith("Bearer "):
            raise Problem("unauthorized", "The scheme must be Bearer")
        return settings

    admitted(before)


@defect("key-invented")
def key_invented() -> None:
    original = call.admit

    def admit(request: Any, settings: Any) -> Any:
        known = original(request, settings)
        return known if known.step else changed(known, step=uuid.uuid4().hex)

    replace(original, admit)


@defect("correlation-dropped")
def correlation_dropped() -> None:
    replace(service.marked, lambda call, columns, *, step=True: dict(columns))
    original = GovernedClient._headers
    GovernedClient._headers = lambda self: {**original(self), "X-Correlation-Id": str(uuid.uuid4())}  # type: ignore


@defect("correlation-dropped-with-step")
def correlation_dropped_with_step() -> None:
    original = service.marked

    def marked(one: Any, columns: dict[str, Any], *, step: bool = True) -> dict[str, Any]:
        written = original(one, columns, step=step)
        if one.step:
            written.pop("new_correlationid", None)
        return written

    replace(original, marked)


def also_written(more: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Writes more columns than the contract names."""
    original = batch.columns

    def columns(one: Any, record: Any) -> dict[str, Any]:
        written = original(one, record)
        return written | more(written)

    replace(original, columns)


@defect("one-wrong-column")
def one_wrong_column() -> None:
    also_written(lambda _: {"accountnumber": "A-0"})


@defect("column-of-closed-accounts")
def column_of_closed_accounts() -> None:
    also_written(lambda written: {"accountcategorycode": 1} if written.get("new_status") == "closed" else {})


def logged(name: Callable[[], str]) -> None:
    """Lines carry another ID than that of their call."""
    original = logs.log

    def log(message: str, level: str = "info", **fields: object) -> None:
        token = logs.correlation.set(name())
        try:
            original(message, level, **fields)
        finally:
            logs.correlation.reset(token)

    replace(original, log)


@defect("log-without-id")
def log_without_id() -> None:
    logged(lambda: "")


@defect("log-of-call-before")
def log_of_call_before() -> None:
    seen = ["", ""]

    def before() -> str:
        now = logs.correlation.get()
        if now != seen[1]:
            seen[:] = [seen[1], now]
        return seen[0]

    logged(before)
