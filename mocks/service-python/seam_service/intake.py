"""`tabular-intake`: each line of a file is taken or rejected by itself; one that is taken is written once."""

import asyncio
from typing import Any

from .call import Call, Content
from .dataverse import Outcome, Row
from .problem import fault
from .service import Claim, Service, digest, marked, until
from .store import Item, State
from .table import Invoice, Line, Rejection, read_file, read_query

TABLE = "new_invoices"
V1, V2 = "tabular-intake/v1", "tabular-intake/v2"
# How far a line has come.
UNTOUCHED, MAYBE, WRITTEN, KNOWN = 0, 1, 2, 3


async def submit(service: Service, call: Call, content: Content) -> dict[str, Any]:
    """Takes a file."""
    reading = read_query(content.query, dates=content.contract == V2)
    lines = await asyncio.to_thread(read_file, content.body, content.kind, reading)
    # The same file read another way is the same item with other content.
    file = Item(digest(content.body), f"{content.kind} {reading}")
    async with Claim(service, call.scope("submitFile", steps=False), [file]) as claim:
        await claim.take_all({file.id: fault("", "was sent before under this correlation ID, to be read another way")})
        states = claim.progress(file.id) or [UNTOUCHED] * len(lines)
        if claim.held(file.id):
            await write_lines(service, call, claim, (file.id, lines, states), overwrite=content.contract == V1)
    told = (told_v1 if content.contract == V1 else told_v2)(lines, states)
    return await service.keep(content.contract, call, file.id, {"fileId": file.id, **told})


async def write_lines(
    service: Service, call: Call, claim: Claim, file: tuple[str, list[Line], list[int]], *, overwrite: bool
) -> None:
    """Makes the invoices that are not written. One that exists is overwritten, or left as it is."""
    identity, lines, states = file
    rows: dict[int, Row] = {}
    for n, line in enumerate(lines):
        if isinstance(line.content, Invoice) and states[n] in (UNTOUCHED, MAYBE):
            columns = marked(call, line.content.model_dump(mode="json", by_alias=True), step=False)
            key = f"new_number='{line.content.invoiceNumber}'"
            rows[n] = Row(TABLE, key, columns, absent=True, overwrite=overwrite, in_doubt=states[n] == MAYBE)
    await claim.intend({identity: [state or MAYBE for state in states]})
    problem = await service.dataverse.write(list(rows.values()), until())
    for n, row in rows.items():
        match row.outcome:
            case Outcome.WRITTEN:
                states[n] = WRITTEN
            case Outcome.EXISTS:
                states[n] = KNOWN
            case _:
                states[n] = MAYBE if row.in_doubt else UNTOUCHED
    claim.settle(identity, State.DONE if not problem else State.OPEN if any(states) else State.NEW, states)
    if problem:
        raise problem


def told_v1(lines: list[Line], _: list[int]) -> dict[str, Any]:
    """The answer of version 1: the lines that were rejected."""
    rejected = [{"line": n, **content._asdict()} for n, content in lines if isinstance(content, Rejection)]
    return {"accepted": len(lines) - len(rejected), "rejected": rejected}


def told_v2(lines: list[Line], states: list[int]) -> dict[str, Any]:
    """The answer of version 2: all lines."""
    rows: list[dict[str, Any]] = []
    for (number, content), state in zip(lines, states, strict=True):
        rejected = content._asdict() if isinstance(content, Rejection) else None
        outcome = "rejected" if rejected else "already_known" if state == KNOWN else "accepted"
        rows.append({"line": number, "outcome": outcome, **(rejected or {})})
    counts = {name: sum(row["outcome"] == name for row in rows) for name in ("accepted", "rejected")}
    return {**counts, "rows": rows}
