"""Jobs at work, and the flow that is told of their ends. Any worker takes up what a dead one left."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import httpx
import pydantic_core
from azure.core.exceptions import AzureError

from .batch import Invalid, Record, columns, read_batch
from .bulk import TABLE, V2, settle, updated
from .call import Call
from .dataverse import Outcome, Refused, Row, Unavailable
from .logs import correlation, log, log_error, span
from .problem import Fault, fault
from .service import Claim, Service
from .store import Job, Letter, State, Store
from .tokens import ScopedCredential, own_identity

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
        self._token = ScopedCredential(own_identity(service.settings), service.settings.trigger_scope)
        self._callers: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Takes jobs and letters as they come, until it is cancelled."""
        while True:
            try:
                while await self._take():
                    pass
            except Exception as error:
                log_error("jobs could not be taken", error)
            self._service.bell.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._service.bell.wait(), POLL)

    async def _take(self) -> bool:
        memory = self._service.memory
        busy = [caller for caller, count in self._callers.items() if count >= AT_WORK]
        job = await memory(Store.take_job, busy)
        if job:
            self._begin(self._work(job))
        letter = await memory(Store.take_letter)
        if letter:
            self._begin(self._deliver(letter))
        return bool(job or letter)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, job: Job) -> None:
        call = Call(**job.content["call"])
        correlation.set(call.correlation)
        self._callers[call.principal] += 1
        began = time.monotonic()
        try:
            with span("job", id=job.content["id"]):
                result = await self._deliveries(job, call)
            body, told = pydantic_core.to_json(result).decode(), json.dumps(letter_of(result))
            is_open = result["status"] == "failed"
            await self._service.memory(
                Store.end_job, job.place, body, told, is_open=is_open, correlation=call.correlation
            )
            duration = round((time.monotonic() - began) * 1000)
            log("job ended", operation="job", status=result["status"], job=job.content["id"], duration_ms=duration)
        except Exception as error:
            log_error("a job could not be worked at", error, operation="job", job=job.content["id"])
            await asyncio.sleep(PAUSE)
            await self._service.memory(Store.let_go, job.place)
        finally:
            self._callers[call.principal] -= 1
            self._service.bell.set()

    async def _deliveries(self, job: Job, call: Call) -> dict[str, Any]:
        delivery = job.deliveries
        while True:
            work = Delivery(self._service, job, call)
            await work.run(poison=delivery > DELIVERIES)
            pause = max(work.told, PAUSE * min(delivery, DELIVERIES))
            if not work.failed or delivery >= DELIVERIES or pause > LONGEST_PAUSE:
                return work.result()
            await asyncio.sleep(pause)
            await self._service.memory(Store.delivered_again, job.place)
            delivery += 1

    async def _deliver(self, letter: Letter) -> None:
        correlation.set(letter.correlation)
        for attempt in range(SENDINGS):
            wait = await self._send(letter)
            if wait is None:
                break
            await asyncio.sleep(min(wait or 2**attempt, LONGEST_WAIT))
        await self._service.memory(Store.close_letter, letter.place)

    async def _send(self, letter: Letter) -> int | None:
        """Tells the flow once; seconds to the next time, 0 where it names none, `None`: never again."""
        try:
            token = await asyncio.to_thread(self._token.get_token)
            headers = {
                "Authorization": f"Bearer {token.token}",
                "X-Correlation-Id": letter.correlation,
                "Content-Type": "application/json",
            }
            url = self._service.settings.trigger_url
            answer = await self._service.http.post(url, content=letter.body, headers=headers)
        except (AzureError, httpx.HTTPError) as error:
            log("the flow gave no answer", "warning", operation="callback", error=repr(error))
            return 0
        log("the flow was told", operation="callback", status=answer.status_code)
        if answer.status_code == 429 or answer.status_code >= 500:
            asked = answer.headers.get("retry-after", "")
            return int(asked) if asked.isdigit() else 0
        if answer.status_code == 401:
            self._token.forget()
        return None


class Delivery:
    """One attempt at a job."""

    def __init__(self, service: Service, job: Job, call: Call) -> None:
        self._service, self._job, self._call = service, job, call
        self._scope = call.scope("submitBatch")
        self._until = time.monotonic() + DELIVERY
        self._outcomes: dict[int, tuple[str, list[Fault]]] = {}
        self.batch = read_batch(job.content["body"].encode(), V2)
        # The longest wait that Dataverse has asked for.
        self.told = 0.0

    @property
    def failed(self) -> bool:
        """Whether some record could not be written."""
        return any(outcome == "failed" for outcome, _ in self._outcomes.values())

    async def run(self, *, poison: bool) -> None:
        """Writes what is left to do. A job that took its process with it each time is not tried again."""
        known = self._job.content["known"]
        records = []
        for record in self.batch.records:
            if known.get(record.id, "") is None:
                self._outcomes[record.index] = ("invalid", [record.unknown()])
            else:
                records.append(record)
        while records := await self._round(records, poison=poison):
            if poison or time.monotonic() > self._until:
                break
            await asyncio.sleep(0.1)
        for record in records:
            self._note(record, "failed", "was not taken by Dataverse; send the same call again")

    async def _round(self, records: list[Record], *, poison: bool) -> list[Record]:
        """Claims and writes what is free; gives those that are left, since somebody else works at them."""
        claim = Claim(self._service, self._scope, [record.item for record in records], self._job.place)
        async with claim:
            await claim.take(lambda _: not poison)
            standing = {item.index: one for item, one in zip(records, claim.standings, strict=True)}
            for record in records:
                match standing[record.index].state:
                    case State.DONE:
                        self._note(record, "updated")
                    case State.CONFLICT:
                        self._note(record, "conflict", "was sent with other content under this correlation ID")
            await self._write(claim, [record for record in records if claim.held(record.id)])
        settled = self._outcomes
        return [record for record in records if record.index not in settled]

    async def _write(self, claim: Claim, records: list[Record]) -> None:
        if not records:
            return
        known, call = self._job.content["known"], self._call
        rows = [
            Row(TABLE, r.id, columns(call, r), known.get(r.id), in_doubt=bool(claim.progress(r.id))) for r in records
        ]
        await claim.intend({record.id: True for record in records})
        try:
            given_up = await self._service.dataverse.write(rows, self._until)
        except Refused:
            given_up = Unavailable(None)
        if given_up:
            self.told = max(self.told, given_up.retry_after)
        for record, row in zip(records, rows, strict=True):
            settle(claim, record.id, row)
            if row.outcome is Outcome.WRITTEN:
                self._note(record, "updated")
            elif row.outcome is Outcome.GONE and self.batch.skip:
                self._outcomes[record.index] = ("invalid", [record.unknown()])
            else:
                self._note(record, "failed", "was not taken by Dataverse; send the same call again")

    def _note(self, record: Record, outcome: str, detail: str | None = None) -> None:
        faults = [fault(f"/records/{record.index}", detail, record.sent["id"])] if detail else []
        self._outcomes[record.index] = (outcome, faults)

    def result(self) -> dict[str, Any]:
        """The answer to whoever asks."""
        records = [self._told(entry) for entry in self.batch.entries]
        count = sum(record["outcome"] == "updated" for record in records)
        status = (
            {"status": "failed", "failureType": "downstream_unavailable"} if self.failed else {"status": "completed"}
        )
        counts = {"updated": count, "failed": len(records) - count}
        return {"batchId": self._job.content["id"], **status, **counts, "records": records}

    def _told(self, entry: Record | Invalid) -> dict[str, Any]:
        if isinstance(entry, Invalid):
            sent = entry.sent.get("id") if isinstance(entry.sent, dict) else None
            named = {"id": sent} if isinstance(sent, str) else {}
            return {**named, "index": entry.index, "outcome": "invalid", "errors": entry.faults}
        outcome, faults = self._outcomes[entry.index]
        told: dict[str, Any] = {"id": entry.sent["id"], "outcome": outcome}
        told = updated(entry) if outcome == "updated" else told
        return {**told, "index": entry.index, **({"errors": faults} if faults else {})}


def letter_of(result: dict[str, Any]) -> dict[str, Any]:
    """What the flow is told of a job's end."""
    kept: dict[str, Any] = {
        name: result[name] for name in ("status", "updated", "failed", "failureType") if name in result
    }
    return {"jobId": result["batchId"], **kept}
