"""Files of invoices, CSV and XLSX: everything that is wrong with one, before anything is written."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, NamedTuple

import openpyxl
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from .problem import Problem, fault, invalid, read_as

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_LINES = 1000
# A spreadsheet is compressed: what it may come to is bounded, too.
MOST_UNPACKED = 16 << 20
MOST_ROWS = 1 << 20

DECIMAL = re.compile(r"[ \t\r\n]*-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?[ \t\r\n]*")
ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
DMY = re.compile(r"(?P<day>[0-9]{2})\.(?P<month>[0-9]{2})\.(?P<year>[0-9]{4})")
# Why a line is rejected, by the first thing that pydantic says of it; of anything else it is malformed.
REASONS = {
    "missing": "missing",
    "literal_error": "unknown_value",
    "string_too_long": "out_of_range",
    "greater_than": "out_of_range",
    "less_than_equal": "out_of_range",
}

csv.field_size_limit(1 << 24)


class ReadingV1(BaseModel):
    """How the caller of version 1 wants the file read: parameters of the query."""

    delimiter: Literal["comma", "semicolon"] = "comma"


class Reading(ReadingV1):
    """How the caller wants the file read."""

    dateFormat: Literal["iso", "dmy"] = "iso"


def read_query(query: Mapping[str, str], *, dates: bool) -> Reading:
    """From the query; parameters that nobody knows are passed over."""
    return Reading(**vars(read_as(Reading if dates else ReadingV1, dict(query))))


def as_text(cell: Any) -> str:
    """A name; spreadsheets hold some of them as numbers."""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def as_number(cell: Any) -> Any:
    """A number, or a text as JSON writes one."""
    return float(cell) if isinstance(cell, str) and DECIMAL.fullmatch(cell) else cell


def as_date(cell: Any, info: ValidationInfo) -> Any:
    """A date, as a cell of that kind or as text; no number, which could be any."""
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time.min else None
    for shape in (ISO, DMY) if info.context == "dmy" else (ISO,):
        if isinstance(cell, str) and (parts := shape.fullmatch(cell)):
            return date(**{name: int(digits) for name, digits in parts.groupdict().items()})
    return cell


def in_cents(amount: float) -> float:
    """The nearest amount with two decimals must be this very number."""
    if round(amount * 100) / 100 != amount:
        raise ValueError("has more than two decimals")
    return amount


class Invoice(BaseModel):
    """A line that keeps all rules: a member for each column, and the name under which it is written."""

    model_config = ConfigDict(strict=True)

    invoiceNumber: str = Field(pattern="^INV-[0-9A-F]{12}$", serialization_alias="new_number")
    customer: Annotated[str, BeforeValidator(as_text)] = Field(max_length=100, serialization_alias="new_customer")
    amount: Annotated[float, BeforeValidator(as_number), Field(gt=0, le=1_000_000), AfterValidator(in_cents)] = Field(
        serialization_alias="new_amount"
    )
    currency: Literal["EUR", "USD", "GBP"] = Field(serialization_alias="new_currency")
    dueDate: Annotated[date, BeforeValidator(as_date)] = Field(serialization_alias="new_duedate")


COLUMNS = tuple(Invoice.model_fields)


class Rejection(NamedTuple):
    """What is wrong with a line: its first fault."""

    column: str
    reason: str


class Line(NamedTuple):
    """One line below the header; the header is line 1."""

    number: int
    content: Invoice | Rejection


def read_file(body: bytes, kind: str, reading: Reading) -> list[Line]:
    """Reads the file, or refuses it with all faults that it has as such."""
    try:
        rows = xlsx_rows(body) if kind == XLSX else csv_rows(body, "," if reading.delimiter == "comma" else ";")
        _, header = next(rows, (1, ()))
        check_header(header)
        lines: list[Line] = []
        known: set[str] = set()
        for number, row in rows:
            if len(lines) == MOST_LINES:
                raise Problem("too_many_items", f"A file has at most {MOST_LINES} lines")
            lines.append(Line(number, read_line(header, row, reading.dateFormat, known)))
    except (csv.Error, UnicodeError) as error:
        raise invalid([fault("", "can't be read as CSV in UTF-8")]) from error
    if not lines:
        raise invalid([fault("", "has no line below the header")])
    return lines


def csv_rows(body: bytes, delimiter: str) -> Iterator[tuple[int, Sequence[Any]]]:
    """Lines with their numbers. One that a quoted field breaks counts once, one without a character not at all."""
    # Spreadsheet programs lead UTF-8 with a mark.
    text = body.decode("utf-8-sig")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return enumerate((row for row in rows if row), 1)


def xlsx_rows(body: bytes) -> Iterator[tuple[int, Sequence[Any]]]:
    """Rows of the first sheet with their numbers; those without any value are passed over."""
    rows: list[tuple[int, Sequence[Any]]] = []
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise ValueError("too large when it is unpacked")
        book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        # What a file says of its own extent may be anything.
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            filled = [n for n, cell in enumerate(row, 1) if cell not in (None, "")]
            if filled:
                # One cell too many is as wrong as thousands.
                rows.append((number, row[: min(filled[-1], len(COLUMNS) + 1)]))
            if len(rows) > MOST_LINES + 1 or number > MOST_ROWS:
                break
    except Exception as error:  # openpyxl raises whatever the parts of a broken file make it raise.
        raise invalid([fault("", f"can't be read as a workbook: {error}")]) from error
    return iter(rows)


def check_header(header: Sequence[Any]) -> None:
    """Each column stands there once, and no other."""
    faults = [fault("", f"must have the column {name} once") for name in COLUMNS if header.count(name) != 1]
    if not set(header) <= set(COLUMNS):
        faults.append(fault("", f"has a column that is none of {', '.join(COLUMNS)}"))
    if faults:
        raise invalid(faults)


def read_line(header: Sequence[str], row: Sequence[Any], dates: str, known: set[str]) -> Invoice | Rejection:
    """A line by itself; `known` are the numbers of the lines before it."""
    cells = {name: cell for name, cell in zip(header, row, strict=False) if cell not in (None, "")}
    try:
        invoice = Invoice.model_validate(cells, context=dates)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return Rejection(str(first["loc"][0]), REASONS.get(first["type"], "malformed"))
    if len(row) > len(header):
        # A field too many: which one can't be told, so the last is named.
        return Rejection(COLUMNS[-1], "malformed")
    if invoice.invoiceNumber in known:
        return Rejection(COLUMNS[0], "duplicate")
    known.add(invoice.invoiceNumber)
    return invoice
