"""Jobs at work, and the flow that is told of their ends. Any worker takes up what a dead one left."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import httpx
import pydantic_core
from azure.core.exceptions import AzureError

from .batch import Record, read_batch
from .bulk import UNKNOWN, V2, conflicts, updated, write_records
from .call import Call
from .dataverse import Outcome
from .logs import correlation, log, log_error, since, span
from .problem import Fault, Problem
from .service import Claim, Service
from .store import JOB, State, Store, Task
from .tokens import ScopedCredential

POLL = 0.5
AT_WORK = 8
# A job is delivered so often: what fails every time is poison.
DELIVERIES = 3
DELIVERY = 30.0
PAUSE = 2.0
LONGEST_PAUSE = 30.0
# A call to the flow is sent so often; the wait doubles from one second where the flow names none.
SENDINGS = 7
LONGEST_WAIT = 60


class Background:
    """What a process does without being asked."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._token = ScopedCredential(service.settings, service.settings.trigger_scope)
        self._callers: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Takes tasks as they come, until it is cancelled."""
        while True:
            try:
                while await self._take():
                    pass
            except Exception as error:
                log_error("tasks could not be taken", error)
            self._service.bell.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._service.bell.wait(), POLL)

    async def _take(self) -> bool:
        busy = [caller for caller, count in self._callers.items() if count >= AT_WORK]
        task = await self._service.memory(Store.take, busy)
        if task:
            self._callers[task.principal] += task.kind == JOB
            running = asyncio.create_task(self._do(task))
            self._tasks.add(running)
            running.add_done_callback(self._tasks.discard)
        return task is not None

    async def _do(self, task: Task) -> None:
        call = Call(**task.content["call"])
        correlation.set(call.correlation)
        try:
            with span(task.kind, id=task.content["id"]):
                await (self._work(task, call) if task.kind == JOB else self._tell(task, call))
        except Exception as error:
            log_error("a task failed", error, operation=task.kind, job=task.content["id"])
            await asyncio.sleep(PAUSE)
            await self._service.memory(Store.let_go, task)
        finally:
            self._callers[task.principal] -= task.kind == JOB
            self._service.bell.set()

    async def _work(self, task: Task, call: Call) -> None:
        began = time.monotonic()
        job = await asyncio.to_thread(Job, self._service, task, call)
        result = await job.run()
        body = pydantic_core.to_json(result).decode()
        letter = {"call": vars(call), "id": task.content["id"], "letter": letter_of(result)}
        await self._service.memory(Store.end_job, task, body, letter, final=result["status"] == "completed")
        log("job ended", operation=JOB, status=result["status"], job=task.content["id"], duration_ms=since(began))

    async def _tell(self, task: Task, call: Call) -> None:
        letter = pydantic_core.to_json(task.content["letter"])
        for attempt in range(SENDINGS):
            wait = await self._send(letter, call)
            if wait is None:
                break
            await asyncio.sleep(min(wait or 2**attempt, LONGEST_WAIT))
        await self._service.memory(Store.close, task)

    async def _send(self, letter: bytes, call: Call) -> int | None:
        """Tells the flow once; seconds to the next time, 0 where it names none, `None`: never again."""
        headers = {"X-Correlation-Id": call.correlation, "Content-Type": "application/json"}
        try:
            token = await asyncio.to_thread(self._token.get_token)
            headers["Authorization"] = f"Bearer {token.token}"
            answer = await self._service.http.post(self._service.settings.trigger_url, content=letter, headers=headers)
        except (AzureError, httpx.HTTPError) as error:
            log("the flow gave no answer", "warning", operation="callback", error=repr(error))
            return 0
        log("the flow was told", operation="callback", status=answer.status_code)
        asked = answer.headers.get("retry-after", "")
        again = answer.status_code == 429 or answer.status_code >= 500
        return (int(asked) if asked.isdigit() else 0) if again else None


class Job:
    """A job at work: its records, and what became of each."""

    def __init__(self, service: Service, task: Task, call: Call) -> None:
        self._service, self._task, self._call = service, task, call
        self.batch = read_batch(task.content["body"].encode(), V2)
        self._outcomes: dict[int, dict[str, Any]] = {}
        for record in self.batch.entries:
            if record.faults:
                self._note(record, "invalid", record.faults)

    def _note(self, record: Record, outcome: str, faults: list[Fault]) -> None:
        self._outcomes[record.index] = {**record.named, "outcome": outcome, "errors": faults}

    @property
    def _left(self) -> list[Record]:
        return [record for record in self.batch.entries if record.index not in self._outcomes]

    async def run(self) -> dict[str, Any]:
        """Delivers it until nothing is left. A job that took its process with it each time is not tried again."""
        delivery = self._task.deliveries
        while delivery <= DELIVERIES:
            pause = max(await self._deliver(), PAUSE * delivery)
            if not self._left or delivery == DELIVERIES or pause > LONGEST_PAUSE:
                break
            await asyncio.sleep(pause)
            await self._service.memory(Store.delivered_again, self._task.place)
            delivery += 1
        return self.result()

    async def _deliver(self) -> int:
        """Writes what is free, and waits for those that somebody else works at; the wait that Dataverse asks for."""
        until = time.monotonic() + DELIVERY
        while left := self._left:
            scope, items = self._call.scope("submitBatch"), [record.item for record in left]
            async with Claim(self._service, scope, items, self._task.place) as claim:
                await claim.take(lambda _: True)
                for record in left:
                    match claim.standings[record.id].state:
                        case State.DONE:
                            self._outcomes[record.index] = updated(record)
                        case State.CONFLICT:
                            self._note(record, "conflict", [conflicts([record])[record.id]])
                problem = await self._write(claim, [record for record in left if claim.held(record.id)], until)
            if problem or time.monotonic() > until:
                return problem.retry_after or 0 if problem else 0
            await asyncio.sleep(0.1 if self._left else 0)
        return 0

    async def _write(self, claim: Claim, records: list[Record], until: float) -> Problem | None:
        problem, outcomes = await write_records(self._service, self._call, claim, records, until)
        for record in records:
            if outcomes[record.id] is Outcome.WRITTEN:
                self._outcomes[record.index] = updated(record)
            elif outcomes[record.id] is Outcome.GONE and self.batch.skip:
                self._note(record, "invalid", [record.fault(UNKNOWN, "/id")])
        return problem if any(record.index not in self._outcomes for record in records) else None

    def result(self) -> dict[str, Any]:
        """The answer to whoever asks."""
        left = self._left
        for record in left:
            self._note(record, "failed", [record.fault("was not taken by Dataverse; send the same call again")])
        records = [{**self._outcomes[record.index], "index": record.index} for record in self.batch.entries]
        count = sum(record["outcome"] == "updated" for record in records)
        told = {"batchId": self._task.content["id"], "updated": count, "failed": len(records) - count}
        if left:
            return {**told, "status": "failed", "failureType": "downstream_unavailable", "records": records}
        return {**told, "status": "completed", "records": records}


def letter_of(result: dict[str, Any]) -> dict[str, Any]:
    """What the flow is told of a job's end."""
    kept = ("status", "updated", "failed", "failureType")
    return {"jobId": result["batchId"], **{name: result[name] for name in kept if name in result}}
