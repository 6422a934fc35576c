"""What is remembered: claims, jobs, results and letters, in one SQLite file that all workers share.

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
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

WINDOW = 24 * 3600.0
SWEEP_EVERY = 600.0
QUEUE_PLACES = 64

TABLES = """
CREATE TABLE IF NOT EXISTS items(
    scope TEXT, item TEXT, fingerprint TEXT NOT NULL, state TEXT NOT NULL, owner TEXT NOT NULL,
    progress TEXT NOT NULL, born REAL NOT NULL, PRIMARY KEY(scope, item)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS results(
    place TEXT PRIMARY KEY, principal TEXT NOT NULL, born REAL NOT NULL, body TEXT, open INTEGER NOT NULL DEFAULT 0,
    job TEXT, worker TEXT, deliveries INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS running ON results(born) WHERE body IS NULL;
CREATE TABLE IF NOT EXISTS letters(
    place TEXT PRIMARY KEY, born REAL NOT NULL, correlation TEXT NOT NULL, body TEXT NOT NULL,
    worker TEXT, closed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS items_born ON items(born);
"""


class State(StrEnum):
    """How an item stands when a call about it comes."""

    NEW = "new"
    OPEN = "open"
    RUNNING = "running"
    DONE = "done"
    CONFLICT = "conflict"


FREE = (State.NEW, State.OPEN)


@dataclass(frozen=True)
class Standing:
    """An item's state, and how far it has come."""

    state: State
    progress: Any = None


@dataclass(frozen=True)
class Item:
    """Which item inside a scope, and a digest of its content."""

    id: str
    fingerprint: str


@dataclass(frozen=True)
class Job:
    """A job that is to be worked at, as it was stored."""

    place: str
    content: dict[str, Any]
    deliveries: int


@dataclass(frozen=True)
class Letter:
    """What the flow is to be told of a job."""

    place: str
    correlation: str
    body: str


Rule = Callable[[Sequence[Standing]], bool]
P = ParamSpec("P")
T = TypeVar("T")


class QueueFull(Exception):
    """The caller has too many jobs that have not ended."""


class Store:
    """The file, as one process uses it. Used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.worker = f"worker-{uuid.uuid4().hex}"
        self._lock = os.open(folder / f"{self.worker}.lock", os.O_CREAT | os.O_RDWR)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._db = sqlite3.connect(
            folder / "service.db", timeout=30, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(TABLES)
        self._swept = time.time()

    def _begin(self) -> sqlite3.Connection:
        self._db.execute("BEGIN IMMEDIATE")
        return self._db

    def _alive(self, worker: str) -> bool:
        if worker == self.worker:
            return True
        try:
            file = os.open(self._folder / f"{worker}.lock", os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
        return False

    def _works(self, owner: str) -> bool:
        """Whether somebody still works at what belongs to this owner."""
        if owner.startswith("worker-"):
            return self._alive(owner)
        row = self._db.execute("SELECT body IS NULL FROM results WHERE place = ?", (owner,)).fetchone()
        return bool(row and row[0])

    def _standings(self, scope: str, items: Sequence[Item], owner: str) -> list[Standing]:
        rows = self._db.execute(
            "SELECT item, fingerprint, state, owner, progress, born FROM items WHERE scope = ?", (scope,)
        )
        known = {row[0]: row[1:] for row in rows}
        over = time.time() - WINDOW
        works: dict[str, bool] = {}

        def standing(item: Item) -> Standing:
            if item.id not in known:
                return Standing(State.NEW)
            fingerprint, state, holder, progress, born = known[item.id]
            if state == State.RUNNING and holder not in works:
                # A job takes up its own items again; calls of one process are strangers to each other.
                works[holder] = self._works(holder) and (holder != owner or holder == self.worker)
            running = state == State.RUNNING and works[holder]
            if born < over and not running:
                return Standing(State.NEW)
            if fingerprint != item.fingerprint:
                return Standing(State.CONFLICT)
            if running:
                return Standing(State.RUNNING)
            return Standing(State.DONE if state == State.DONE else State.OPEN, json.loads(progress))

        return [standing(item) for item in items]

    def _claim(self, scope: str, items: Sequence[Item], owner: str, may: Rule) -> tuple[list[Standing], bool]:
        standings = self._standings(scope, items, owner)
        if not may(standings):
            return standings, False
        now = time.time()
        pairs = zip(items, standings, strict=True)
        free = [(item, standing) for item, standing in pairs if standing.state in FREE]
        self._db.executemany(
            "INSERT INTO items VALUES(?, ?, ?, 'running', ?, ?, ?) ON CONFLICT DO UPDATE SET state = 'running',"
            " fingerprint = excluded.fingerprint, owner = excluded.owner, progress = excluded.progress,"
            " born = CASE WHEN ? THEN excluded.born ELSE born END",
            [(scope, i.id, i.fingerprint, owner, json.dumps(s.progress), now, s.state == State.NEW) for i, s in free],
        )
        return standings, True

    def standings(self, scope: str, items: Sequence[Item]) -> list[Standing]:
        """How these items stand now."""
        return self._standings(scope, items, "")

    def claim(self, scope: str, items: Sequence[Item], owner: str, may: Rule) -> tuple[list[Standing], bool]:
        """How the items stand; where `may` agrees, those that are free are taken in the same step."""
        with self._begin():
            self._sweep()
            return self._claim(scope, items, owner, may)

    def intend(self, scope: str, progress: Iterable[tuple[str, Any]]) -> None:
        """These items are about to be tried: whoever finds them after a crash knows how far they may be."""
        with self._begin():
            self._db.executemany(
                "UPDATE items SET progress = ? WHERE scope = ? AND item = ?",
                [(json.dumps(value), scope, item) for item, value in progress],
            )

    def settle(self, scope: str, owner: str, settled: Iterable[tuple[str, State, Any]]) -> None:
        """Lets items go: done, open, or as if nobody had heard of them."""
        with self._begin():
            self._settle(scope, owner, settled)

    def _settle(self, scope: str, owner: str, settled: Iterable[tuple[str, State, Any]]) -> None:
        for item, state, progress in settled:
            if state == State.NEW:
                self._db.execute("DELETE FROM items WHERE scope = ? AND item = ? AND owner = ?", (scope, item, owner))
            else:
                self._db.execute(
                    "UPDATE items SET state = ?, progress = ? WHERE scope = ? AND item = ? AND owner = ?",
                    (state, json.dumps(progress), scope, item, owner),
                )

    def begin_job(
        self, place: str, principal: str, content: dict[str, Any], claim: tuple[str, Sequence[Item], Rule]
    ) -> list[Standing] | None:
        """Takes a job and claims its items for it. `None`: it is taken; else why not, by its items."""
        with self._begin():
            if self.job_stands(place):
                return None
            unfinished = "SELECT count(*) FROM results WHERE body IS NULL AND principal = ?"
            if self._db.execute(unfinished, (principal,)).fetchone()[0] >= QUEUE_PLACES:
                raise QueueFull
            scope, items, may = claim
            standings, claimed = self._claim(scope, items, place, may)
            if not claimed:
                return standings
            self._db.execute(
                "INSERT OR REPLACE INTO results(place, principal, born, job) VALUES(?, ?, ?, ?)",
                (place, principal, time.time(), json.dumps(content)),
            )
            return None

    def job_stands(self, place: str) -> bool:
        """Whether a job runs, or has ended for good."""
        row = self._db.execute("SELECT body IS NULL OR NOT open FROM results WHERE place = ?", (place,)).fetchone()
        return bool(row and row[0])

    def take_job(self, passed_over: Sequence[str]) -> Job | None:
        """The oldest job that nobody works at, of a caller who is not passed over."""
        with self._begin():
            rows = self._db.execute("SELECT place, principal, worker FROM results WHERE body IS NULL ORDER BY born")
            for place, principal, worker in rows.fetchall():
                if principal in passed_over or (worker and self._alive(worker)):
                    continue
                taken = "UPDATE results SET worker = ?, deliveries = deliveries + 1 WHERE place = ?"
                self._db.execute(f"{taken} AND body IS NULL", (self.worker, place))
                job = "SELECT job, deliveries FROM results WHERE place = ?"
                content, deliveries = self._db.execute(job, (place,)).fetchone()
                return Job(place, json.loads(content), deliveries)
            return None

    def delivered_again(self, place: str) -> None:
        """A job is worked at once more by the same process."""
        self._db.execute("UPDATE results SET deliveries = deliveries + 1 WHERE place = ?", (place,))

    def let_go(self, place: str) -> None:
        """Whoever comes next may take a job."""
        self._db.execute("UPDATE results SET worker = NULL WHERE place = ?", (place,))

    def end_job(self, place: str, body: str, letter: str, *, is_open: bool, correlation: str) -> None:
        """A job has ended. At its first end a letter is stored that tells the flow."""
        now = time.time()
        with self._begin():
            ended = "UPDATE results SET body = ?, open = ?, worker = NULL, job = NULL WHERE place = ?"
            self._db.execute(ended, (body, is_open, place))
            stored = "INSERT OR IGNORE INTO letters(place, born, correlation, body) VALUES(?, ?, ?, ?)"
            self._db.execute(stored, (place, now, correlation, letter))

    def put(self, place: str, principal: str, body: str) -> None:
        """Keeps a result for those who ask later."""
        kept = "INSERT OR REPLACE INTO results(place, principal, born, body) VALUES(?, ?, ?, ?)"
        self._db.execute(kept, (place, principal, time.time(), body))

    def result(self, place: str) -> tuple[bool, str | None]:
        """Whether a result or job is known, and what came of it."""
        row = self._db.execute("SELECT body, born FROM results WHERE place = ?", (place,)).fetchone()
        if row is None or (row[0] is not None and row[1] < time.time() - WINDOW):
            return False, None
        return True, row[0]

    def take_letter(self) -> Letter | None:
        """A letter that nobody delivers."""
        with self._begin():
            rows = self._db.execute("SELECT place, correlation, body, worker FROM letters WHERE NOT closed")
            for place, correlation, body, worker in rows.fetchall():
                if not (worker and self._alive(worker)):
                    self._db.execute("UPDATE letters SET worker = ? WHERE place = ?", (self.worker, place))
                    return Letter(place, correlation, body)
            return None

    def close_letter(self, place: str) -> None:
        """The flow was told, or it was given up."""
        self._db.execute("UPDATE letters SET closed = 1 WHERE place = ?", (place,))

    def _sweep(self) -> None:
        now = time.time()
        if now - self._swept < SWEEP_EVERY:
            return
        self._swept = now
        over = (now - WINDOW,)
        self._db.execute("DELETE FROM items WHERE born < ? AND state <> 'running'", over)
        self._db.execute("DELETE FROM results WHERE born < ? AND body IS NOT NULL", over)
        self._db.execute("DELETE FROM letters WHERE born < ? AND closed", over)
        for file in self._folder.glob("worker-*.lock"):
            if not self._alive(file.stem):
                with suppress(FileNotFoundError):
                    file.unlink()


class Memory:
    """The store for those who may not block: what they ask is done by one thread, in order."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self._thread = ThreadPoolExecutor(1, "store")

    async def __call__(self, ask: Callable[Concatenate[Store, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Asks the store: `await memory(Store.put, place, …)`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: ask(self.store, *args, **named))
