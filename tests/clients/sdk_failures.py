"""What Microsoft's SDK makes of failures: each status with its code, Retry-After,
connections that are reset, answers that are lost, slow and half answers."""

import warnings

import requests
from azure.core.credentials import AccessToken
from checked import URL, arm, client, credential, disarm, part, refused, run, same, told
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.config import DataverseConfig
from PowerPlatform.Dataverse.core.errors import HttpError

NAMED = lambda name: {"kind": "error", "error": name}
client.records.create("lead", {"fullname": "the tables are known from now on"})


@part
def statuses():
    for kind, status, code, wait, transient in [
        ({"kind": "throttled", "retry_after": 7}, 429, "0x80072322", 7, True),
        (NAMED("deadlock"), 500, "0x80044150", None, False),
        (NAMED("sql_timeout"), 500, "0x80044151", None, False),
        (NAMED("duplicate_key"), 412, "0x80060892", None, False),
        (NAMED("duplicate_id_conflict"), 409, "0x80040237", None, False),
        (NAMED("concurrency_mismatch"), 412, "0x80060882", None, False),
        (NAMED("missing_privilege"), 403, "0x80040220", None, False),
        ("unavailable", 503, None, None, True),
    ]:
        arm(kind, table="leads", times=1)
        error = refused(str(kind), lambda: client.records.create("lead", {"fullname": "x"}), status, code)
        if error is not None:
            same(f"{kind}: what is told", (error.details.get("retry_after"), error.is_transient), (wait, transient))
            same(f"{kind}: request", bool(error.details.get("service_request_id")), True)
    same("nothing was made", len(client.records.list("lead", filter="fullname eq 'x'")), 0)


class Nonsense:
    def get_token(self, *scopes, **options):
        return AccessToken("nonsense", 4_102_444_800)


@part
def who_is_not_let_in():
    other = DataverseClient(URL, Nonsense())
    refused("no token", lambda: other.records.retrieve("lead", "00000000-0000-4000-8000-000000000001"), 401)
    arm(NAMED("too_large"), table="leads", times=1)
    refused("too large", lambda: client.records.create("lead", {"fullname": "x"}), 413)


def count(name):
    return len(client.records.list("lead", filter=f"fullname eq '{name} {run}'", select=["fullname"]))


@part
def connections():
    quick = DataverseClient(URL, credential, DataverseConfig(http_backoff=0.01))
    quick.records.list("lead", top=1)
    make = lambda name: quick.records.create("lead", {"fullname": f"{name} {run}"})
    arm("reset", table="leads", operation="create", times=2)
    make("reset")
    same("sent again", count("reset"), 1)
    # The SDK sends a create again whose answer was lost: that makes two.
    arm("answer_lost", table="leads", operation="create", times=1)
    make("twice")
    same("made twice", count("twice"), 2)
    arm({"kind": "commit_later", "milliseconds": 1, "answer": "unavailable"}, table="leads", operation="create", times=1)
    refused("later", lambda: make("later"), 503)
    arm("reset", table="leads", operation="create", times=5)
    try:
        make("never")
        same("five resets", "made", "raised")
    except requests.exceptions.ConnectionError:
        same("five resets", count("never"), 0)
    arm({"kind": "slow", "milliseconds": 30}, table="leads", times=1)
    same("slow", bool(make("slow")), True)
    same("late", count("later"), 1)


@part
def pages():
    # The SDK guards against a cookie that does not advance.
    arm("stuck_cookie", table="accounts")
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", RuntimeWarning)
        rows = client.query.sql("SELECT name FROM account WHERE new_status = 'active'")
    disarm()
    same("stuck", (any("same" in str(one.message) for one in heard), len(rows) < 20_000), (True, True))
    arm({"kind": "throttled", "retry_after": 3}, table="contacts", after=1, times=1)
    try:
        list(client.records.list_pages("contact", select=["fullname"], page_size=50))
        same("throttled", "all pages", "raised")
    except HttpError as error:
        same("throttled", (error.status_code, error.details.get("retry_after")), (429, 3))


@part
def batches():
    arm(NAMED("deadlock"), table="leads", times=1)
    batch = client.batch.new()
    for number in range(3):
        batch.records.create("lead", {"fullname": f"part {run}"})
    told = batch.execute(continue_on_error=True).responses
    same("one part", [(one.status_code, one.error_code) for one in told], [(500, "0x80044150"), (204, None), (204, None)])
    arm({"kind": "throttled", "retry_after": 2}, operation="batch", times=1)
    refused("the batch", batch.execute, 429, "0x80072322")


disarm()
told()
