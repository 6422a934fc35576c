"""The one shape that all errors have (RFC 9457)."""

from typing import Any, NotRequired, TypedDict

MOST_FAULTS = 100

TITLES = {
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
    if isinstance(of, str):
        found["id"] = of
    return found


class Problem(Exception):
    """Why a call was not done."""

    def __init__(
        self, kind: str, detail: str, *, errors: list[Fault] | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.errors = kind, detail, (errors or [])[:MOST_FAULTS]
        self.retry_after = retry_after
        self.status, self.title = TITLES[kind]

    def body(self, correlation: str | None) -> dict[str, Any]:
        """As it goes to the caller."""
        body: dict[str, Any] = {
            "type": f"urn:seamstress:failure:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "failureType": self.kind,
        }
        if correlation is not None:
            body["correlationId"] = correlation
        if self.errors:
            body["errors"] = self.errors
        return body


def invalid(errors: list[Fault]) -> Problem:
    """The content has these faults."""
    count = len(errors)
    detail = "The content has one fault" if count == 1 else f"The content has {count} faults"
    return Problem("validation_error", detail, errors=errors)


def in_progress() -> Problem:
    """The same is under way."""
    return Problem("in_progress", "A call with this correlation ID and these items is still running", retry_after=1)


def conflict(errors: list[Fault]) -> Problem:
    """These items were sent under this ID with other content."""
    return Problem(
        "idempotency_conflict", "This correlation ID was used with other content; nothing was done", errors=errors
    )


def unavailable(retry_after: int) -> Problem:
    """Dataverse did not answer in time, or asks for patience."""
    detail = "Dataverse does not take writes now; what was done stays done, send the same call again"
    return Problem("downstream_unavailable", detail, retry_after=max(1, retry_after))
