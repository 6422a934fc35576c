"""Claims that are not atomic, forget, mistake one call for another, or never let go."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace as changed
from typing import Any

import pydantic_core

from seam_service import batch, bulk, call, inference
from seam_service.batch import Record
from seam_service.call import Call
from seam_service.dataverse import Row
from seam_service.problem import Problem
from seam_service.service import Claim, digest, until
from seam_service.store import FREE, Item, Standings, State, Store, all_free

from .registry import defect, replace


def take_blindly(store: Store, scope: str, items: Sequence[Item], owner: str, known: Standings) -> None:
    """Marks items as running, however they stand by now."""
    now = time.time()
    pairs = [(item, known[item.id]) for item in items]
    free = [(scope, i.id, i.fingerprint, owner, json.dumps(s.progress), now) for i, s in pairs if s.state in FREE]
    with store._writing():
        store._db.executemany("INSERT OR REPLACE INTO items VALUES(?, ?, ?, 'running', ?, ?, ?)", free)


@defect("duplicate-race")
def duplicate_race() -> None:
    async def take(self: Claim, may: Any = None) -> bool:
        self.standings = await self._memory(Store.standings, self._scope, self._items)
        if not all_free(self.standings.values()):
            return False
        await asyncio.sleep(0.02)
        await self._memory(take_blindly, self._scope, self._items, self._owner, self.standings)
        self._held = {item: (one.state, one.progress) for item, one in self.standings.items() if one.state in FREE}
        return True

    Claim.take = take  # type: ignore


def fingerprints(change: Callable[[Sequence[Item]], list[Item]]) -> None:
    """Other fingerprints than those of the content."""
    standings, claim = Store.standings, Store._claim
    Store.standings = lambda self, scope, items, *owner: standings(self, scope, change(items), *owner)  # type: ignore
    Store._claim = lambda self, scope, items, *more: claim(self, scope, change(items), *more)  # type: ignore


@defect("other-content-replayed")
def other_content_replayed() -> None:
    fingerprints(lambda items: [Item(item.id, "") for item in items])


@defect("other-content-of-last-item")
def other_content_of_last_item() -> None:
    def change(items: Sequence[Item]) -> list[Item]:
        last = [Item(item.id, "") for item in items[-1:]] if len(items) > 1 else list(items[-1:])
        return [*items[:-1], *last]

    fingerprints(change)


@defect("key-order-matters")
def key_order_matters() -> None:
    Record.item = property(lambda self: Item(self.id, digest(pydantic_core.to_json(self.sent))))  # type: ignore


def ended(instead: Callable[[Claim, Any], bool]) -> None:
    """At the end of a claim; `True`: it is not settled."""
    original = Claim.__aexit__

    async def leave(self: Claim, kind: Any, error: Any, trace: Any) -> None:
        if instead(self, error):
            self._held = {}
        await original(self, kind, error, trace)

    Claim.__aexit__ = leave  # type: ignore


@defect("stuck-after-failure")
def stuck_after_failure() -> None:
    ended(lambda _, error: error is not None)


@defect("throttle-remembered")
def throttle_remembered() -> None:
    remembered: dict[tuple[str, str], Problem] = {}
    original = Claim.take

    def keep(claim: Claim, error: Any) -> bool:
        if isinstance(error, Problem) and error.kind == "downstream_unavailable":
            remembered.update({(claim._scope, item.id): error for item in claim._items})
        return False

    async def take(self: Claim, *may: Any) -> bool:
        for item in self._items:
            if known := remembered.get((self._scope, item.id)):
                raise known
        return await original(self, *may)

    Claim.take = take  # type: ignore
    ended(keep)


@defect("running-not-seen")
def running_not_seen() -> None:
    Store._works = lambda self, owner: False  # type: ignore


def scoped(change: Callable[[Call, str], Call], *, steps: bool | None = None) -> None:
    """Another scope of claims."""
    original = Call.scope

    def scope(self: Call, operation: str, **named: Any) -> str:
        return original(change(self, operation), operation, **(named if steps is None else {"steps": steps}))

    Call.scope = scope  # type: ignore


@defect("scope-without-principal")
def scope_without_principal() -> None:
    scoped(lambda one, _: changed(one, principal=""))


@defect("decisions-shared")
def decisions_shared() -> None:
    decisions = (inference.INFERENCE, inference.SCREENING, inference.SCORING)
    scoped(lambda one, operation: changed(one, principal="") if operation in decisions else one)


@defect("step-ignored")
def step_ignored() -> None:
    scoped(lambda one, _: one, steps=False)


@defect("some-principals-forgotten")
def some_principals_forgotten() -> None:
    def change(one: Call, _: str) -> Call:
        odd = int(digest(one.principal.encode()), 16) % 2
        return changed(one, step=str(time.time_ns())) if odd else one

    scoped(change, steps=True)


@defect("scope-with-version")
def scope_with_version() -> None:
    version: ContextVar[str] = ContextVar("version", default=bulk.V2)
    original = call.read_content

    async def read(request: Any, contract: str, *given: Any) -> Any:
        version.set(contract)
        return await original(request, contract, *given)

    replace(original, read)
    scoped(lambda one, _: changed(one, principal=f"{one.principal} {version.get()}"))


@defect("twelfth-item-forgotten")
def twelfth_item_forgotten() -> None:
    original = Store.settle

    def settle(self: Store, scope: str, owner: str, settled: Any) -> None:
        original(self, scope, owner, [(i, s if n != 11 else State.NEW, p) for n, (i, s, p) in enumerate(settled)])

    Store.settle = settle  # type: ignore


@defect("last-record-twice")
def last_record_twice() -> None:
    original = bulk.write_set

    async def write(service: Any, one: Any, claim: Any, records: Any) -> None:
        await original(service, one, claim, records)
        if len(records) > 1:
            again = Row(bulk.TABLE, records[-1].id, batch.columns(one, records[-1]))
            await service.dataverse.write([again], until())

    replace(original, write)


def opened(change: Callable[[Store], None]) -> None:
    """What happens when a process opens the file."""
    original = Store.__init__

    def init(self: Store, folder: Any) -> None:
        original(self, folder)
        change(self)

    Store.__init__ = init  # type: ignore


def forgets(statement: str) -> None:
    """Forgets something when it starts."""
    opened(lambda store: store._db.execute(statement) and None)


@defect("records-forgotten-on-restart")
def records_forgotten_on_restart() -> None:
    forgets("DELETE FROM items WHERE scope LIKE '%submitBatch%'")


@defect("files-forgotten-on-restart")
def files_forgotten_on_restart() -> None:
    forgets("DELETE FROM items WHERE scope LIKE '%submitFile%'")


@defect("claim-lost-in-crash")
def claim_lost_in_crash() -> None:
    forgets("DELETE FROM items")


@defect("job-lost-on-crash")
def job_lost_on_crash() -> None:
    forgets("DELETE FROM tasks WHERE kind = 'job' AND content IS NOT NULL")


@defect("no-shared-claim")
def no_shared_claim() -> None:
    # A temporary table hides the shared one.
    opened(
        lambda store: (
            store._db.executescript(
                "CREATE TEMP TABLE items(scope TEXT, item TEXT, fingerprint TEXT, state TEXT, owner TEXT,"
                " progress TEXT, born REAL, PRIMARY KEY(scope, item)) WITHOUT ROWID;"
            )
            and None
        )
    )


@defect("stuck-after-crash")
def stuck_after_crash() -> None:
    Store._alive = lambda self, worker: True  # type: ignore
