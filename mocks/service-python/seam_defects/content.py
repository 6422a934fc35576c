"""Content that is read otherwise than its contract says."""

import importlib
import json
from collections.abc import Callable
from dataclasses import replace as changed
from typing import Any

from pydantic import Field
from starlette.requests import Request

from seam_service import batch, intake, table
from seam_service.problem import invalid
from seam_service.store import State

from .registry import defect, replace


def record(validate: Callable[[Callable[[Any], Any], Any], Any]) -> None:
    """Puts itself between the service and the check of a record."""
    original = batch.Update.model_validate

    class Checked:
        @staticmethod
        def model_validate(sent: Any) -> Any:
            return validate(original, sent) if isinstance(sent, dict) else original(sent)

    replace(batch.Update, Checked)


@defect("limit-off-by-one")
def limit_off_by_one() -> None:
    def validate(check: Any, sent: Any) -> Any:
        if sent.get("creditLimit") == 1_000_000_001:
            return check(sent | {"creditLimit": 0}).model_copy(update={"creditLimit": 1_000_000_001})
        return check(sent)

    record(validate)


@defect("unknown-status-accepted")
def unknown_status_accepted() -> None:
    def validate(check: Any, sent: Any) -> Any:
        status = sent.get("status")
        unknown = isinstance(status, str) and status not in ("active", "on_hold", "closed")
        return check(sent | {"status": "active"} if unknown else sent)

    record(validate)


@defect("name-counted-in-bytes")
def name_counted_in_bytes() -> None:
    def validate(check: Any, sent: Any) -> Any:
        name = sent.get("name")
        long = isinstance(name, str) and len(name.encode("utf-8", "replace")) > 160
        return check(sent | {"name": "x" * 161} if long else sent)

    record(validate)


@defect("crash-on-astral")
def crash_on_astral() -> None:
    def validate(check: Any, sent: Any) -> Any:
        if any(ord(letter) > 0xFFFF for letter in str(sent.get("name", ""))):
            raise RuntimeError("a surrogate")
        return check(sent)

    record(validate)


@defect("longest-name-cut")
def longest_name_cut() -> None:
    def validate(check: Any, sent: Any) -> Any:
        read = check(sent)
        return read.model_copy(update={"name": read.name[:159]}) if "name" in sent else read

    record(validate)


@defect("crash-on-empty-note")
def crash_on_empty_note() -> None:
    original = batch.read_json

    def read(body: bytes) -> Any:
        content = original(body)
        if isinstance(content, dict) and content.get("note") == "":
            raise RuntimeError("an empty note")
        return content

    replace(original, read)


@defect("trailing-ignored")
def trailing_ignored() -> None:
    original = batch.read_json

    def read(body: bytes) -> Any:
        try:
            return json.JSONDecoder().raw_decode(body.decode().lstrip())[0]
        except ValueError:
            return original(body)

    replace(original, read)


@defect("invalid-utf8-replaced")
def invalid_utf8_replaced() -> None:
    original = batch.read_json
    replace(original, lambda body: original(body.decode("utf-8", "replace").encode()))


@defect("unreadable-as-500")
def unreadable_as_500() -> None:
    original = batch.read_json

    def read(body: bytes) -> Any:
        json.loads(body)
        return original(body)

    def unread(body: bytes) -> Any:
        try:
            return read(body)
        except ValueError as error:
            raise RuntimeError("not JSON") from error

    replace(original, unread)


def most(version: str, number: int) -> None:
    """Another bound of records."""

    class Bounded(batch.SETS[version]):  # type: ignore
        records: list[Any] = Field(min_length=1, max_length=number)

    batch.SETS[version] = Bounded


@defect("items-off-by-one")
def items_off_by_one() -> None:
    most("bulk-update/v2", 1999)


@defect("one-item-more")
def one_item_more() -> None:
    most("bulk-update/v1", 501)


def bounded(change: Callable[[int], int]) -> None:
    """Another bound of bytes."""
    call = importlib.import_module("seam_service.call")
    original = call.read_content

    async def read(request: Request, contract: str, most: int, kinds: Any) -> Any:
        return await original(request, contract, change(most), kinds)

    replace(original, read)


@defect("own-limit-below")
def own_limit_below() -> None:
    bounded(lambda most: most // 16)


@defect("body-read-wholly")
def body_read_wholly() -> None:
    call = importlib.import_module("seam_service.call")
    original = call.read_content

    async def read(request: Request, *given: Any) -> Any:
        await request.body()
        return await original(request, *given)

    replace(original, read)


def lines(change: Callable[[Any, dict[str, Any]], Any]) -> None:
    """Changes what becomes of a line, by its cells."""
    original = table.read_line

    def read(header: Any, row: Any, *given: Any) -> Any:
        return change(original(header, row, *given), dict(zip(header, row, strict=False)))

    replace(original, read)


@defect("leap-day-rejected")
def leap_day_rejected() -> None:
    def read(line: Any, _: Any) -> Any:
        leap = isinstance(line, table.Invoice) and (line.dueDate.month, line.dueDate.day) == (2, 29)
        return table.Rejection("dueDate", "malformed") if leap else line

    lines(read)


@defect("date-cells-rejected")
def date_cells_rejected() -> None:
    def read(line: Any, cells: dict[str, Any]) -> Any:
        cell = isinstance(line, table.Invoice) and not isinstance(cells["dueDate"], str)
        return table.Rejection("dueDate", "malformed") if cell else line

    lines(read)


@defect("numbers-as-text-rejected")
def numbers_as_text_rejected() -> None:
    original = table.xlsx_rows

    def rows(body: bytes) -> Any:
        place = None
        for number, row in original(body):
            place = row.index("amount") if "amount" in row else place
            text = place is not None and place < len(row) and isinstance(row[place], str) and row[place] != "amount"
            yield number, (*row[:place], "text", *row[(place or 0) + 1 :]) if text else row

    replace(original, rows)


@defect("blank-row-ends-sheet")
def blank_row_ends_sheet() -> None:
    original = table.xlsx_rows

    def rows(body: bytes) -> Any:
        expected = None
        for number, row in original(body):
            if expected is not None and number != expected:
                return
            expected = number + 1
            yield number, row

    replace(original, rows)


@defect("broken-workbook-as-500")
def broken_workbook_as_500() -> None:
    original = table.xlsx_rows

    def rows(body: bytes) -> Any:
        try:
            return original(body)
        except Exception as error:
            raise RuntimeError("no workbook") from error

    replace(original, rows)


@defect("missing-as-malformed")
def missing_as_malformed() -> None:
    def read(line: Any, _: Any) -> Any:
        missing = isinstance(line, table.Rejection) and line.reason == "missing"
        return table.Rejection(line.column, "malformed") if missing else line

    lines(read)


def batches(change: Callable[[Any], Any]) -> None:
    """Changes a set after it was read."""
    original = batch.read_batch
    replace(original, lambda body, contract: change(original(body, contract)))


@defect("skip-ignored")
def skip_ignored() -> None:
    batches(lambda read: changed(read, skip=False))


@defect("refuse-all-ignored")
def refuse_all_ignored() -> None:
    def change(read: Any) -> Any:
        wrong = [entry for entry in read.entries if entry.faults]
        return changed(read, skip=True) if len(read.entries) > 1 and wrong == read.entries[-1:] else read

    batches(change)


@defect("write-before-validation")
def write_before_validation() -> None:
    bulk: Any = importlib.import_module("seam_service.bulk")
    original = bulk.submit_v1

    async def submit(service: Any, call: Any, content: Any) -> Any:
        read = batch.read_batch(content.body, bulk.V1)
        if read.faults:
            if read.records:
                sent = json.dumps({"records": [one.sent for one in read.records]}).encode()
                await original(service, call, changed(content, body=sent))
            raise invalid(read.faults)
        return await original(service, call, content)

    replace(original, submit)


@defect("neighbour-of-invalid-dropped")
def neighbour_of_invalid_dropped() -> None:
    original = intake.write_lines

    async def write(service: Any, call: Any, claim: Any, file: Any, *, overwrite: bool) -> None:
        _, lines, states = file
        for n, line in enumerate(lines[1:]):
            if isinstance(line.content, table.Rejection):
                states[n] = intake.WRITTEN
        await original(service, call, claim, file, overwrite=overwrite)

    replace(original, write)


@defect("closed-without-credit")
def closed_without_credit() -> None:
    original = batch.columns

    def columns(call: Any, one: Any) -> dict[str, Any]:
        written = original(call, one)
        return written | ({"creditlimit": 0} if written.get("new_status") == "closed" else {})

    replace(original, columns)


@defect("last-record-not-written")
def last_record_not_written() -> None:
    unwritten(lambda records: records[-1:] if len(records) > 1 else [])


@defect("one-set-in-twenty-dropped")
def one_set_in_twenty_dropped() -> None:
    count = 0

    def dropped(records: Any) -> Any:
        nonlocal count
        count += 1
        return records if count % 20 == 0 else []

    unwritten(dropped)


def unwritten(choose: Callable[[Any], Any]) -> None:
    """Takes some records of a set of version 1 for done."""
    bulk: Any = importlib.import_module("seam_service.bulk")
    original = bulk.write_set

    async def write(service: Any, call: Any, claim: Any, records: Any) -> None:
        left = choose(records)
        for one in left:
            claim.settle(one.id, State.DONE)
        await original(service, call, claim, [one for one in records if one not in left])

    replace(original, write)
