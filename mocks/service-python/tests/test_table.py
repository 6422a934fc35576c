"""Real files, CSV and XLSX, as people make them."""

import io
import zipfile
from datetime import date, datetime
from typing import Any, Literal

import openpyxl
import pytest

from seam_service.problem import Problem
from seam_service.table import COLUMNS, CSV, XLSX, Invoice, Line, Reading, Rejection, read_file, read_query

HEADER = "invoiceNumber,customer,amount,currency,dueDate"
GOOD = ["INV-00000000000A", "Fabrikam", 99, "GBP", "2026-10-31"]


def of_csv(text: str | bytes) -> list[Line]:
    body = text if isinstance(text, bytes) else text.encode()
    return read_file(body, CSV, Reading())


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def of_xlsx(*rows: list[Any], dates: Literal["iso", "dmy"] = "iso") -> list[Line]:
    return read_file(workbook([list(COLUMNS), *rows]), XLSX, Reading(dateFormat=dates))


def told(lines: list[Line]) -> list[str | tuple[str, str]]:
    return [
        (one.content.column, one.content.reason) if isinstance(one.content, Rejection) else one.content.invoiceNumber
        for one in lines
    ]


def with_cell(column: int, cell: Any) -> list[Any]:
    return [*GOOD[:column], cell, *GOOD[column + 1 :]]


def test_each_line_is_taken_or_rejected_by_itself() -> None:
    text = (
        f'\ufeff{HEADER}\r\nINV-000000000001,"Smith, Jones\r\n& ""Co""",1.5,EUR,2026-01-31\r\n'
        "INV-000000000001,x,1,EUR,2026-01-31\r\nINV-000000000002,x\r\n,,,,\r\n\r\n"
        "INV-000000000003,x,1,EUR,2026-01-31,y\r\nTotal,,3.5,,\r\n"
    )
    lines = of_csv(text)
    assert told(lines) == [
        "INV-000000000001",
        ("invoiceNumber", "duplicate"),
        ("amount", "missing"),
        ("invoiceNumber", "missing"),
        ("dueDate", "malformed"),
        ("invoiceNumber", "malformed"),
    ]
    assert [line.number for line in lines] == [2, 3, 4, 5, 6, 7]
    assert isinstance(lines[0].content, Invoice)
    assert lines[0].content.customer == 'Smith, Jones\r\n& "Co"'


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        (0, "INV-0a1B2C3D4E5F", "malformed"),
        (0, "INV-0A1B2C3D4E5F0", "malformed"),
        (1, "x" * 101, "out_of_range"),
        (2, "0", "out_of_range"),
        (2, "-1", "out_of_range"),
        (2, "1000000.01", "out_of_range"),
        (2, "0.001", "malformed"),
        (2, "1.234,50", "malformed"),
        (2, "1e", "malformed"),
        (2, "NaN", "malformed"),
        (2, "٣", "malformed"),
        (3, "eur", "unknown_value"),
        (4, "2026-02-29", "malformed"),
        (4, "31.10.2026", "malformed"),
        (4, "2026-1-01", "malformed"),
        (4, "10/31/2026", "malformed"),
    ],
)
def test_what_breaks_a_rule_is_told_by_its_column(column: int, text: str, reason: str) -> None:
    row = ",".join(f'"{cell}"' for cell in with_cell(column, text))
    assert told(of_csv(f"{HEADER}\n{row}\n")) == [(COLUMNS[column], reason)]


@pytest.mark.parametrize(
    ("column", "text"),
    [(1, "ä" * 100), (1, " "), (2, "0.01"), (2, "1000000.0"), (2, "0.29"), (2, "1e3"), (4, "2028-02-29")],
)
def test_limits_are_kept_to_the_edge(column: int, text: str) -> None:
    row = ",".join(str(cell) for cell in with_cell(column, text))
    assert told(of_csv(f"{HEADER}\n{row}\n")) == [GOOD[0]]


def test_the_order_of_columns_the_delimiter_and_the_dates_are_the_callers() -> None:
    reading = read_query({"delimiter": "semicolon", "dateFormat": "dmy", "other": "1"}, dates=True)
    text = "dueDate;amount;currency;customer;invoiceNumber\r31.01.2026;1;EUR;x,y;INV-0000000000FF\r"
    [line] = read_file(text.encode(), CSV, reading)
    assert isinstance(line.content, Invoice)
    assert (line.content.dueDate, line.content.customer) == (date(2026, 1, 31), "x,y")
    assert read_query({"dateFormat": "odd"}, dates=False) == Reading()
    for query in ({"dateFormat": "odd"}, {"delimiter": "tab"}, {"delimiter": ""}):
        with pytest.raises(Problem):
            read_query(query, dates=True)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "validation_error"),
        (HEADER.encode(), "validation_error"),
        (b"invoiceNumber,customer\na,b\n", "validation_error"),
        (f"{HEADER},note\na,b,c,d,e,f\n".encode(), "validation_error"),
        (f"{HEADER},amount\na,b,c,d,e,f\n".encode(), "validation_error"),
        (HEADER.encode() + b"\n\xff,b,c,d,e\n", "validation_error"),
        (f"{HEADER}\n{'a,b,c,d,e' + chr(10)}".encode() + b"a,b,c,d,e\n" * 1000, "too_many_items"),
    ],
)
def test_a_file_with_faults_is_refused_as_such(body: bytes, kind: str) -> None:
    with pytest.raises(Problem) as refused:
        of_csv(body)
    assert refused.value.kind == kind


def test_a_workbook_says_the_same_in_cells_of_any_kind() -> None:
    lines = of_xlsx(
        GOOD,
        with_cell(4, date(2026, 10, 31)),
        ["INV-00000000000B", "Fabrikam", "99.0", "GBP", datetime(2026, 10, 31)],
        ["INV-00000000000C", 4711, 0.29, "EUR", "2026-10-31"],
    )
    assert told(lines) == [GOOD[0], ("invoiceNumber", "duplicate"), "INV-00000000000B", "INV-00000000000C"]
    text, _, cell, number = (line.content for line in lines)
    assert isinstance(text, Invoice)
    assert isinstance(cell, Invoice)
    assert isinstance(number, Invoice)
    assert (text.dueDate, text.amount) == (cell.dueDate, cell.amount) == (date(2026, 10, 31), 99.0)
    assert number.customer == "4711"


def test_rows_that_hold_nothing_are_passed_over_and_keep_their_numbers() -> None:
    blank: list[Any] = ["", None, None, None, None]
    total = ["Total", None, 198, None, None]
    lines = of_xlsx(GOOD, blank, with_cell(0, "INV-00000000000B"), blank, total, blank, [None, " ", None, None, None])
    assert [line.number for line in lines] == [2, 4, 6, 8]
    assert told(lines) == [GOOD[0], "INV-00000000000B", ("invoiceNumber", "malformed"), ("invoiceNumber", "missing")]


def test_a_sheet_may_claim_any_extent() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook([list(COLUMNS), GOOD]))) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    for far in (sheet.replace(b'r="2"', b'r="1999999999"'), sheet.replace(b'"E2"', b'"XFD2"')):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as book:
            for name, content in {**parts, "xl/worksheets/sheet1.xml": far}.items():
                book.writestr(name, content)
        try:
            lines = read_file(file.getvalue(), XLSX, Reading())
        except Problem as problem:
            assert problem.kind == "validation_error"
        else:
            assert told(lines) == [("dueDate", "missing")]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        (0, 12, "malformed"),
        (2, True, "malformed"),
        (2, "1,5", "malformed"),
        (2, 0.001, "malformed"),
        (2, 1000000.5, "out_of_range"),
        (3, 1, "unknown_value"),
        (4, 46326, "malformed"),
        (4, datetime(2026, 10, 31, 12), "malformed"),
        (4, "31.10.2026", "malformed"),
        (1, None, "missing"),
    ],
)
def test_cells_that_break_a_rule(column: int, cell: Any, reason: str) -> None:
    assert told(of_xlsx(with_cell(column, cell))) == [(COLUMNS[column], reason)]


def test_dates_as_text_are_read_as_the_caller_says() -> None:
    assert told(of_xlsx(with_cell(4, "31.10.2026"), dates="dmy")) == [GOOD[0]]


def test_workbooks_that_are_none_and_those_that_are_too_long() -> None:
    for body in (b"", b"PK\x03\x04", f"{HEADER}\nx".encode(), workbook([])):
        with pytest.raises(Problem) as refused:
            read_file(body, XLSX, Reading())
        assert refused.value.kind == "validation_error"
    with pytest.raises(Problem) as refused:
        of_xlsx(*[["INV-"]] * 1001)
    assert refused.value.kind == "too_many_items"
    assert len(of_xlsx(*[["INV-"]] * 1000)) == 1000
