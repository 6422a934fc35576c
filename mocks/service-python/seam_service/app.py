"""The service on its socket: `uvicorn seam_service.app:app`."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.base import RequestResponseEndpoint
from starlette.requests import ClientDisconnect

from . import bulk, inference, intake
from .call import Call, Content, admit, read_content
from .dataverse import AT_ONCE
from .jobs import Background
from .logs import correlation, log, log_error, since, span, trace_to_stdout
from .problem import Problem
from .service import Service, place
from .settings import Settings
from .store import Store
from .table import CSV, XLSX

JSON = "application/json"
# The largest content; a defence only: the gateway's own limits are lower. The contracts say so in `limits.behind`.
LARGEST = 8 << 20


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """What one process has for as long as it lives."""
    settings = Settings.read()
    if settings.trace == "stdout":
        trace_to_stdout()
    # For what blocks: calls of Dataverse, tokens, large contents.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(AT_ONCE + 8))
    app.state.service = service = Service(settings)
    background = asyncio.create_task(Background(service).run())
    log("started", worker=service.worker)
    yield
    background.cancel()
    await service.http.aclose()


app = FastAPI(title="Execution tier", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)


@app.exception_handler(Problem)
async def on_problem(request: Request, problem: Problem) -> Response:
    """What the service refuses."""
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after is not None else None
    body = problem.body(request.headers.get("x-correlation-id"))
    return JSONResponse(body, problem.status, headers, "application/problem+json")


@app.exception_handler(HTTPException)
async def on_http(request: Request, _: HTTPException) -> Response:
    """What the framework refuses: paths and methods that there are not."""
    return await on_problem(request, Problem("not_found", "There is no such operation"))


@app.middleware("http")
async def observe(request: Request, answer: RequestResponseEndpoint) -> Response:
    """Around everything: the correlation ID comes in and goes out, and each call leaves a line."""
    path = request.url.path
    if path == "/health":
        return await answer(request)
    sent, began = request.headers.get("x-correlation-id"), time.monotonic()
    correlation.set(sent or "")
    try:
        with span(f"{request.method} {path.split('/')[1]}"):
            response = await answer(request)
    except ClientDisconnect:
        response = Response(status_code=499)
    except Exception as error:
        # What nobody expected: told without its inside, which stands in the log.
        log_error("a call failed", error)
        problem = Problem("internal", "The service failed. Name the correlation ID to support")
        response = await on_problem(request, problem)
    response.headers["X-Served-By"] = quote(path.split("/")[1])
    if sent is not None:
        response.headers["X-Correlation-Id"] = sent
    operation = getattr(request.scope.get("route"), "operation_id", None) or f"{request.method} {path}"
    log("answered", operation=operation, status=response.status_code, duration_ms=since(began))
    return response


@app.get("/health")
async def health() -> dict[str, str]:
    """Answers as long as the process can: it waits for nobody."""
    return {"status": "up"}


def pending(request: Request, identity: str, status: str) -> Response:
    """Where a job can be asked for, at the address under which the gateway was called, and when."""
    host, scheme = (request.headers.get(f"x-forwarded-{name}") for name in ("host", "proto"))
    base = f"{scheme}://{host}" if host and scheme else request.app.state.service.settings.gateway
    headers = {"Location": f"{base}/{bulk.V2}/batches/{identity}", "Retry-After": "1"}
    return JSONResponse({"batchId": identity, "status": status}, 202, headers)


Work = Callable[[Service, Call, Content], Awaitable[dict[str, Any]]]


def offer(contract: str, collection: str, operations: tuple[str, str], work: Work, *kinds: str) -> None:
    """The two operations of a contract: do the work in the content, and tell again what became of it."""

    async def submit(request: Request) -> Response:
        service: Service = request.app.state.service
        call = admit(request, service.settings)
        told = await work(service, call, await read_content(request, contract, LARGEST, kinds))
        return pending(request, told["batchId"], told["status"]) if contract == bulk.V2 else JSONResponse(told)

    async def result(request: Request, identity: str) -> Response:
        service: Service = request.app.state.service
        call = admit(request, service.settings)
        known, body = await service.memory(Store.result, place(contract, call, identity))
        if not known:
            raise Problem("not_found", "There is no such batch, file or decision")
        return Response(body, media_type=JSON) if body else pending(request, identity.lower(), "running")

    path = f"/{contract}/{collection}"
    post, get = (f"{contract}:{operation}" for operation in operations)
    app.add_api_route(path, submit, methods=["POST"], operation_id=post)
    app.add_api_route(f"{path}/{{identity}}", result, methods=["GET"], operation_id=get)


offer(bulk.V1, "batches", ("submitBatch", "getBatch"), bulk.submit_v1, JSON)
offer(bulk.V2, "batches", ("submitBatch", "getBatch"), bulk.submit_v2, JSON)
offer(intake.V1, "files", ("submitFile", "getFile"), intake.submit, CSV)
offer(intake.V2, "files", ("submitFile", "getFile"), intake.submit, CSV, XLSX)
for contract in (inference.INFERENCE, inference.SCREENING, inference.SCORING):
    offer(contract, "decisions", ("decide", "getDecision"), inference.decide, JSON)
