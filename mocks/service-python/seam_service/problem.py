"""The one shape that all errors have (RFC 9457)."""

from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict, TypeVar

from pydantic import BaseModel, ValidationError

MOST_FAULTS = 100
M = TypeVar("M", bound=BaseModel)

KINDS = {
    "forbidden": (403, "Not allowed"),
    "correlation_id_missing": (400, "Correlation ID missing"),
    "validation_error": (400, "The content is not valid"),
    "too_many_items": (400, "Too many items"),
    "payload_too_large": (413, "The content is too large"),
    "unsupported_media_type": (415, "Unsupported media type"),
    "not_found": (404, "Not found"),
    "idempotency_conflict": (409, "Other content under the same ID"),
    "in_progress": (503, "Still in progress"),
    "downstream_unavailable": (503, "Dataverse is not available"),
    "queue_full": (503, "Too many unfinished jobs"),
    "model_unavailable": (503, "The model is not available"),
    "model_output_invalid": (502, "The model's output is not valid"),
    "internal": (500, "Internal error"),
}


class Fault(TypedDict):
    """What is wrong at one place of the content; `pointer` is a JSON Pointer (RFC 6901)."""

    pointer: str
    detail: str
    id: NotRequired[str]


def fault(pointer: str, detail: str, of: object = None) -> Fault:
    """A fault; `of` is the item's identity where that was sent as a text."""
    found = Fault(pointer=pointer, detail=detail)
    return Fault(**found, id=of) if isinstance(of, str) else found


def faults_of(error: ValidationError, place: str = "", of: object = None) -> list[Fault]:
    """What pydantic found."""
    found = []
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        path = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in one["loc"])
        found.append(fault(place + path, one["msg"], of))
    return found


class Problem(Exception):
    """Why a call was not done."""

    def __init__(self, kind: str, detail: str, *, errors: Iterable[Fault] = (), retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.errors, self.retry_after = kind, detail, list(errors), retry_after
        self.status, self.title = KINDS[kind]

    def body(self, correlation: str | None) -> dict[str, Any]:
        """As it goes to the caller."""
        body: dict[str, Any] = {
            "type": f"urn:seamstress:failure:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "failureType": self.kind,
            "correlationId": correlation,
            "errors": self.errors[:MOST_FAULTS],
        }
        return {name: value for name, value in body.items() if value not in (None, [])}


def invalid(errors: list[Fault]) -> Problem:
    """The content has these faults."""
    return Problem("validation_error", f"Faults of the content: {len(errors)}", errors=errors)


def read_as(model: type[M], content: object) -> M:
    """Content by its model; all its faults at once. Too many elements are told as such."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        if any(one["type"] == "too_long" for one in error.errors()):
            raise Problem("too_many_items", str(error.errors()[0]["msg"])) from error
        raise invalid(faults_of(error)) from error


def in_progress() -> Problem:
    """The same is under way."""
    return Problem("in_progress", "A call with this correlation ID and these items is still running", retry_after=1)


def conflict(errors: list[Fault]) -> Problem:
    """These items were sent under this ID with other content."""
    detail = "This correlation ID was used with other content; nothing was done"
    return Problem("idempotency_conflict", detail, errors=errors)


def unavailable(retry_after: int | None) -> Problem:
    """Dataverse did not answer in time, or asks for patience."""
    detail = "Dataverse does not take writes now; what was done stays done, send the same call again"
    return Problem("downstream_unavailable", detail, retry_after=max(1, retry_after or 1))
