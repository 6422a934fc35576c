"""A set of account updates as it was sent: everything that is wrong with its form, before anything is done."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pydantic_core
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from .call import Call
from .problem import Fault, fault, faults_of, invalid, read_as
from .service import digest, marked
from .store import Item

BATCHES = uuid.UUID("5e8f2f0a-91c4-4b60-8d1e-0c6ab7d34f15")


def whole(value: object) -> object:
    """5.0 is an integer in JSON Schema, and here."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Id = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
Whole = Annotated[int, BeforeValidator(whole)]


class Strict(BaseModel):
    """Content of which nothing is guessed. Defaults stand for what was not sent; null is never meant."""

    model_config = ConfigDict(extra="forbid", strict=True, protected_namespaces=())


class Update(Strict):
    """An account, and what becomes of it: each member with the column that it is written to."""

    id: Id
    name: str = Field(default="", min_length=1, max_length=160)
    creditLimit: Whole = Field(default=0, ge=0, le=1_000_000_000, serialization_alias="creditlimit")
    status: Literal["active", "on_hold", "closed"] = Field(default="active", serialization_alias="new_status")
    externalRef: str = Field(default="", pattern="^[A-Z]{2}-[0-9]{6}$", serialization_alias="new_externalref")


class SetV1(Strict):
    """A set of version 1. Its records are read one by one."""

    records: list[Any] = Field(min_length=1, max_length=500)
    note: str = Field(default="", max_length=500)


class SetV2(SetV1):
    """A set of version 2."""

    records: list[Any] = Field(min_length=1, max_length=2000)
    onInvalid: Literal["refuse_all", "skip_invalid"] = "refuse_all"


SETS = {"bulk-update/v1": SetV1, "bulk-update/v2": SetV2}


@dataclass(frozen=True)
class Record:
    """A record at its place in the set: what it writes, or what is wrong with it."""

    index: int
    sent: Any
    columns: dict[str, Any]
    faults: list[Fault]

    @property
    def named(self) -> dict[str, str]:
        """Its identity, where one was sent."""
        sent = self.sent.get("id") if isinstance(self.sent, dict) else None
        return {"id": sent} if isinstance(sent, str) else {}

    @property
    def id(self) -> str:
        """The account."""
        return self.named["id"].lower()

    @property
    def item(self) -> Item:
        """Which item it is, and the digest of its content."""
        return Item(self.id, digest(pydantic_core.to_json(self.columns)))

    def fault(self, detail: str, member: str = "") -> Fault:
        """What is wrong with it."""
        return fault(f"/records/{self.index}{member}", detail, self.named.get("id"))


@dataclass(frozen=True)
class Batch:
    """A set: its records in order, and whether those that are invalid are skipped."""

    entries: list[Record]
    skip: bool

    @property
    def records(self) -> list[Record]:
        """The valid ones."""
        return [entry for entry in self.entries if not entry.faults]

    @property
    def faults(self) -> list[Fault]:
        """All faults of all records."""
        return [one for entry in self.entries for one in entry.faults]

    def id(self, contract: str, call: Call) -> str:
        """Follows from the call, so that the same call gets the same again."""
        content = [entry.sent if entry.faults else entry.item for entry in self.entries]
        parts = pydantic_core.to_json([contract, call.key, self.skip, content])
        return str(uuid.uuid5(BATCHES, parts.decode()))


def read_json(body: bytes) -> Any:
    """The content as JSON (RFC 8259), without what Python alone would take."""
    try:
        return pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise invalid([fault("", f"is no JSON document: {error}")]) from error


def read_batch(body: bytes, contract: str) -> Batch:
    """Reads the content. Faults of the set itself refuse it, faults of records are kept with them."""
    sent = read_as(SETS[contract], read_json(body))
    return Batch(list(read_records(sent.records)), isinstance(sent, SetV2) and sent.onInvalid == "skip_invalid")


def read_records(listed: list[Any]) -> Iterator[Record]:
    """Each record, with all its faults; an account stands in a set once."""
    seen: set[str] = set()
    for index, sent in enumerate(listed):
        record = read_record(index, sent)
        if not record.faults and record.id in seen:
            record.faults.append(record.fault("stands in this set more than once", "/id"))
        if not record.faults:
            seen.add(record.id)
        yield record


def read_record(index: int, sent: Any) -> Record:
    """One record by itself, all its faults at once."""
    try:
        update = Update.model_validate(sent)
    except ValidationError as error:
        faulty = Record(index, sent, {}, [])
        return Record(index, sent, {}, faults_of(error, f"/records/{index}", faulty.named.get("id")))
    record = Record(index, sent, update.model_dump(exclude={"id"}, exclude_unset=True, by_alias=True), [])
    return record if record.columns else Record(index, sent, {}, [record.fault("must change at least one property")])


def columns(call: Call, record: Record) -> dict[str, Any]:
    """What a record writes in the name of a call."""
    return marked(call, record.columns)
