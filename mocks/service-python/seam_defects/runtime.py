"""What only a process with threads and an event loop gets wrong."""

import importlib
import time
from typing import Any

import anyio.to_thread

from seam_service import dataverse, service
from seam_service.dataverse import Dataverse

from .registry import defect


@defect("blocking-in-async")
def blocking_in_async() -> None:
    async def exchange(self: Any, asks: Any, *, together: bool = False) -> Any:
        replies = self._blocking(asks, together)
        if any(reply.status == 401 for reply in replies):
            self._credential.forget()
        return replies

    Dataverse._exchange = exchange  # type: ignore


@defect("thread-pool-dry", late=True)
def thread_pool_dry() -> None:
    app: Any = importlib.import_module("seam_service.app")

    async def in_pool(work: Any, *given: Any) -> Any:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 2
        return await anyio.to_thread.run_sync(work, *given)

    async def exchange(self: Any, asks: Any, *, together: bool = False) -> Any:
        replies = await in_pool(self._blocking, asks, together)
        if any(reply.status == 401 for reply in replies):
            self._credential.forget()
        return replies

    async def noted(seconds: float) -> None:
        await in_pool(time.sleep, seconds)

    Dataverse._exchange = exchange  # type: ignore
    routes = app.app.router.routes
    routes[:] = [route for route in routes if getattr(route, "path", "") != "/health"]

    def health() -> dict[str, str]:
        return {"status": "up"}

    app.app.get("/health")(health)
    dataverse.asyncio = Sleeping(noted)  # type: ignore


class Sleeping:
    """The module asyncio, with another sleep."""

    def __init__(self, sleep: Any) -> None:
        self.sleep = sleep

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module("asyncio"), name)


@defect("timeout-longer-than-flow")
def timeout_longer_than_flow() -> None:
    dataverse.TIMEOUT = dataverse.PATIENCE = service.CALL = 600.0
