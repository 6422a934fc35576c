"""What is remembered: claims, results and tasks, in one SQLite file that all workers share.

A claim is atomic: in one transaction the standing of every item is looked up and the free ones
are marked as running. They belong to a process or to a job. A process holds the lock of a file
of its own for as long as it lives; whoever finds that lock free knows that the process is dead,
and that what it left running is open again.
"""

import asyncio
import fcntl
import json
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

WINDOW = 24 * 3600.0
QUEUE_PLACES = 64

TABLES = """
CREATE TABLE IF NOT EXISTS items(
    scope TEXT, item TEXT, fingerprint TEXT NOT NULL, state TEXT NOT NULL, owner TEXT NOT NULL,
    progress TEXT NOT NULL, born REAL NOT NULL, PRIMARY KEY(scope, item)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS results(place TEXT PRIMARY KEY, born REAL NOT NULL, body TEXT NOT NULL, final INTEGER);
CREATE TABLE IF NOT EXISTS tasks(
    place TEXT, kind TEXT, principal TEXT NOT NULL, born REAL NOT NULL, content TEXT,
    worker TEXT, deliveries INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(place, kind));
CREATE INDEX IF NOT EXISTS items_born ON items(born);
CREATE INDEX IF NOT EXISTS results_born ON results(born);
CREATE INDEX IF NOT EXISTS tasks_open ON tasks(born) WHERE content IS NOT NULL;
CREATE INDEX IF NOT EXISTS tasks_over ON tasks(born) WHERE content IS NULL;
"""
# A job is to be worked at, a letter to be sent; without content it is over.
JOB, LETTER = "job", "letter"


class State(StrEnum):
    """How an item stands when a call about it comes."""

    NEW = "new"
    OPEN = "open"
    RUNNING = "running"
    DONE = "done"
    CONFLICT = "conflict"


FREE = (State.NEW, State.OPEN)


class Standing(NamedTuple):
    """An item's state, and how far it has come."""

    state: State
    progress: Any = None


class Item(NamedTuple):
    """Which item inside a scope, and a digest of its content."""

    id: str
    fingerprint: str


class Task(NamedTuple):
    """What is to be done besides answering calls, as it was stored."""

    place: str
    kind: str
    principal: str
    content: dict[str, Any]
    deliveries: int


Standings = dict[str, Standing]
Rule = Callable[[Collection[Standing]], bool]
P = ParamSpec("P")
T = TypeVar("T")


class QueueFull(Exception):
    """The caller has too many jobs that have not ended."""


def all_free(standings: Collection[Standing]) -> bool:
    """Nothing of it runs elsewhere, or was sent with other content."""
    return not any(one.state in (State.RUNNING, State.CONFLICT) for one in standings)


class Store:
    """The file, as one process uses it. Used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.worker = f"worker-{uuid.uuid4().hex}"
        unnamed = folder / f"{self.worker}.new"
        self._lock = os.open(unnamed, os.O_CREAT | os.O_RDWR)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        unnamed.rename(folder / f"{self.worker}.lock")
        for other in folder.glob("worker-*.lock"):
            if not self._alive(other.stem):
                other.unlink(missing_ok=True)
        self._db = sqlite3.connect(folder / "service.db", timeout=30, isolation_level=None, check_same_thread=False)
        # Who changes the journal waits for nobody, whatever the timeout says: workers that start together take turns.
        with (folder / "opening.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            self._db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; {TABLES}")

    def _alive(self, worker: str) -> bool:
        if worker == self.worker:
            return True
        try:
            with (self._folder / f"{worker}.lock").open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def _works(self, owner: str) -> bool:
        """Whether somebody still works at what belongs to this owner: a process, or a job by its place."""
        return self._alive(owner) if owner.startswith("worker-") else self._is_open(owner)

    def _is_open(self, place: str) -> bool:
        job = "SELECT 1 FROM tasks WHERE place = ? AND kind = 'job' AND content IS NOT NULL"
        return self._db.execute(job, (place,)).fetchone() is not None

    def standings(self, scope: str, items: Sequence[Item], owner: str = "") -> Standings:
        """How these items stand now for an owner."""
        rows = self._db.execute("SELECT item, fingerprint, state, owner, progress FROM items WHERE scope = ?", (scope,))
        known = {item: rest for item, *rest in rows}
        works: dict[str, bool] = {}

        def standing(item: Item) -> Standing:
            if item.id not in known:
                return Standing(State.NEW)
            fingerprint, state, holder, progress = known[item.id]
            if fingerprint != item.fingerprint:
                return Standing(State.CONFLICT)
            if state == State.RUNNING and holder not in works:
                # A job takes up its own items again; calls of one process are strangers to each other.
                works[holder] = self._works(holder) and (holder != owner or holder == self.worker)
            if state == State.RUNNING:
                return Standing(State.RUNNING if works[holder] else State.OPEN, json.loads(progress))
            return Standing(State(state), json.loads(progress))

        return {item.id: standing(item) for item in items}

    def claim(self, scope: str, items: Sequence[Item], owner: str, may: Rule) -> tuple[Standings, bool]:
        """How the items stand; where `may` agrees, those that are free are taken in the same step."""
        with self._writing():
            return self._claim(scope, items, owner, may)

    def _claim(self, scope: str, items: Sequence[Item], owner: str, may: Rule) -> tuple[Standings, bool]:
        standings, now = self.standings(scope, items, owner), time.time()
        if not may(standings.values()):
            return standings, False
        free = [(item, standings[item.id]) for item in items if standings[item.id].state in FREE]
        self._db.executemany(
            "INSERT INTO items VALUES(?, ?, ?, 'running', ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET state = 'running', owner = excluded.owner",
            [(scope, item.id, item.fingerprint, owner, json.dumps(one.progress), now) for item, one in free],
        )
        return standings, True

    def intend(self, scope: str, progress: dict[str, Any]) -> None:
        """These items are about to be tried: whoever finds them after a crash knows how far they may be."""
        with self._writing():
            told = [(json.dumps(value), scope, item) for item, value in progress.items()]
            self._db.executemany("UPDATE items SET progress = ? WHERE scope = ? AND item = ?", told)

    def settle(self, scope: str, owner: str, settled: Iterable[tuple[str, State, Any]]) -> None:
        """Lets items go: done, open, or as if nobody had heard of them."""
        with self._writing():
            told = [(state, json.dumps(progress), scope, item, owner) for item, state, progress in settled]
            ended = "UPDATE items SET state = ?, progress = ? WHERE scope = ? AND item = ? AND owner = ?"
            self._db.executemany(ended, told)
            self._db.execute("DELETE FROM items WHERE scope = ? AND state = 'new'", (scope,))

    def begin_job(
        self, place: str, principal: str, content: dict[str, Any], claim: tuple[str, Sequence[Item], Rule]
    ) -> Standings | None:
        """Takes a job and claims its items for it. `None`: it is taken; else why not, by its items."""
        with self._writing():
            if self.job_stands(place):
                return None
            unfinished = "SELECT count(*) FROM tasks WHERE content IS NOT NULL AND kind = 'job' AND principal = ?"
            if self._db.execute(unfinished, (principal,)).fetchone()[0] >= QUEUE_PLACES:
                raise QueueFull
            scope, items, may = claim
            standings, claimed = self._claim(scope, items, place, may)
            if not claimed:
                return standings
            self._add(place, JOB, principal, content)
            return None

    def _add(self, place: str, kind: str, principal: str, content: dict[str, Any]) -> None:
        added = "INSERT OR REPLACE INTO tasks(place, kind, principal, born, content) VALUES(?, ?, ?, ?, ?)"
        self._db.execute(added, (place, kind, principal, time.time(), json.dumps(content)))

    def job_stands(self, place: str) -> bool:
        """Whether a job runs, or has ended for good."""
        ended = "SELECT 1 FROM results WHERE place = ? AND final"
        return self._is_open(place) or self._db.execute(ended, (place,)).fetchone() is not None

    def take(self, passed_over: Collection[str]) -> Task | None:
        """The oldest task that nobody works at; no job of a caller who is passed over."""
        with self._writing():
            rows = self._db.execute(
                "SELECT place, kind, principal, content, deliveries + 1, worker FROM tasks"
                " WHERE content IS NOT NULL ORDER BY born"
            )
            for place, kind, principal, content, deliveries, worker in rows.fetchall():
                if (kind == JOB and principal in passed_over) or (worker and self._alive(worker)):
                    continue
                taken = "UPDATE tasks SET worker = ?, deliveries = ? WHERE place = ? AND kind = ?"
                self._db.execute(taken, (self.worker, deliveries, place, kind))
                return Task(place, kind, principal, json.loads(content), deliveries)
            return None

    def delivered_again(self, place: str) -> None:
        """A job is worked at once more by the same process."""
        self._db.execute("UPDATE tasks SET deliveries = deliveries + 1 WHERE place = ? AND kind = 'job'", (place,))

    def let_go(self, task: Task) -> None:
        """Whoever comes next may take a task."""
        self._db.execute("UPDATE tasks SET worker = NULL WHERE place = ? AND kind = ?", (task.place, task.kind))

    def close(self, task: Task) -> None:
        """A task is over."""
        self._db.execute("UPDATE tasks SET content = NULL WHERE place = ? AND kind = ?", (task.place, task.kind))

    def end_job(self, task: Task, body: str, letter: dict[str, Any], *, final: bool) -> None:
        """A job has ended. At its first end a letter is stored that tells the flow."""
        with self._writing():
            self.close(task)
            self.put(task.place, body, final=final)
            if not self._db.execute(
                "SELECT 1 FROM tasks WHERE place = ? AND kind = 'letter'", (task.place,)
            ).fetchone():
                self._add(task.place, LETTER, task.principal, letter)

    def put(self, place: str, body: str, *, final: bool = True) -> None:
        """Keeps a result for those who ask later."""
        self._db.execute("INSERT OR REPLACE INTO results VALUES(?, ?, ?, ?)", (place, time.time(), body, final))

    def result(self, place: str) -> tuple[bool, str | None]:
        """Whether a result or job is known, and what came of it."""
        if self._is_open(place):
            return True, None
        kept = "SELECT body FROM results WHERE place = ? AND born > ?"
        row = self._db.execute(kept, (place, time.time() - WINDOW)).fetchone()
        return row is not None, row and row[0]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, in which nobody else writes; what is too old to matter leaves with it."""
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            over = (time.time() - WINDOW,)
            self._db.execute("DELETE FROM items WHERE born < ?", over)
            self._db.execute("DELETE FROM results WHERE born < ?", over)
            self._db.execute("DELETE FROM tasks WHERE born < ? AND content IS NULL", over)
            yield


class Memory:
    """The store for those who may not block: what they ask is done by one thread, in order."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self._thread = ThreadPoolExecutor(1, "store")

    async def __call__(self, ask: Callable[Concatenate[Store, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Asks the store: `await memory(Store.put, place, …)`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: ask(self.store, *args, **named))
