"""What is read of contents, and the shape of what is refused."""

import base64
import json
from types import SimpleNamespace
from typing import Any

import pytest

from seam_service.app import pending
from seam_service.batch import read_batch
from seam_service.call import Call, principal
from seam_service.dataverse import Outcome, Row, part_replies
from seam_service.inference import Question, Verdict, redacted
from seam_service.problem import Problem, fault, invalid, read_as

ID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
CALL = Call("caller", ID, None)


def batch(*records: Any, **rest: Any) -> bytes:
    return json.dumps({"records": records, **rest}).encode()


@pytest.mark.parametrize(
    ("record", "place"),
    [
        ({"id": ID}, "/records/0"),
        ({"name": "x"}, "/records/0/id"),
        ({"id": ID.replace("-", ""), "name": "x"}, "/records/0/id"),
        ({"id": ID + "\n", "name": "x"}, "/records/0/id"),
        ({"id": ID, "name": ""}, "/records/0/name"),
        ({"id": ID, "name": "x" * 161}, "/records/0/name"),
        ({"id": ID, "name": None}, "/records/0/name"),
        ({"id": ID, "creditLimit": 1_000_000_001}, "/records/0/creditLimit"),
        ({"id": ID, "creditLimit": 10**400}, "/records/0/creditLimit"),
        ({"id": ID, "creditLimit": -1}, "/records/0/creditLimit"),
        ({"id": ID, "creditLimit": 1.5}, "/records/0/creditLimit"),
        ({"id": ID, "creditLimit": True}, "/records/0/creditLimit"),
        ({"id": ID, "creditLimit": "5"}, "/records/0/creditLimit"),
        ({"id": ID, "status": "onHold"}, "/records/0/status"),
        ({"id": ID, "externalRef": "AB-000001\n"}, "/records/0/externalRef"),
        ({"id": ID, "a/b~": 1}, "/records/0/a~1b~0"),
        ([], "/records/0"),
    ],
)
def test_a_faulty_record_is_told_by_its_place(record: Any, place: str) -> None:
    [found] = read_batch(batch(record), "bulk-update/v1").faults
    assert found["pointer"] == place
    assert found.get("id") == (record.get("id") if isinstance(record, dict) else None)


@pytest.mark.parametrize(
    "record",
    [
        {"id": ID.upper(), "name": "\U0001f600" * 160},
        {"id": ID, "creditLimit": 1_000_000_000},
        {"id": ID, "creditLimit": 0.0, "status": "on_hold", "externalRef": "AB-000001"},
    ],
)
def test_limits_are_kept_to_the_edge(record: Any) -> None:
    assert not read_batch(batch(record), "bulk-update/v1").faults


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b'{"records": [NaN]}',
        b'\xef\xbb\xbf{"records": []}',
        b'{"records": "\xff"}',
        b'{"note": "\\ud800", "records": [{}]}',
        batch(),
        batch({"id": ID, "name": "x"}, note="x" * 501),
        batch({"id": ID, "name": "x"}, onInvalid="refuse_all"),
    ],
)
def test_a_faulty_set_is_refused(body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        read_batch(body, "bulk-update/v1")
    assert refused.value.kind == "validation_error"


def test_too_many_records_are_told_as_such() -> None:
    with pytest.raises(Problem) as refused:
        read_batch(batch(*[{}] * 501), "bulk-update/v1")
    assert refused.value.kind == "too_many_items"
    assert len(read_batch(batch(*[{}] * 2000), "bulk-update/v2").entries) == 2000


def test_an_account_stands_in_a_set_once() -> None:
    read = read_batch(batch({"id": ID, "name": "x"}, {"id": ID.upper(), "name": "x"}), "bulk-update/v1")
    assert [one["pointer"] for one in read.faults] == ["/records/1/id"]


def test_equal_content_has_one_fingerprint_and_one_batch() -> None:
    one = read_batch(batch({"id": ID, "name": "x", "creditLimit": 5}), "bulk-update/v2")
    other = read_batch(batch({"creditLimit": 5.0, "name": "x", "id": ID.upper()}), "bulk-update/v2")
    another = read_batch(batch({"id": ID, "name": "x", "creditLimit": 6}), "bulk-update/v2")
    assert one.records[0].item == other.records[0].item != another.records[0].item
    assert one.id("v", CALL) == other.id("v", CALL) != another.id("v", CALL)


def test_a_problem_has_one_shape() -> None:
    problem = invalid([fault("/a", "is wrong", ID), fault("/b", "is wrong", 5)])
    assert problem.body("c") == {
        "type": "urn:seamstress:failure:validation_error",
        "title": "The content is not valid",
        "status": 400,
        "detail": "Faults of the content: 2",
        "failureType": "validation_error",
        "correlationId": "c",
        "errors": [{"pointer": "/a", "detail": "is wrong", "id": ID}, {"pointer": "/b", "detail": "is wrong"}],
    }
    assert "correlationId" not in Problem("not_found", "").body(None)


def test_questions_and_verdicts_keep_their_schemas() -> None:
    asked = {"recordId": ID, "text": "x", "promptVersion": "2026-07", "modelVersion": "risk-3.2"}
    features = {"amount": 5, "tenureMonths": 12.0}
    assert read_as(Question, {**asked, "features": features}).asked()["features"] == features
    for bad in ({"text": ""}, {"features": None}, {"features": {"x": 1}}, {"modelVersion": "risk-4"}, {"more": 1}):
        with pytest.raises(Problem):
            read_as(Question, {**asked, **bad})
    good = {"decision": "refer", "confidence": 1, "reasonCode": "large_change"}
    good["usage"] = {"inputTokens": 30, "outputTokens": 8}
    Verdict.model_validate_json(json.dumps(good))
    for bad_verdict in (
        {"decision": "maybe", "reasonCode": "because"},
        {"reasonCode": "good_history"},
        {"confidence": 1.5},
        {"usage": None},
        {"usage": {"inputTokens": -1, "outputTokens": 8}},
    ):
        with pytest.raises(ValueError):
            Verdict.model_validate_json(json.dumps(good | bad_verdict))
    with pytest.raises(ValueError):
        Verdict.model_validate_json("{")


def test_the_model_sees_no_addresses_and_account_numbers() -> None:
    text = "Ada (ada.b+c@contoso.example), DE89 3704 0044 0532 0130 00, 4111 1111 1111 1111, owes 250000 since 2026."
    assert redacted(text) == "Ada ([mail]), [iban], [card], owes 250000 since 2026."


def test_a_caller_is_named_by_the_token() -> None:
    def token(claims: object) -> str:
        return "bearer x." + base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=") + ".y"

    assert principal(token({"azp": "ABC"})) == principal(token({"appid": "abc"})) == "abc"
    for odd in ("", "Bearer x", "Bearer a.b.c", token([]), token({"azp": 5})):
        assert principal(odd) == "anonymous"


class Answer:
    """An answer to a batch."""

    def __init__(self, text: str) -> None:
        self.text, self.headers = text, {"Content-Type": "multipart/mixed; boundary=b"}


def test_parts_of_a_batch_tell_their_waits_and_numbers() -> None:
    part = "--b\r\nContent-Type: application/http\r\n{}\r\nHTTP/1.1 {}\r\n\r\n{}\r\n"
    parts = [
        part.format("", '200 OK\r\nContent-Type: application/json\r\nETag: W/"1"', '{"@odata.etag":"1"}'),
        part.format("Content-ID: 7\r\n", "429 Too Many\r\nRetry-After: 4", ""),
    ]
    answer: Any = Answer("".join(parts) + "--b--\r\n")
    told = [(number, reply.status, reply.wait, reply.data) for number, reply in part_replies(answer)]
    assert told == [(0, 200, None, {"@odata.etag": "1"}), (7, 429, 4, {})]


def test_a_row_in_doubt_is_known_by_what_it_holds() -> None:
    columns = {"creditlimit": 5, "new_correlationid": ID}
    row = Row("accounts", ID, columns)
    assert row.look
    row.in_doubt = True
    row.found({**columns, "creditlimit": 5.0, "@odata.etag": 'W/"2"'})
    assert row.outcome is Outcome.WRITTEN
    row = Row("accounts", ID, columns, in_doubt=True)
    row.found({**columns, "new_correlationid": None, "@odata.etag": 'W/"2"'})
    assert (row.outcome, row.version) == (None, 'W/"2"')
    row = Row("new_invoices", "k", columns, absent=True)
    row.found({"@odata.etag": 'W/"1"'})
    assert row.outcome is Outcome.EXISTS


@pytest.mark.parametrize(
    ("sent", "base"),
    [
        ({"x-forwarded-host": "api.example", "x-forwarded-proto": "https"}, "https://api.example"),
        ({}, "http://gateway"),
    ],
)
def test_a_job_is_asked_for_where_the_gateway_was_called(sent: dict[str, str], base: str) -> None:
    settings = SimpleNamespace(settings=SimpleNamespace(gateway="http://gateway"))
    request: Any = SimpleNamespace(headers=sent, app=SimpleNamespace(state=SimpleNamespace(service=settings)))
    assert pending(request, ID, "running").headers["Location"] == f"{base}/bulk-update/v2/batches/{ID}"
