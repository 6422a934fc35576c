"""`tabular-intake`: each line of a file is taken or rejected by itself; one that is taken is written once."""

import asyncio
from typing import Any

import pydantic_core

from .call import Call, Content
from .dataverse import Outcome, Row
from .problem import conflict, fault, in_progress
from .service import Claim, Service, digest, marked, place, trouble, until
from .store import Item, State, Store
from .table import Invoice, Line, Rejection, read_file, read_query

TABLE = "new_invoices"
V1, V2 = "tabular-intake/v1", "tabular-intake/v2"
# How far a line has come.
UNTOUCHED, MAYBE, WRITTEN, KNOWN = 0, 1, 2, 3


async def submit(service: Service, call: Call, content: Content) -> dict[str, Any]:
    """Takes a file."""
    contract, body, kind = content.contract, content.body, content.kind
    reading = read_query(content.query, dates=contract == V2)
    lines = await asyncio.to_thread(read_file, body, kind, reading)
    identity = digest(body)
    # The same file read another way is the same item with other content.
    item = Item(identity, f"{kind} {reading}")
    async with Claim(service, call.scope("submitFile", steps=False), [item]) as claim:
        if not await claim.take():
            if claim.standings[0].state is State.CONFLICT:
                raise conflict([fault("", "was sent before under this correlation ID, to be read another way")])
            raise in_progress()
        states = claim.standings[0].progress or [UNTOUCHED] * len(lines)
        if claim.held(identity):
            await write_lines(service, call, claim, (identity, lines, states), overwrite=contract == V1)
    told = (told_v1 if contract == V1 else told_v2)(identity, lines, states)
    result = pydantic_core.to_json(told).decode()
    await service.memory(Store.put, place(contract, call, identity), call.principal, result)
    return told


async def write_lines(
    service: Service, call: Call, claim: Claim, file: tuple[str, list[Line], list[int]], *, overwrite: bool
) -> None:
    """Makes the invoices that are not written. One that exists is overwritten, or left as it is."""
    identity, lines, states = file
    rows: dict[int, Row] = {}
    for n, line in enumerate(lines):
        if isinstance(line.content, Invoice) and states[n] in (UNTOUCHED, MAYBE):
            key = f"new_number='{line.content.number}'"
            columns = marked(call, line.content.columns(), step=False)
            rows[n] = Row(TABLE, key, columns, absent=True, overwrite=overwrite, in_doubt=states[n] == MAYBE)
    await claim.intend({identity: [state or MAYBE for state in states]})
    given_up = await service.dataverse.write(list(rows.values()), until())
    for n, row in rows.items():
        outcome = {Outcome.WRITTEN: WRITTEN, Outcome.EXISTS: KNOWN}
        states[n] = outcome.get(row.outcome, MAYBE if row.in_doubt else UNTOUCHED) if row.outcome else UNTOUCHED
    done = all(row.outcome in (Outcome.WRITTEN, Outcome.EXISTS) for row in rows.values())
    touched = any(states)
    claim.settle(identity, State.DONE if done else State.OPEN if touched else State.NEW, states)
    if not done:
        raise trouble(given_up, list(rows.values()), "a line")


def told_v1(identity: str, lines: list[Line], _: list[int]) -> dict[str, Any]:
    """The answer of version 1: the lines that were rejected."""
    rejected = [
        {"line": line.number, "column": line.content.column, "reason": line.content.reason}
        for line in lines
        if isinstance(line.content, Rejection)
    ]
    return {"fileId": identity, "accepted": len(lines) - len(rejected), "rejected": rejected}


def told_v2(identity: str, lines: list[Line], states: list[int]) -> dict[str, Any]:
    """The answer of version 2: all lines."""
    rows: list[dict[str, Any]] = []
    for line, state in zip(lines, states, strict=True):
        if isinstance(line.content, Rejection):
            why = {"column": line.content.column, "reason": line.content.reason}
            rows.append({"line": line.number, "outcome": "rejected", **why})
        else:
            rows.append({"line": line.number, "outcome": "already_known" if state == KNOWN else "accepted"})
    counts = {name: sum(row["outcome"] == name for row in rows) for name in ("accepted", "rejected")}
    return {"fileId": identity, **counts, "rows": rows}
