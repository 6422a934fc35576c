"""`inference`, `screening`, `scoring`: one question, decided once. Of a model only what its schema has is believed."""

import asyncio
import re
import time
import uuid
from typing import Annotated, Any, Literal, NotRequired

import httpx
import pydantic_core
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from .batch import STRICT, Id, faults_of, read_json, whole
from .call import Call, Content
from .dataverse import Outcome, Row
from .logs import log, span
from .problem import Problem, conflict, fault, in_progress, invalid
from .service import Claim, Service, digest, marked, place, trouble, until
from .store import Item, State, Store

# `inference` writes through the gateway, `scoring` with an identity of its own; what `screening` says, the flow writes.
INFERENCE, SCREENING, SCORING = "inference/v1", "screening/v1", "scoring/v1"
TABLE = "new_decisions"
DECISIONS = uuid.UUID("1f0c5d2e-77aa-4c19-9b64-d10e42c79a03")
REASONS = {
    "approve": ("low_exposure", "good_history"),
    "refer": ("evidence_missing", "large_change"),
    "decline": ("high_exposure", "payment_default"),
}
ATTEMPTS = 3
LONGEST_WAIT = 5
BACKOFF = 0.25
# What names a person is no business of the model's.
PERSONAL = re.compile(
    r"(?P<mail>[\w.+-]+@[\w-]+(\.[\w-]+)+)"
    r"|(?P<iban>\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}\b)"
    r"|(?P<card>\b(?:[0-9][ -]?){13,19}\b)"
)


class Features(TypedDict):
    """What else is known."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    amount: NotRequired[Annotated[float, Field(ge=0, le=1_000_000_000)]]
    tenureMonths: NotRequired[Annotated[int, BeforeValidator(whole), Field(ge=0, le=1200)]]
    region: NotRequired[Literal["north", "south", "east", "west"]]


class Question(TypedDict):
    """An account, and what is known about it."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    recordId: Id
    text: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    features: NotRequired[Features]
    promptVersion: Literal["2026-03", "2026-07"]
    modelVersion: Literal["risk-3.1", "risk-3.2"]


QUESTION = TypeAdapter[Question](Question)


class Usage(BaseModel):
    """Tokens of one call, as the model counts them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    inputTokens: Annotated[int, Field(ge=1)]
    outputTokens: Annotated[int, Field(ge=0)]


class Verdict(BaseModel):
    """What the model says, once it was checked."""

    model_config = ConfigDict(extra="forbid", strict=True)

    decision: Literal["approve", "refer", "decline"]
    confidence: Annotated[float, Field(ge=0, le=1)]
    reasonCode: str
    usage: Usage

    def model_post_init(self, _: Any) -> None:
        """A decision has its own reasons."""
        if self.reasonCode not in REASONS[self.decision]:
            raise ValueError(f"{self.reasonCode} is no reason to {self.decision}")


def read(body: bytes) -> Question:
    """Reads the content; all its faults at once."""
    try:
        return QUESTION.validate_python(read_json(body))
    except ValidationError as error:
        raise invalid(faults_of(error)) from error


def asked(question: Question) -> dict[str, Any]:
    """What of a question decides it: numbers by their amount, members in one order."""
    features = {name: float(one) if isinstance(one, int) else one for name, one in question.get("features", {}).items()}
    return {"prompt": question["promptVersion"], "text": question["text"], "features": dict(sorted(features.items()))}


async def decide(service: Service, call: Call, content: Content) -> dict[str, Any]:
    """Decides a question."""
    question = read(content.body)
    record = question["recordId"].lower()
    contract = content.contract
    known = pydantic_core.to_json([asked(question), question["modelVersion"]])
    async with Claim(service, call.scope(contract), [Item(record, digest(known))]) as claim:
        if not await claim.take():
            if claim.standings[0].state is State.CONFLICT:
                detail = "was sent with other content under this correlation ID"
                raise conflict([fault("/recordId", detail, question["recordId"])])
            raise in_progress()
        verdict = claim.standings[0].progress
        if claim.held(record):
            verdict = await work(service, call, claim, (contract, question, verdict))
    told = {
        "decisionId": decision_id(contract, call, record),
        "recordId": question["recordId"],
        **verdict,
        "promptVersion": question["promptVersion"],
        "modelVersion": question["modelVersion"],
    }
    result = pydantic_core.to_json(told).decode()
    await service.memory(Store.put, place(contract, call, told["decisionId"]), call.principal, result)
    return told


def decision_id(contract: str, call: Call, record: str) -> str:
    """Follows from the call, so that the same call gets the same again."""
    return str(uuid.uuid5(DECISIONS, f"{contract} {call.key} {record}"))


async def work(
    service: Service, call: Call, claim: Claim, known: tuple[str, Question, dict[str, Any] | None]
) -> dict[str, Any]:
    """Looks for the record, asks the model unless it has spoken, and writes down what it said."""
    contract, question, verdict = known
    dataverse = service.own_way if contract == SCORING and service.own_way else service.dataverse
    record, deadline = question["recordId"].lower(), until()
    if not (await dataverse.read("accounts", [(record, ["accountid"])], deadline))[0]:
        raise invalid([fault("/recordId", "names no account", question["recordId"])])
    tried = verdict is not None
    verdict = verdict or await ask_model(service, call, question)
    await claim.intend({record: verdict})
    if contract != SCREENING:
        columns = {
            "new_account": record,
            "new_decision": verdict["decision"],
            "new_confidence": verdict["confidence"],
            "new_reasoncode": verdict["reasonCode"],
            "new_promptversion": question["promptVersion"],
            "new_modelversion": question["modelVersion"],
        }
        row = Row(TABLE, decision_id(contract, call, record), marked(call, columns), absent=True, in_doubt=tried)
        given_up = await dataverse.write([row], deadline)
        if row.outcome not in (Outcome.WRITTEN, Outcome.EXISTS):
            raise trouble(given_up, [row], "a decision")
    claim.settle(record, State.DONE, verdict)
    return verdict


def redacted(text: str) -> str:
    """The text without addresses and account numbers."""
    return PERSONAL.sub(lambda match: f"[{match.lastgroup}]", text)


async def ask_model(service: Service, call: Call, question: Question) -> dict[str, Any]:
    """What a version of the model says to a question: a few tries, and no output that its schema does not have."""
    content = asked(question)
    content["text"] = redacted(content["text"])
    problem = Problem("internal", "The model was not asked")
    for attempt in range(ATTEMPTS):
        began = time.monotonic()
        with span("model", model=question["modelVersion"], prompt=question["promptVersion"]):
            verdict, problem, wait = await ask_once(service, call, question["modelVersion"], content)
        duration = round((time.monotonic() - began) * 1000)
        told = {"status": "ok", "usage": verdict["usage"]} if verdict else {"status": problem.kind}
        log("the model was asked", operation="model", model=question["modelVersion"], duration_ms=duration, **told)
        if verdict:
            return verdict
        if attempt + 1 == ATTEMPTS or (wait or 0) > LONGEST_WAIT:
            break
        await asyncio.sleep(BACKOFF * 2**attempt if wait is None else wait)
    raise problem


async def ask_once(
    service: Service, call: Call, model: str, content: dict[str, Any]
) -> tuple[dict[str, Any] | None, Problem, int | None]:
    """The verdict, or why there is none, and how long the model wants to be left alone."""
    settings = service.settings
    headers = {"api-key": settings.model_key, "X-Correlation-Id": call.correlation}
    detail = "The model gives no answer now; nothing was decided, send the same call again"
    silent = Problem("model_unavailable", detail, retry_after=1)
    try:
        url = f"{settings.model_url}/models/{model}/decisions"
        answer = await service.http.post(url, json=content, headers=headers)
    except httpx.HTTPError:
        return None, silent, None
    if answer.status_code != 200:
        sent = answer.headers.get("retry-after", "")
        wait = int(sent) if sent.isdigit() else None
        return None, Problem("model_unavailable", detail, retry_after=max(1, wait or 1)), wait
    try:
        return Verdict.model_validate_json(answer.content).model_dump(), silent, None
    except ValueError:
        broken = "The model's output breaks its schema; nothing was decided, send the same call again"
        return None, Problem("model_output_invalid", broken), None
