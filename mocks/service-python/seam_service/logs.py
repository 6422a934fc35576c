"""One JSON line for each event, and spans: both carry the correlation ID."""

import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

# Its warnings would stand between the lines; what fails is told here.
logging.getLogger("azure").setLevel(logging.CRITICAL)

# The ID of the call that is served, as it was sent; worker threads inherit it.
correlation: ContextVar[str] = ContextVar("correlation", default="")


def log(message: str, level: str = "info", **fields: object) -> None:
    """Writes a line to stdout, in one piece: several processes share it."""
    line = {
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": level,
        "message": message,
        "correlation_id": correlation.get() or None,
        **fields,
    }
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()


def log_error(message: str, error: BaseException, **fields: object) -> None:
    """An error that nobody expected, with where it came from."""
    log(message, "error", error=repr(error), trace="".join(traceback.format_exception(error))[-4000:], **fields)


def since(began: float) -> int:
    """Milliseconds since an instant of the monotonic clock."""
    return round((time.monotonic() - began) * 1000)


@contextmanager
def span(name: str, **attributes: str | int) -> Iterator[trace.Span]:
    """A span of the call that is served."""
    with trace.get_tracer("seam_service").start_as_current_span(name, attributes=attributes) as current:
        current.set_attribute("correlation_id", correlation.get())
        yield current


def trace_to_stdout() -> None:
    """Lets spans be written; without it they cost next to nothing."""
    provider = TracerProvider(resource=Resource.create({"service.name": "seam-service"}))
    exporter = ConsoleSpanExporter(formatter=lambda span: span.to_json(indent=None) + "\n")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
