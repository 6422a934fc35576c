"""A client of Microsoft's SDK, and what of its answers is other than expected.

Each script of a theme asks with `same` and `refused`, names its parts with
`part`, and ends with `told`, which prints one JSON object: how much was asked,
and the differences.
"""

import json
import os
import traceback
import uuid
import warnings

import requests
from azure.identity import ClientSecretCredential
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError

# The SDK warns where pages don't advance or are cut short.
warnings.simplefilter("error", RuntimeWarning)
warnings.simplefilter("ignore", DeprecationWarning)
warnings.simplefilter("ignore", UserWarning)

run = uuid.uuid4().hex[:8]
credential = ClientSecretCredential(
    os.environ["AZURE_TENANT_ID"],
    os.environ["SEAMSTRESS_FLOW_CLIENT_ID"],
    os.environ["SEAMSTRESS_FLOW_CLIENT_SECRET"],
    authority=os.environ["AZURE_AUTHORITY_HOST"],
    disable_instance_discovery=True,
)
URL = os.environ["SEAMSTRESS_DATAVERSE"]
client = DataverseClient(URL, credential)
differences = []
asked = 0


def same(what, found, expected):
    global asked
    asked += 1
    if found != expected:
        differences.append(f"{what}: found {found!r}, expected {expected!r}"[:900])


def refused(what, call, status, code=None):
    """The error of a call that must be refused."""
    global asked
    asked += 1
    try:
        found = call()
    except HttpError as error:
        if error.status_code != status or code not in (None, error.details.get("service_error_code")):
            differences.append(f"{what}: {error.status_code} {error.details.get('service_error_code')} {error.message}")
        return error
    differences.append(f"{what}: accepted, {found!r}"[:400])
    return None


def part(function):
    """Plays a part; what it raises is a difference like others."""
    try:
        function()
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if "clients" in frame.filename]
        differences.append(f"{function.__name__}, lines {lines}: {type(error).__name__}: {error}"[:900])
    return function


def arm(kind, **fields):
    """Arms a fault at the control surface; it disarms itself after `times`."""
    fault = {"kind": kind if isinstance(kind, dict) else {"kind": kind}, **fields}
    answer = requests.post(os.environ["SEAMSTRESS_CONTROL"] + "/faults", json=fault, timeout=10)
    answer.raise_for_status()


def disarm():
    requests.delete(os.environ["SEAMSTRESS_CONTROL"] + "/faults", timeout=10).raise_for_status()


def told():
    print(json.dumps({"asked": asked, "differences": differences}))
