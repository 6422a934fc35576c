"""`inference`, `screening`, `scoring`: one question, decided once. Of a model only what its schema has is believed."""

import asyncio
import re
import time
import uuid
from typing import Any, Literal

import httpx
import pydantic_core
from pydantic import Field

from .batch import Id, Strict, Whole, read_json
from .call import Call, Content
from .dataverse import Row, seconds
from .logs import log, since, span
from .problem import Problem, fault, invalid, read_as
from .service import Claim, Service, digest, marked, until
from .store import Item, State

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
# What names a person is no business of the model's.
PERSONAL = re.compile(
    r"(?P<mail>[\w.+-]+@[\w-]+(\.[\w-]+)+)"
    r"|(?P<iban>\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}\b)"
    r"|(?P<card>\b(?:[0-9][ -]?){13,19}\b)"
)


class Features(Strict):
    """What else is known."""

    amount: float = Field(default=0.0, ge=0, le=1_000_000_000)
    tenureMonths: Whole = Field(default=0, ge=0, le=1200)
    region: Literal["north", "south", "east", "west"] = "north"


class Question(Strict):
    """An account, and what is known about it."""

    recordId: Id
    text: str = Field(min_length=1, max_length=2000)
    features: Features = Field(default_factory=Features)
    promptVersion: Literal["2026-03", "2026-07"]
    modelVersion: Literal["risk-3.1", "risk-3.2"]

    def asked(self) -> dict[str, Any]:
        """What of a question decides it."""
        features = self.features.model_dump(exclude_unset=True)
        return {"prompt": self.promptVersion, "text": self.text, "features": features}


class Usage(Strict):
    """Tokens of one call, as the model counts them."""

    inputTokens: int = Field(ge=1)
    outputTokens: int = Field(ge=0)


class Verdict(Strict):
    """What the model says, once it was checked."""

    decision: Literal["approve", "refer", "decline"]
    confidence: float = Field(ge=0, le=1)
    reasonCode: str
    usage: Usage

    def model_post_init(self, _: Any) -> None:
        """A decision has its own reasons."""
        if self.reasonCode not in REASONS[self.decision]:
            raise ValueError(f"{self.reasonCode} is no reason to {self.decision}")


async def decide(service: Service, call: Call, content: Content) -> dict[str, Any]:
    """Decides a question."""
    question, contract = read_as(Question, read_json(content.body)), content.contract
    item = Item(question.recordId.lower(), digest(pydantic_core.to_json([question.asked(), question.modelVersion])))
    detail = "was sent with other content under this correlation ID"
    async with Claim(service, call.scope(contract), [item]) as claim:
        await claim.take_all({item.id: fault("/recordId", detail, question.recordId)})
        verdict = claim.progress(item.id)
        if claim.held(item.id):
            verdict = await work(service, call, claim, (contract, question, verdict))
    identity = decision_id(contract, call, item.id)
    versions = {"promptVersion": question.promptVersion, "modelVersion": question.modelVersion}
    told = {"decisionId": identity, "recordId": question.recordId, **verdict, **versions}
    return await service.keep(contract, call, identity, told)


def decision_id(contract: str, call: Call, record: str) -> str:
    """Follows from the call, so that the same call gets the same again."""
    return str(uuid.uuid5(DECISIONS, f"{contract} {call.key} {record}"))


async def work(
    service: Service, call: Call, claim: Claim, known: tuple[str, Question, dict[str, Any] | None]
) -> dict[str, Any]:
    """Looks for the record, asks the model unless it has spoken, and writes down what it said."""
    contract, question, said = known
    dataverse = service.own_way if contract == SCORING and service.own_way else service.dataverse
    record, deadline = question.recordId.lower(), until()
    if await dataverse.read("accounts", [(record, ["accountid"])], deadline) == [None]:
        raise invalid([fault("/recordId", "names no account", question.recordId)])
    verdict = said or await ask_model(service, call, question)
    await claim.intend({record: verdict})
    if contract != SCREENING:
        columns = {
            "new_account": record,
            "new_decision": verdict["decision"],
            "new_confidence": verdict["confidence"],
            "new_reasoncode": verdict["reasonCode"],
            "new_promptversion": question.promptVersion,
            "new_modelversion": question.modelVersion,
        }
        key = decision_id(contract, call, record)
        row = Row(TABLE, key, marked(call, columns), absent=True, in_doubt=said is not None)
        if problem := await dataverse.write([row], deadline):
            raise problem
    claim.settle(record, State.DONE, verdict)
    return verdict


def redacted(text: str) -> str:
    """The text without addresses and account numbers."""
    return PERSONAL.sub(lambda match: f"[{match.lastgroup}]", text)


async def ask_model(service: Service, call: Call, question: Question) -> dict[str, Any]:
    """What a version of the model says to a question: a few tries, and no output that its schema does not have."""
    content = {**question.asked(), "text": redacted(question.text)}
    told: dict[str, Any] = {"operation": "model", "model": question.modelVersion}
    attempt = 0
    while True:
        attempt, began = attempt + 1, time.monotonic()
        try:
            with span("model", model=question.modelVersion, prompt=question.promptVersion):
                verdict = await ask_once(service, call, question.modelVersion, content)
            log("the model was asked", **told, status="ok", usage=verdict["usage"], duration_ms=since(began))
            return verdict
        except Problem as problem:
            log("the model was asked", **told, status=problem.kind, duration_ms=since(began))
            wait = problem.retry_after or 0
            if attempt == ATTEMPTS or wait > LONGEST_WAIT:
                raise
        await asyncio.sleep(wait)


async def ask_once(service: Service, call: Call, model: str, content: dict[str, Any]) -> dict[str, Any]:
    """The verdict, or why there is none, and how long the model wants to be left alone."""
    settings = service.settings
    headers = {"api-key": settings.model_key, "X-Correlation-Id": call.correlation}
    detail = "The model gives no answer now; nothing was decided, send the same call again"
    try:
        url = f"{settings.model_url}/models/{model}/decisions"
        answer = await service.http.post(url, json=content, headers=headers)
    except httpx.HTTPError as error:
        raise Problem("model_unavailable", detail, retry_after=1) from error
    if answer.status_code != 200:
        wait = max(1, seconds(answer.headers.get("retry-after")) or 1)
        raise Problem("model_unavailable", detail, retry_after=wait)
    try:
        return Verdict.model_validate_json(answer.content).model_dump()
    except ValueError as error:
        broken = "The model's output breaks its schema; nothing was decided, send the same call again"
        raise Problem("model_output_invalid", broken) from error
