"""Files of invoices, CSV and XLSX: everything that is wrong with one, before anything is written."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl

import openpyxl

from .problem import Problem, fault, invalid

COLUMNS = ("invoiceNumber", "customer", "amount", "currency", "dueDate")
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_LINES = 1000
# A spreadsheet is compressed: what it may come to is bounded, too.
MOST_UNPACKED = 16 << 20
MOST_ROWS = 1 << 20

NUMBER = re.compile(r"INV-[0-9A-F]{12}")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
DATES = {"iso": [(re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "%Y-%m-%d")]}
DATES["dmy"] = [*DATES["iso"], (re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}"), "%d.%m.%Y")]
PARAMETERS = {"delimiter": {"comma": ",", "semicolon": ";"}, "dateFormat": {"iso": "iso", "dmy": "dmy"}}

csv.field_size_limit(1 << 24)


@dataclass(frozen=True)
class Reading:
    """How the caller wants the file read."""

    delimiter: str = ","
    dates: str = "iso"


@dataclass(frozen=True)
class Rejection:
    """What is wrong with a line: its first fault."""

    column: str
    reason: str


@dataclass(frozen=True)
class Invoice:
    """A line that keeps all rules."""

    number: str
    customer: str
    amount: float
    currency: str
    due: date

    def columns(self) -> dict[str, Any]:
        """What it writes."""
        return {
            "new_number": self.number,
            "new_customer": self.customer,
            "new_amount": self.amount,
            "new_currency": self.currency,
            "new_duedate": self.due.isoformat(),
        }


@dataclass(frozen=True)
class Line:
    """One line below the header; the header is line 1."""

    number: int
    content: Invoice | Rejection


class Broken(Exception):
    """Why a line is rejected."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_query(query: str, *, dates: bool) -> Reading:
    """From the query; parameters that nobody knows are passed over."""
    known = PARAMETERS if dates else {"delimiter": PARAMETERS["delimiter"]}
    read, faults = {}, []
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in known and value in known[name]:
            read[name] = known[name][value]
        elif name in known:
            faults.append(fault(f"/{name}", f"must be {' or '.join(known[name])}"))
    if faults:
        raise invalid(faults)
    return Reading(read.get("delimiter", ","), read.get("dateFormat", "iso"))


def read_file(body: bytes, kind: str, reading: Reading) -> list[Line]:
    """Reads the file, or refuses it with all faults that it has as such."""
    try:
        rows = xlsx_rows(body) if kind == XLSX else csv_rows(body, reading.delimiter)
        _, header = next(rows, (1, []))
        places = find_columns(header)
        lines: list[Line] = []
        known: set[str] = set()
        for number, row in rows:
            if len(lines) == MOST_LINES:
                raise Problem("too_many_items", f"A file has at most {MOST_LINES} lines")
            lines.append(Line(number, read_line(row, places, reading.dates, known)))
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
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise invalid([fault("", "is too large when it is unpacked")])
        book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        # What a file says of its own extent may be anything.
        sheet.reset_dimensions()
        rows: list[tuple[int, Sequence[Any]]] = []
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            filled = [n for n, cell in enumerate(row, 1) if cell is not None and cell != ""]
            if filled:
                # One cell too many is as wrong as thousands.
                rows.append((number, row[: min(filled[-1], len(COLUMNS) + 1)]))
            if len(rows) > MOST_LINES + 1 or number > MOST_ROWS:
                break
    except Problem:
        raise
    except Exception as error:  # openpyxl raises whatever the parts of a broken file make it raise.
        raise invalid([fault("", "can't be read as a workbook")]) from error
    return iter(rows)


def find_columns(header: Sequence[Any]) -> list[int]:
    """Where each column stands."""
    faults = []
    for column in COLUMNS:
        if header.count(column) != 1:
            faults.append(
                fault(
                    "", f"{'has' if column in header else 'lacks'} the column {column}{' twice' * (column in header)}"
                )
            )
    if any(name not in COLUMNS for name in header):
        faults.append(fault("", f"has a column that is none of {', '.join(COLUMNS)}"))
    if faults:
        raise invalid(faults)
    return [header.index(column) for column in COLUMNS]


def read_line(row: Sequence[Any], places: Sequence[int], dates: str, known: set[str]) -> Invoice | Rejection:
    """A line by itself; `known` are the numbers of the lines before it."""
    values: list[Any] = []
    for column, place, read in zip(COLUMNS, places, (number, customer, amount, currency, due), strict=True):
        cell = row[place] if place < len(row) else None
        if cell is None or cell == "":
            return Rejection(column, "missing")
        try:
            values.append(read(cell, dates))
        except Broken as broken:
            return Rejection(column, broken.reason)
    if len(row) > len(COLUMNS):
        # A field too many: which one can't be told, so the last is named.
        return Rejection(COLUMNS[-1], "malformed")
    invoice = Invoice(*values)
    if invoice.number in known:
        return Rejection(COLUMNS[0], "duplicate")
    known.add(invoice.number)
    return invoice


def number(cell: Any, _: str) -> str:
    """The invoice's number."""
    if not (isinstance(cell, str) and NUMBER.fullmatch(cell)):
        raise Broken("malformed")
    return cell


def customer(cell: Any, _: str) -> str:
    """A name; spreadsheets hold some of them as numbers."""
    text = str(cell).lower() if isinstance(cell, bool) else str(cell)
    if len(text) > 100:
        raise Broken("out_of_range")
    return text


def amount(cell: Any, _: str) -> float:
    """A number, or a text as JSON writes one, with at most two decimals that count."""
    if isinstance(cell, str) and DECIMAL.fullmatch(cell.strip(" \t\r\n")):
        cell = float(cell)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        raise Broken("malformed")
    if not 0 < cell <= 1_000_000:
        raise Broken("out_of_range")
    # The nearest amount with two decimals must be this very number.
    if round(cell * 100) / 100 != cell:
        raise Broken("malformed")
    return float(cell)


def currency(cell: Any, _: str) -> str:
    """One of three."""
    if cell not in ("EUR", "USD", "GBP"):
        raise Broken("unknown_value")
    return str(cell)


def due(cell: Any, dates: str) -> date:
    """A date, as a cell of that kind or as text; no number, which could be any."""
    if isinstance(cell, datetime):
        if cell.time() != datetime.min.time():
            raise Broken("malformed")
        return cell.date()
    if isinstance(cell, date):
        return cell
    for shape, form in DATES[dates]:
        if isinstance(cell, str) and shape.fullmatch(cell):
            try:
                return datetime.strptime(cell, form).date()
            except ValueError:
                break
    raise Broken("malformed")
