"""Claims, in one process and in several that share a file."""

import fcntl
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from seam_service import store as module
from seam_service.store import JOB, LETTER, Item, QueueFull, Standing, Standings, State, Store, all_free

ONE, OTHER = Item("a", "1"), Item("a", "2")
SPAWN = multiprocessing.get_context("spawn")


def claim(store: Store, *items: Item) -> tuple[list[Standing], bool]:
    standings, taken = store.claim("scope", items, store.worker, all_free)
    return list(standings.values()), taken


def test_an_item_is_claimed_once_and_known_afterwards(tmp_path: Path) -> None:
    store, twin = Store(tmp_path), Store(tmp_path)
    assert claim(store, ONE) == ([Standing(State.NEW)], True)
    assert claim(twin, ONE) == claim(store, ONE) == ([Standing(State.RUNNING)], False)
    assert claim(twin, OTHER) == ([Standing(State.CONFLICT)], False)
    store.settle("scope", store.worker, [("a", State.DONE, {"said": 1})])
    assert claim(twin, ONE) == ([Standing(State.DONE, {"said": 1})], True)
    assert claim(twin, OTHER)[0] == [Standing(State.CONFLICT)]
    assert twin.standings("another scope", [ONE]) == {"a": Standing(State.NEW)}


def test_all_who_open_it_together_can(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def opened(folder: Path) -> Store:
        together.wait()
        return Store(folder)

    with ThreadPoolExecutor(8) as openers:
        for number in range(20):
            assert len(list(openers.map(opened, [tmp_path / str(number)] * 8))) == 8


def test_what_was_let_go_is_resumed_and_what_was_never_tried_is_forgotten(tmp_path: Path) -> None:
    store = Store(tmp_path)
    claim(store, ONE, Item("b", "1"))
    store.settle("scope", store.worker, [("a", State.OPEN, True), ("b", State.NEW, None)])
    assert claim(store, ONE, Item("b", "2"))[0] == [Standing(State.OPEN, True), Standing(State.NEW)]


def test_all_or_nothing_is_claimed(tmp_path: Path) -> None:
    store, twin = Store(tmp_path), Store(tmp_path)
    claim(store, ONE)
    assert claim(twin, Item("b", "1"), ONE)[1] is False
    assert twin.standings("scope", [Item("b", "1")]) == {"b": Standing(State.NEW)}


def test_a_window_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    claim(store, ONE)
    store.settle("scope", store.worker, [("a", State.DONE, None)])
    store.put("place", "{}")
    later = time.time() + module.WINDOW + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert claim(store, OTHER)[0] == [Standing(State.NEW)]
    assert store.result("place") == (False, None)


def race(folder: Path, rounds: int, told: Connection) -> None:
    store = Store(folder)
    won = [n for n in range(rounds) if store.claim("s", [Item(str(n), "")], store.worker, all_free)[1]]
    told.send(won)
    told.recv()


def hold(folder: Path, told: Connection) -> None:
    store = Store(folder)
    claim(store, ONE)
    store.intend("scope", {"a": True})
    store.begin_job("job", "caller", {}, ("scope", [Item("b", "1")], all_free))
    store.take([])
    told.send((os.getpid(), store.worker))
    told.recv()


def started(target: Any, *args: Any) -> tuple[Any, Connection]:
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=target, args=(*args, theirs), daemon=True)
    process.start()
    return process, ours


def test_of_two_processes_one_gets_each_item(tmp_path: Path) -> None:
    rounds = 300
    racers = [started(race, tmp_path, rounds) for _ in range(2)]
    won = [pipe.recv() for _, pipe in racers]
    assert sorted(won[0] + won[1]) == list(range(rounds))
    for process, pipe in racers:
        pipe.send(None)
        process.join()


def test_what_a_killed_process_left_is_taken_up(tmp_path: Path) -> None:
    store = Store(tmp_path)
    process, pipe = started(hold, tmp_path)
    killed, worker = pipe.recv()
    assert claim(store, ONE) == ([Standing(State.RUNNING, True)], False)
    assert store.take([]) is None
    os.kill(killed, signal.SIGKILL)
    # Its lock is waited for, not the process: one that nobody has collected is as dead.
    with (tmp_path / f"{worker}.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
    assert claim(store, ONE) == ([Standing(State.OPEN, True)], True)
    job = store.take([])
    assert job is not None
    assert (job.place, job.deliveries) == ("job", 2)
    items = [Item("b", "1")]
    assert store.claim("scope", items, store.worker, all_free)[0] == {"b": Standing(State.RUNNING)}, "it is the job's"
    assert store.claim("scope", items, job.place, all_free)[1]
    process.join()


def test_a_job_is_begun_once_and_told_once(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def begin() -> Standings | None:
        return store.begin_job("job", "caller", {"n": 1}, ("scope", [ONE], all_free))

    assert begin() is None
    assert begin() is None
    assert store.take(["caller"]) is None
    job = store.take([])
    assert job is not None
    assert store.take([]) is None
    assert store.result("job") == (True, None)
    store.end_job(job, "failed", {"n": "first"}, final=False)
    assert store.result("job") == (True, "failed")
    letter = store.take(["caller"])
    assert letter is not None
    assert (letter.kind, letter.content) == (LETTER, {"n": "first"})
    assert begin() is None
    assert store.result("job") == (True, None)
    again = store.take([])
    assert again is not None
    assert again.kind == JOB
    store.end_job(again, "done", {"n": "second"}, final=True)
    assert store.job_stands("job")
    store.close(letter)
    assert store.take([]) is None


def test_a_callers_queue_is_bounded(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for n in range(module.QUEUE_PLACES):
        store.begin_job(f"job {n}", "caller", {}, ("scope", [], all_free))
    with pytest.raises(QueueFull):
        Store(tmp_path).begin_job("one more", "caller", {}, ("scope", [], all_free))
    store.begin_job("of another", "another", {}, ("scope", [], all_free))
