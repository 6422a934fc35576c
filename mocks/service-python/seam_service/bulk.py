"""`bulk-update`: version 1 answers when everything is written, version 2 takes a job that can be asked for."""

import asyncio
from typing import Any

import pydantic_core

from .batch import Batch, Record, columns, read_batch
from .call import Call, Content
from .dataverse import Outcome, Row
from .problem import Problem, conflict, fault, in_progress, invalid
from .service import Claim, Service, place, trouble, until
from .store import FREE, QueueFull, Standing, State, Store

TABLE = "accounts"
V1, V2 = "bulk-update/v1", "bulk-update/v2"


def refusal(records: list[Record], standings: list[Standing]) -> Problem:
    """A conflict, else something running."""
    detail = "was sent with other content under this correlation ID"
    faults = [
        fault(f"/records/{record.index}", detail, record.sent["id"])
        for record, standing in zip(records, standings, strict=True)
        if standing.state is State.CONFLICT
    ]
    return conflict(faults) if faults else in_progress()


async def versions(service: Service, records: list[Record]) -> dict[str, str | None]:
    """The version of each account; `None` where there is none."""
    rows = await service.dataverse.read(TABLE, [(record.id, ["accountid"]) for record in records], until())
    return {record.id: row["@odata.etag"] if row else None for record, row in zip(records, rows, strict=True)}


async def submit_v1(service: Service, call: Call, content: Content) -> dict[str, Any]:
    """Does a set: all of it or nothing."""
    batch = await asyncio.to_thread(read_batch, content.body, V1)
    if batch.faults:
        raise invalid(batch.faults)
    records = batch.records
    async with Claim(service, call.scope("submitBatch"), [record.item for record in records]) as claim:
        if not await claim.take():
            raise refusal(records, claim.standings)
        await write_set(service, call, claim, [record for record in records if claim.held(record.id)])
    identity = batch.id(V1, call)
    told = {
        "batchId": identity,
        "status": "completed",
        "updated": len(records),
        "records": [updated(record) for record in records],
    }
    result = pydantic_core.to_json(told).decode()
    await service.memory(Store.put, place(V1, call, identity), call.principal, result)
    return told


async def write_set(service: Service, call: Call, claim: Claim, records: list[Record]) -> None:
    """Reads all accounts that are to be written, then writes them in one change set."""
    if not records:
        return
    known = await versions(service, records)
    if unknown := [record.unknown() for record in records if known[record.id] is None]:
        raise invalid(unknown)
    rows = [Row(TABLE, r.id, columns(call, r), known[r.id], in_doubt=bool(claim.progress(r.id))) for r in records]
    await claim.intend({record.id: True for record in records})
    given_up = await service.dataverse.write(rows, until(), together=len(rows) > 1)
    for record, row in zip(records, rows, strict=True):
        settle(claim, record.id, row)
    if gone := [r.unknown() for r, row in zip(records, rows, strict=True) if row.outcome is Outcome.GONE]:
        raise invalid(gone)
    if any(row.outcome is not Outcome.WRITTEN for row in rows):
        raise trouble(given_up, rows, "a record")


def settle(claim: Claim, item: str, row: Row) -> None:
    """Done, or open with what is known of it; what was never tried is forgotten."""
    if row.outcome is Outcome.WRITTEN:
        claim.settle(item, State.DONE)
    else:
        claim.settle(item, State.OPEN if row.in_doubt else State.NEW, row.in_doubt)


def updated(record: Record) -> dict[str, Any]:
    """What the caller is told of a record that was written."""
    status = {"status": record.sent["status"]} if "status" in record.sent else {}
    return {"id": record.sent["id"], "outcome": "updated", **status}


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
    known = await look(service, call, batch)
    records = [record for record in batch.records if known.get(record.id, "") is not None]
    stored = {"call": vars(call), "id": identity, "body": content.body.decode(), "known": known}

    def may(standings: Any) -> bool:
        return batch.skip or not any(one.state is State.CONFLICT for one in standings)

    claim = (call.scope("submitBatch"), [record.item for record in records], may)
    try:
        refused = await service.memory(Store.begin_job, job, call.principal, stored, claim)
    except QueueFull as full:
        detail = "Too many jobs of this caller have not ended; nothing was done, send the same call again"
        raise Problem("queue_full", detail, retry_after=2) from full
    if refused is not None:
        raise refusal(records, refused)
    service.bell.set()
    return told


async def look(service: Service, call: Call, batch: Batch) -> dict[str, str | None]:
    """The versions of the accounts that are likely to be written."""
    records = batch.records
    scope = call.scope("submitBatch")
    standings = await service.memory(Store.standings, scope, [record.item for record in records])
    asked = [record for record, one in zip(records, standings, strict=True) if one.state in FREE]
    known = await versions(service, asked)
    unknown = [record.unknown() for record in asked if known[record.id] is None]
    if unknown and not batch.skip:
        raise invalid(unknown)
    return known
