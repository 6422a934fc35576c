"""What all calls share, and the claim under which a call does its work."""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from typing import Any, Self

import httpx

from .call import Call
from .dataverse import CALL, Dataverse, Row
from .problem import Problem, unavailable
from .settings import Settings
from .store import FREE, Item, Memory, Standing, State, Store


class Service:
    """One process: its memory, its ways out, and the bell that tells of new jobs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.memory = Memory(settings.state)
        self.worker = self.memory.store.worker
        self.dataverse = Dataverse(settings, settings.data_url, settings.data_scope)
        past = settings.dataverse
        self.own_way = Dataverse(settings, past, f"{past}/.default") if past else None
        self.http = httpx.AsyncClient(timeout=10.0, headers={"User-Agent": "seam-service"})
        self.bell = asyncio.Event()


def place(contract: str, call: Call, identity: str) -> str:
    """Whose result, of which kind."""
    return f"{contract} {call.principal} {identity.lower()}"


def digest(content: bytes) -> str:
    """SHA-256 in lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def until() -> float:
    """When a call that begins now stops trying."""
    return time.monotonic() + CALL


def all_free(standings: Sequence[Standing]) -> bool:
    """Nothing of it runs elsewhere, or was sent with other content."""
    return not any(one.state in (State.RUNNING, State.CONFLICT) for one in standings)


class Claim:
    """Items that nobody else may work at until they are settled or let go, which happens at its end."""

    def __init__(self, service: Service, scope: str, items: Sequence[Item], owner: str | None = None) -> None:
        self._memory, self._scope, self._items = service.memory, scope, items
        self._owner = owner or service.worker
        self._held: dict[str, tuple[State, Any]] = {}
        self.standings: list[Standing] = []

    async def take(self, may: Any = all_free) -> bool:
        """Claims what is free, where `may` agrees with how the items stand."""
        self.standings, taken = await self._memory(Store.claim, self._scope, self._items, self._owner, may)
        if taken:
            pairs = zip(self._items, self.standings, strict=True)
            self._held = {item.id: (one.state, one.progress) for item, one in pairs if one.state in FREE}
        return taken

    def held(self, item: str) -> bool:
        """Whether this is ours to do."""
        return item in self._held

    def progress(self, item: str) -> Any:
        """How far an earlier try came."""
        return self._held[item][1]

    async def intend(self, progress: dict[str, Any]) -> None:
        """Written down before it is tried."""
        await self._memory(Store.intend, self._scope, list(progress.items()))
        self._held.update({item: (State.OPEN, value) for item, value in progress.items()})

    def settle(self, item: str, state: State, progress: Any = None) -> None:
        """What became of an item; it is stored at the end."""
        self._held[item] = (state, progress)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._held:
            settled = [(item, state, progress) for item, (state, progress) in self._held.items()]
            self._held = {}
            await asyncio.shield(self._memory(Store.settle, self._scope, self._owner, settled))


def marked(call: Call, columns: dict[str, Any], *, step: bool = True) -> dict[str, Any]:
    """The columns with the marks by which a write is recognised."""
    marks = {"new_correlationid": call.correlation} | ({"new_step": call.step} if step else {})
    return columns | marks


def trouble(given_up: Any, rows: Sequence[Row], what: str) -> Problem:
    """What the caller is told of rows that could not be written."""
    if given_up is not None:
        return unavailable(given_up.retry_after)
    return Problem("internal", f"Dataverse did not take {what}")
