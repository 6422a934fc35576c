"""What every call brings: who, under which ID, at which step, and content."""

import base64
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import QueryParams

from .problem import Problem, fault, invalid
from .settings import Settings

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
LONGEST_STEP = 64


@dataclass(frozen=True)
class Call:
    """Who calls, and under which ID. Stored with a job, so that another process can go on."""

    principal: str
    correlation: str
    step: str | None

    def scope(self, operation: str, *, steps: bool = True) -> str:
        """What separates two uses of one item identity."""
        return json.dumps([self.principal, operation, self.correlation.lower(), self.step if steps else None])

    @property
    def key(self) -> str:
        """What ids that follow from the call begin with."""
        return f"{self.principal} {self.correlation.lower()} {self.step or ''}"


def principal(authorization: str) -> str:
    """The application that calls. The gateway has verified the token; here it is only read."""
    try:
        payload = authorization.split(" ", 1)[1].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        named = claims.get("azp") or claims.get("appid")
    except (IndexError, ValueError, AttributeError):
        named = None
    return named.lower() if isinstance(named, str) else "anonymous"


def admit(request: Request, settings: Settings) -> Call:
    """Whether a call may come in, and what its header says."""
    sent = request.headers.get("x-gateway-key", "")
    if not hmac.compare_digest(sent.encode(), settings.gateway_key.encode()):
        raise Problem("forbidden", "This service is called through the gateway only")
    correlation = request.headers.get("x-correlation-id", "")
    if not UUID.fullmatch(correlation):
        raise Problem("correlation_id_missing", "X-Correlation-Id must be a UUID; send one for each flow run")
    step = request.headers.get("x-step-id") or None
    if step and (len(step) > LONGEST_STEP or not step.isascii()):
        raise invalid([fault("/header/X-Step-Id", f"must be a text of at most {LONGEST_STEP} characters")])
    return Call(principal(request.headers.get("authorization", "")), correlation, step)


@dataclass(frozen=True)
class Content:
    """What a call brings, in which form, and how it is to be read."""

    contract: str
    body: bytes
    kind: str
    query: QueryParams


async def read_content(request: Request, contract: str, most: int, kinds: Sequence[str]) -> Content:
    """The content, of one of these types and at most so many bytes: no byte too many is ever held."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in kinds:
        raise Problem("unsupported_media_type", f"The content must be {' or '.join(kinds)}")
    too_large = Problem("payload_too_large", f"The content has more than {most} bytes")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > most:
            raise too_large
        body += chunk
    return Content(contract, bytes(body), kind, request.query_params)
