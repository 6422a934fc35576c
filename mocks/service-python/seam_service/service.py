"""What all calls share, and the claim under which a call does its work."""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from typing import Any, Self

import httpx
import pydantic_core

from .call import Call
from .dataverse import CALL, Dataverse
from .problem import Fault, Problem, conflict, in_progress
from .settings import Settings
from .store import FREE, Item, Memory, Rule, Standings, State, Store, all_free


class Service:
    """One process: its memory, its ways out, and the bell that tells of new jobs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.memory = Memory(settings.state_dir)
        self.worker = self.memory.store.worker
        self.dataverse = Dataverse(settings, settings.data_url, settings.data_scope)
        past = settings.dataverse
        self.own_way = Dataverse(settings, past, f"{past}/.default") if past else None
        self.http = httpx.AsyncClient(timeout=10.0, headers={"User-Agent": "seam-service"})
        self.bell = asyncio.Event()

    async def keep(self, contract: str, call: Call, identity: str, told: dict[str, Any]) -> dict[str, Any]:
        """Keeps what a caller is told, for when it is asked for again."""
        await self.memory(Store.put, place(contract, call, identity), pydantic_core.to_json(told).decode())
        return told


def place(contract: str, call: Call, identity: str) -> str:
    """Whose result, of which kind."""
    return f"{contract} {call.principal} {identity.lower()}"


def digest(content: bytes) -> str:
    """SHA-256 in lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def until() -> float:
    """When a call that begins now stops trying."""
    return time.monotonic() + CALL


def marked(call: Call, columns: dict[str, Any], *, step: bool = True) -> dict[str, Any]:
    """The columns with the marks by which a write is recognised."""
    marks = {"new_correlationid": call.correlation} | ({"new_step": call.step} if step else {})
    return columns | marks


def refusal(standings: Standings, faults: dict[str, Fault]) -> Problem:
    """Why items are not free: other content under the same ID, else something running."""
    found = [faults[item] for item, one in standings.items() if one.state is State.CONFLICT]
    return conflict(found) if found else in_progress()


class Claim:
    """Items that nobody else may work at until they are settled or let go, which happens at its end."""

    def __init__(self, service: Service, scope: str, items: Sequence[Item], owner: str | None = None) -> None:
        self._memory, self._scope, self._items = service.memory, scope, items
        self._owner = owner or service.worker
        self._held: dict[str, tuple[State, Any]] = {}
        self.standings: Standings = {}

    async def take(self, may: Rule = all_free) -> bool:
        """Claims what is free, where `may` agrees with how the items stand."""
        self.standings, taken = await self._memory(Store.claim, self._scope, self._items, self._owner, may)
        if taken:
            self._held = {item: tuple(one) for item, one in self.standings.items() if one.state in FREE}
        return taken

    async def take_all(self, faults: dict[str, Fault]) -> None:
        """Claims what is not done yet; raises a problem where it can't be had."""
        if not await self.take():
            raise refusal(self.standings, faults)

    def held(self, item: str) -> bool:
        """Whether this is ours to do."""
        return item in self._held

    def progress(self, item: str) -> Any:
        """How far an earlier try came."""
        return self.standings[item].progress

    async def intend(self, progress: dict[str, Any]) -> None:
        """Written down before it is tried."""
        await self._memory(Store.intend, self._scope, progress)
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
