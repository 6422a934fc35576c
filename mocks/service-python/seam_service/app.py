"""The service on its socket: `uvicorn seam_service.app:app`."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import bulk, inference, intake
from .call import Call, Content, admit, read_content
from .dataverse import Refused, Unavailable
from .jobs import Background
from .logs import correlation, log, log_error, span, trace_to_stdout
from .problem import Problem, unavailable
from .service import Service, place
from .settings import Settings
from .store import Store
from .table import CSV, XLSX

JSON = "application/json"
# The largest content; a defence only: the gateway's own limits are lower. The contracts say so in `limits.behind`.
LARGEST = 8 << 20


@asynccontextmanager
async def lifespan(api: FastAPI) -> AsyncIterator[None]:
    """What one process has for as long as it lives."""
    settings = Settings.read()
    if settings.trace:
        trace_to_stdout()
    api.state.service = service = Service(settings)
    background = asyncio.create_task(Background(service).run())
    log("started", worker=service.worker)
    yield
    background.cancel()
    await service.http.aclose()


api = FastAPI(title="Execution tier", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)


def answer_problem(request: Request, problem: Problem) -> Response:
    """A problem as it goes to the caller."""
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after is not None else None
    body = problem.body(request.headers.get("x-correlation-id"))
    return JSONResponse(body, problem.status, headers, "application/problem+json")


@api.exception_handler(Problem)
async def on_problem(request: Request, problem: Problem) -> Response:
    """What the service refuses."""
    return answer_problem(request, problem)


@api.exception_handler(HTTPException)
async def on_http(request: Request, _: HTTPException) -> Response:
    """What the framework refuses: paths and methods that there are not."""
    return answer_problem(request, Problem("not_found", "There is no such operation"))


@api.exception_handler(Unavailable)
async def on_unavailable(request: Request, error: Unavailable) -> Response:
    """Dataverse could not be read."""
    return answer_problem(request, unavailable(error.retry_after))


@api.exception_handler(Refused)
async def on_refused(request: Request, error: Refused) -> Response:
    """Dataverse refused to be read."""
    log_error("Dataverse refused", error)
    return answer_problem(request, Problem("internal", "Dataverse refused a request of the service"))


@api.exception_handler(Exception)
async def on_error(request: Request, _: Exception) -> Response:
    """What nobody expected: told without its inside, which stands in the log."""
    return answer_problem(request, Problem("internal", "The service failed. Name the correlation ID to support"))


@api.get("/health")
async def health() -> dict[str, str]:
    """Answers as long as the process can: it waits for nobody."""
    return {"status": "up"}


def pending(identity: str, status: str, base: str) -> Response:
    """Where a job can be asked for, and when."""
    headers = {"Location": f"{base}/{bulk.V2}/batches/{identity}", "Retry-After": "1"}
    return JSONResponse({"batchId": identity, "status": status}, 202, headers)


Work = Callable[[Service, Call, Content], Awaitable[dict[str, Any]]]


def offer(contract: str, collection: str, operations: tuple[str, str], work: Work, *kinds: str) -> None:
    """The two operations of a contract: do the work in the content, and tell again what became of it."""

    async def submit(request: Request) -> Response:
        service: Service = request.app.state.service
        call = admit(request, service.settings)
        told = await work(service, call, await read_content(request, contract, LARGEST, kinds))
        return pending(told["batchId"], told["status"], call.base) if contract == bulk.V2 else JSONResponse(told)

    async def result(request: Request, identity: str) -> Response:
        service: Service = request.app.state.service
        call = admit(request, service.settings)
        known, body = await service.memory(Store.result, place(contract, call, identity))
        if not known:
            raise Problem("not_found", "There is no such batch, file or decision")
        return Response(body, media_type=JSON) if body else pending(identity.lower(), "running", call.base)

    path = f"/{contract}/{collection}"
    post, get = (f"{contract}:{operation}" for operation in operations)
    api.add_api_route(path, submit, methods=["POST"], operation_id=post)
    api.add_api_route(f"{path}/{{identity}}", result, methods=["GET"], operation_id=get)


offer(bulk.V1, "batches", ("submitBatch", "getBatch"), bulk.submit_v1, JSON)
offer(bulk.V2, "batches", ("submitBatch", "getBatch"), bulk.submit_v2, JSON)
offer(intake.V1, "files", ("submitFile", "getFile"), intake.submit, CSV)
offer(intake.V2, "files", ("submitFile", "getFile"), intake.submit, CSV, XLSX)
for contract in (inference.INFERENCE, inference.SCREENING, inference.SCORING):
    offer(contract, "decisions", ("decide", "getDecision"), inference.decide, JSON)


class Observed:
    """Around everything: the correlation ID comes in and goes out, and each call leaves a line."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call."""
        if scope["type"] != "http" or scope["path"] == "/health":
            return await self._inner(scope, receive, send)
        sent = next((value for name, value in scope["headers"] if name == b"x-correlation-id"), None)
        correlation.set(sent.decode("latin-1") if sent is not None else "")
        told: dict[str, Any] = {"status": None}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                told["status"] = message["status"]
                api_name = scope["path"].split("/")[1]
                extra = [(b"x-served-by", api_name.encode("latin-1", "replace"))]
                extra += [(b"x-correlation-id", sent)] if sent is not None else []
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        began = time.monotonic()
        try:
            with span(f"{scope['method']} {scope['path'].split('/')[1]}"):
                await self._inner(scope, receive, answer)
        except ClientDisconnect:
            log("the caller left")
        except Exception as error:
            # It is answered already.
            log_error("a call failed", error)
        duration = round((time.monotonic() - began) * 1000, 1)
        operation = getattr(scope.get("route"), "operation_id", None) or f"{scope['method']} {scope['path']}"
        log("answered", operation=operation, status=told["status"], duration_ms=duration)


app = Observed(api)
