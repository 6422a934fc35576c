"""A set of account updates as it was sent: everything that is wrong with its form, before anything is done."""

import uuid
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired

import pydantic_core
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from .call import Call
from .problem import Fault, Problem, fault, invalid
from .service import digest, marked
from .store import Item

BATCHES = uuid.UUID("5e8f2f0a-91c4-4b60-8d1e-0c6ab7d34f15")


def whole(value: object) -> object:
    """5.0 is an integer in JSON Schema, and here."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
STRICT = ConfigDict(extra="forbid", strict=True)


class RecordUpdate(TypedDict):
    """An account, and what becomes of it."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    id: Id
    name: NotRequired[Annotated[str, StringConstraints(min_length=1, max_length=160)]]
    creditLimit: NotRequired[Annotated[int, BeforeValidator(whole), Field(ge=0, le=1_000_000_000)]]
    status: NotRequired[Literal["active", "on_hold", "closed"]]
    externalRef: NotRequired[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[0-9]{6}$")]]


class SetV1(TypedDict):
    """A set of version 1. Its records are read one by one."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    records: Annotated[list[Any], Field(min_length=1)]
    note: NotRequired[Annotated[str, StringConstraints(max_length=500)]]


class SetV2(SetV1):
    """A set of version 2."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    onInvalid: NotRequired[Literal["refuse_all", "skip_invalid"]]


RECORD = TypeAdapter[RecordUpdate](RecordUpdate)
SETS: dict[str, tuple[TypeAdapter[Any], int]] = {
    "bulk-update/v1": (TypeAdapter(SetV1), 500),
    "bulk-update/v2": (TypeAdapter(SetV2), 2000),
}
COLUMNS = {"name": "name", "creditLimit": "creditlimit", "status": "new_status", "externalRef": "new_externalref"}


@dataclass(frozen=True)
class Record:
    """A record that keeps all rules of form, at its place in the set."""

    index: int
    sent: RecordUpdate

    @property
    def id(self) -> str:
        """The account."""
        return self.sent["id"].lower()

    @property
    def columns(self) -> dict[str, Any]:
        """What it writes, in a fixed order."""
        sent: dict[str, Any] = dict(self.sent)
        return {column: sent[member] for member, column in COLUMNS.items() if member in sent}

    @property
    def item(self) -> Item:
        """Which item it is, and the digest of its content."""
        return Item(self.id, digest(pydantic_core.to_json(self.columns)))

    def unknown(self) -> Fault:
        """There is no such account."""
        return fault(f"/records/{self.index}/id", "names no account", self.sent["id"])


@dataclass(frozen=True)
class Invalid:
    """A record that breaks rules, and which."""

    index: int
    sent: Any
    faults: list[Fault]


@dataclass(frozen=True)
class Batch:
    """A set: its records in order, and what invalid ones mean for the others."""

    entries: list[Record | Invalid]
    skip: bool

    @property
    def records(self) -> list[Record]:
        """The valid ones."""
        return [entry for entry in self.entries if isinstance(entry, Record)]

    @property
    def faults(self) -> list[Fault]:
        """All faults of all records."""
        return [one for entry in self.entries if isinstance(entry, Invalid) for one in entry.faults]

    def id(self, contract: str, call: Call) -> str:
        """Follows from the call, so that the same call gets the same again."""
        parts = [f"{contract} {call.key} {self.skip}"]
        for entry in self.entries:
            item = entry.item if isinstance(entry, Record) else None
            parts.append(f"{item.id} {item.fingerprint}" if item else pydantic_core.to_json(entry.sent).decode())
        return str(uuid.uuid5(BATCHES, "\n".join(parts)))


def read_json(body: bytes) -> Any:
    """The content as JSON (RFC 8259), without what Python alone would take."""
    try:
        return pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise invalid([fault("", f"is no JSON document: {error}")]) from error


# What a member must be, in the API's own words; version 1 is frozen, and its words with it.
WORDS = {
    "id": "must be a UUID",
    "name": "must be a text of 1 to 160 characters",
    "creditLimit": "must be an integer from 0 to 1000000000",
    "status": "must be active, on_hold or closed",
    "externalRef": "must be two capital letters, a hyphen and six digits",
    "note": "must be a text of at most 500 characters",
    "onInvalid": "must be refuse_all or skip_invalid",
    "recordId": "must be a UUID",
    "text": "must be a text of 1 to 2000 characters",
    "features": "must be an object",
}
OF_KIND = {
    "missing": "is required",
    "extra_forbidden": "is not known",
    "dict_type": "must be an object",
    "list_type": "must be an array",
    "too_short": "must have at least one record",
}


def faults_of(error: ValidationError, place: str = "", of: object = None) -> list[Fault]:
    """What pydantic found, with JSON Pointers."""
    found = []
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        path = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in one["loc"])
        words = WORDS.get(str(one["loc"][-1])) if one["loc"] else None
        found.append(fault(place + path, OF_KIND.get(one["type"]) or words or one["msg"], of))
    return found


def read_batch(body: bytes, contract: str) -> Batch:
    """Reads the content. Faults of the set itself refuse it, faults of records are kept with them."""
    content = read_json(body)
    adapter, most = SETS[contract]
    if isinstance(content, dict) and isinstance(content.get("records"), list) and len(content["records"]) > most:
        raise Problem("too_many_items", f"A set has at most {most} records, this one has {len(content['records'])}")
    try:
        envelope = adapter.validate_python(content)
    except ValidationError as error:
        listed = content.get("records") if isinstance(content, dict) else None
        entries = read_records(listed) if isinstance(listed, list) else []
        raise invalid(faults_of(error) + Batch(entries, False).faults) from error
    return Batch(read_records(envelope["records"]), envelope.get("onInvalid") == "skip_invalid")


def read_records(listed: list[Any]) -> list[Record | Invalid]:
    """Each record, or what is wrong with it; an account stands in a set once."""
    entries: list[Record | Invalid] = []
    seen: set[str] = set()
    for index, sent in enumerate(listed):
        entry = read_record(index, sent)
        if isinstance(entry, Record) and entry.id in seen:
            faults = [fault(f"/records/{index}/id", "stands in this set more than once", sent["id"])]
            entry = Invalid(index, sent, faults)
        if isinstance(entry, Record):
            seen.add(entry.id)
        entries.append(entry)
    return entries


def read_record(index: int, sent: Any) -> Record | Invalid:
    """One record by itself, all its faults at once."""
    place, of = f"/records/{index}", sent.get("id") if isinstance(sent, dict) else None
    try:
        record = RECORD.validate_python(sent)
    except ValidationError as error:
        return Invalid(index, sent, faults_of(error, place, of))
    if len(record) < 2:
        return Invalid(index, sent, [fault(place, "must change at least one property", of)])
    return Record(index, record)


def columns(call: Call, record: Record) -> dict[str, Any]:
    """What a record writes in the name of a call."""
    return marked(call, record.columns)
