"""`bulk-update`: version 1 answers when everything is written, version 2 takes a job that can be asked for."""

import asyncio
from collections.abc import Collection
from typing import Any

from .batch import Batch, Record, columns, read_batch
from .call import Call, Content
from .dataverse import Outcome, Row
from .problem import Fault, Problem, invalid
from .service import Claim, Service, place, refusal, until
from .store import FREE, QueueFull, Standing, State, Store

TABLE = "accounts"
V1, V2 = "bulk-update/v1", "bulk-update/v2"
UNKNOWN = "names no account"


def conflicts(records: list[Record]) -> dict[str, Fault]:
    """What is told of records that were sent before with other content."""
    return {one.id: one.fault("was sent with other content under this correlation ID") for one in records}


async def submit_v1(service: Service, call: Call, content: Content) -> dict[str, Any]:
    """Does a set: all of it or nothing."""
    batch = await asyncio.to_thread(read_batch, content.body, V1)
    if batch.faults:
        raise invalid(batch.faults)
    records = batch.records
    async with Claim(service, call.scope("submitBatch"), [record.item for record in records]) as claim:
        await claim.take_all(conflicts(records))
        await write_set(service, call, claim, [record for record in records if claim.held(record.id)])
    identity = batch.id(V1, call)
    told = {"batchId": identity, "status": "completed", "updated": len(records), "records": [*map(updated, records)]}
    return await service.keep(V1, call, identity, told)


async def write_set(service: Service, call: Call, claim: Claim, records: list[Record]) -> None:
    """Looks at all accounts that are to be written, then writes them in one change set."""
    problem, outcomes = await write_records(service, call, claim, records, until(), together=len(records) > 1)
    gone = [record.fault(UNKNOWN, "/id") for record in records if outcomes[record.id] is Outcome.GONE]
    if problem:
        raise invalid(gone) if gone else problem


async def write_records(
    service: Service, call: Call, claim: Claim, records: list[Record], until: float, *, together: bool = False
) -> tuple[Problem | None, dict[str, Outcome | None]]:
    """Writes claimed records and settles them: done, or open if they may have been written, else forgotten."""
    rows = [Row(TABLE, r.id, columns(call, r), in_doubt=bool(claim.progress(r.id))) for r in records]
    await claim.intend({row.key: True for row in rows})
    problem = await service.dataverse.write(rows, until, together=together)
    for row in rows:
        done = row.outcome is Outcome.WRITTEN
        claim.settle(row.key, State.DONE if done else State.OPEN if row.in_doubt else State.NEW, row.in_doubt)
    return problem, {row.key: row.outcome for row in rows}


def updated(record: Record) -> dict[str, Any]:
    """What the caller is told of a record that was written."""
    status = {"status": record.sent["status"]} if "status" in record.sent else {}
    return {**record.named, "outcome": "updated", **status}


async def submit_v2(service: Service, call: Call, content: Content) -> dict[str, Any]:
    """Takes a set as a job."""
    batch = await asyncio.to_thread(read_batch, content.body, V2)
    if batch.faults and not batch.skip:
        raise invalid(batch.faults)
    identity = batch.id(V2, call)
    job = place(V2, call, identity)
    told = {"batchId": identity, "status": "accepted"}
    if await service.memory(Store.job_stands, job):
        return told
    scope, items = call.scope("submitBatch"), [record.item for record in batch.records]
    unknown = await find_unknown(service, batch, await service.memory(Store.standings, scope, items))
    if unknown and not batch.skip:
        raise invalid(unknown)
    stored = {"call": vars(call), "id": identity, "body": content.body.decode()}

    def may(standings: Collection[Standing]) -> bool:
        return batch.skip or not any(one.state is State.CONFLICT for one in standings)

    try:
        refused = await service.memory(Store.begin_job, job, call.principal, stored, (scope, items, may))
    except QueueFull as full:
        detail = "Too many jobs of this caller have not ended; nothing was done, send the same call again"
        raise Problem("queue_full", detail, retry_after=2) from full
    if refused is not None:
        raise refusal(refused, conflicts(batch.records))
    service.bell.set()
    return told


async def find_unknown(service: Service, batch: Batch, standings: dict[str, Standing]) -> list[Fault]:
    """Which of the records that are likely to be written name no account."""
    asked = [record for record in batch.records if standings[record.id].state in FREE]
    rows = await service.dataverse.read(TABLE, [(record.id, ["accountid"]) for record in asked], until())
    return [record.fault(UNKNOWN, "/id") for record, row in zip(asked, rows, strict=True) if row is None]
