"""A FastAPI service with planted defects, for comparing testers of contracts.

Every defect lives in an operation of its own, so that a failure that is
reported there tells which one was found. `PLANTED` names the defects that are
on, with commas between; empty: none; not set: all.
"""

import os
import uuid
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Header, HTTPException, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# name: (operation that shows it, what is wrong)
DEFECTS = {
    "undeclared-status": ("GET /quotes/{symbol}", "one of three symbols answers 206, which is not declared"),
    "wrong-content-type": ("GET /rates", "the answer comes as text/plain"),
    "broken-schema": ("GET /profile", "a number comes as text"),
    "one-enum-value": ("GET /shipments/{size}", "one size of four answers a state that is not in the enum"),
    "not-json": ("GET /manifest", "the content is no JSON though its media type says so"),
    "missing-response-header": ("GET /tickets", "a required header field of the answer is missing"),
    "broken-response-header": ("GET /usage", "a header field of the answer is no integer"),
    "server-error": ("POST /invoices", "500 at the upper bound of a number"),
    "server-error-on-text": ("POST /notes", "500 for text beyond ASCII"),
    "accepts-invalid": ("POST /addresses", "a pattern is not looked at"),
    "accepts-unknown-members": ("POST /parcels", "members that are not declared are accepted"),
    "rejects-valid": ("POST /coupons", "the lower bound of a number is refused"),
    "rejects-optional-missing": ("POST /contacts", "an optional member is demanded"),
    "ignores-auth": ("GET /account", "answers without a token"),
    "missing-header-accepted": ("GET /reports", "a required header field of the request is not demanded"),
    "query-not-checked": ("GET /search", "a query parameter's maximum is not looked at"),
    "method-accepted": ("GET /status", "every method is answered 200"),
    "method-without-allow": ("GET /catalog", "405 without Allow"),
    "use-after-delete": ("GET /carts/{cart_id}", "what was deleted is still there"),
    "created-not-available": ("GET /wishes/{wish_id}", "what was created is not there"),
}

PLANTED = set(DEFECTS) if os.environ.get("PLANTED") is None else set(filter(None, os.environ["PLANTED"].split(",")))


def on(defect: str) -> bool:
    return defect in PLANTED


def _whole(value: object) -> object:
    """JSON Schema takes 1.0 for an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Int = Annotated[int, BeforeValidator(_whole)]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class Loose(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", json_schema_extra={"additionalProperties": False})


app = FastAPI(title="Planted", version="1", servers=[{"url": "/"}])
counted = {"requests": 0}


@app.middleware("http")
async def count(request: Request, call_next):
    if request.url.path == "/__requests":
        return JSONResponse(counted)
    counted["requests"] += 1
    response = await call_next(request)
    if on("method-without-allow") and request.url.path == "/catalog" and response.status_code == 405:
        del response.headers["allow"]
    return response


@app.exception_handler(RequestValidationError)
async def refused(request: Request, error: RequestValidationError):
    # FastAPI's own handler repeats the input, and answers 500 where that can't
    # be written as JSON: NaN, Infinity, half a surrogate pair.
    told = [{key: fault[key] for key in ("loc", "msg", "type")} for fault in error.errors()]
    return JSONResponse({"detail": told}, status_code=422)


class Quote(Strict):
    symbol: str
    price: float


@app.get("/quotes/{symbol}", response_model=Quote)
def quote(symbol: Literal["AAA", "BBB", "CCC"], response: Response):
    if on("undeclared-status") and symbol == "BBB":
        response.status_code = 206
    return Quote(symbol=symbol, price=12.5)


class Rates(Strict):
    rates: dict[str, float]


@app.get("/rates", response_model=Rates)
def rates():
    if on("wrong-content-type"):
        return PlainTextResponse('{"rates":{"EUR":1.0}}')
    return Rates(rates={"EUR": 1.0})


class Profile(Strict):
    name: str
    age: int


@app.get("/profile", response_model=Profile)
def profile():
    if on("broken-schema"):
        return JSONResponse({"name": "Ada", "age": "36"})
    return Profile(name="Ada", age=36)


class Shipment(Strict):
    state: Literal["packed", "sent", "delivered"]


@app.get("/shipments/{size}", response_model=Shipment)
def shipment(size: Literal["s", "m", "l", "xl"]):
    if on("one-enum-value") and size == "xl":
        return JSONResponse({"state": "lost"})
    return Shipment(state="sent")


class Manifest(Strict):
    version: int


@app.get("/manifest", response_model=Manifest)
def manifest():
    if on("not-json"):
        return Response("version=1", media_type="application/json")
    return Manifest(version=1)


def with_header(name: str, schema: dict) -> dict:
    return {200: {"headers": {name: {"required": True, "schema": schema}}}}


@app.get("/tickets", response_model=list[str], responses=with_header("X-Total-Count", {"type": "integer"}))
def tickets(response: Response):
    if not on("missing-response-header"):
        response.headers["X-Total-Count"] = "2"
    return ["one", "two"]


@app.get("/usage", response_model=list[int], responses=with_header("X-Remaining", {"type": "integer"}))
def usage(response: Response):
    response.headers["X-Remaining"] = "plenty" if on("broken-response-header") else "17"
    return [1, 2, 3]


class Invoice(Strict):
    customer: str = Field(min_length=1, max_length=40)
    quantity: Int = Field(ge=1, le=500)


class Made(Strict):
    id: str


@app.post("/invoices", response_model=Made, status_code=201)
def invoice(body: Invoice):
    if on("server-error") and body.quantity == 500:
        raise RuntimeError("planted")
    return Made(id="i-1")


class Note(Strict):
    text: str = Field(max_length=200)


@app.post("/notes", response_model=Made, status_code=201)
def note(body: Note):
    if on("server-error-on-text") and not body.text.isascii():
        raise RuntimeError("planted")
    return Made(id="n-1")


class Address(Strict):
    street: str = Field(min_length=1, max_length=60)
    zip: str = Field(pattern="^[0-9]{5}$")


class LooseAddress(Strict):
    street: str = Field(min_length=1, max_length=60)
    zip: str = Field(json_schema_extra={"pattern": "^[0-9]{5}$"})


@app.post("/addresses", response_model=Made, status_code=201)
def address(body: LooseAddress if on("accepts-invalid") else Address):
    return Made(id="a-1")


class Parcel(Strict):
    weight: float = Field(gt=0, le=70)


class LooseParcel(Loose):
    weight: float = Field(gt=0, le=70)


@app.post("/parcels", response_model=Made, status_code=201)
def parcel(body: LooseParcel if on("accepts-unknown-members") else Parcel):
    return Made(id="p-1")


class Coupon(Strict):
    code: str = Field(pattern="^[A-Z]{4}$")
    percent: Int = Field(ge=0, le=90)


@app.post("/coupons", response_model=Made, status_code=201, responses={400: {"description": "refused"}})
def coupon(body: Coupon):
    if on("rejects-valid") and body.percent == 0:
        raise HTTPException(400, "a coupon of nothing")
    return Made(id="c-1")


class Contact(Strict):
    name: str = Field(min_length=1, max_length=40)
    nickname: str | None = Field(default=None, max_length=20)


@app.post("/contacts", response_model=Made, status_code=201, responses={400: {"description": "refused"}})
def contact(body: Contact):
    if on("rejects-optional-missing") and body.nickname is None:
        raise HTTPException(400, "no nickname")
    return Made(id="k-1")


TOKEN = os.environ.get("TOKEN", "a-token-that-is-right")
bearer = HTTPBearer(auto_error=False)


class Account(Strict):
    owner: str


@app.get("/account", response_model=Account, responses={401: {"description": "who are you"}})
def account(token: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]):
    if not on("ignores-auth") and (token is None or token.credentials != TOKEN):
        raise HTTPException(401, "who are you", headers={"WWW-Authenticate": "Bearer"})
    return Account(owner="Ada")


@app.get("/reports", response_model=list[str])
def reports(x_tenant: Annotated[str, Header(pattern="^[a-z]{3,8}$")]):
    return [x_tenant]


@app.get("/search", response_model=list[int])
def search(
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    order: Annotated[Literal["up", "down"], Query()] = "up",
):
    return list(range(min(limit, 3)))


class Status(Strict):
    ok: bool


@app.get("/status", response_model=Status)
def status():
    return Status(ok=True)


if on("method-accepted"):

    @app.api_route("/status", methods=["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"], include_in_schema=False)
    def any_status():
        return Status(ok=True)


@app.get("/catalog", response_model=list[str])
def catalog():
    return ["chair", "table"]


class Cart(Strict):
    id: str
    owner: str


class NewCart(Strict):
    owner: str = Field(min_length=1, max_length=30)


GONE = {404: {"description": "there is none"}}
carts: dict[str, Cart] = {}
wishes: dict[str, Cart] = {}


def keep(store: dict[str, Cart], new: NewCart) -> Cart:
    if len(store) > 10_000:
        store.clear()
    made = Cart(id=uuid.uuid4().hex, owner=new.owner)
    store[made.id] = made
    return made


Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


@app.post("/carts", response_model=Cart, status_code=201)
def new_cart(body: NewCart):
    return keep(carts, body)


@app.get("/carts/{cart_id}", response_model=Cart, responses=GONE)
def get_cart(cart_id: Id):
    if cart_id not in carts:
        raise HTTPException(404, "there is none")
    return carts[cart_id]


@app.delete("/carts/{cart_id}", status_code=204, responses=GONE)
def delete_cart(cart_id: Id):
    if cart_id not in carts:
        raise HTTPException(404, "there is none")
    if not on("use-after-delete"):
        del carts[cart_id]
    return Response(status_code=204)


@app.post("/wishes", response_model=Cart, status_code=201)
def new_wish(body: NewCart):
    made = keep(wishes, body)
    if on("created-not-available"):
        del wishes[made.id]
    return made


@app.get("/wishes/{wish_id}", response_model=Cart, responses=GONE)
def get_wish(wish_id: Id):
    if wish_id not in wishes:
        raise HTTPException(404, "there is none")
    return wishes[wish_id]


def published() -> dict:
    """What FastAPI publishes. Two defects leave the code with less than the
    document says: there the document stays as it should be."""
    document = original()
    if on("missing-header-accepted"):
        parameter = document["paths"]["/reports"]["get"]["parameters"][0]
        parameter["required"] = True
        parameter["schema"] = {"type": "string", "pattern": "^[a-z]{3,8}$", "title": "X-Tenant"}
    if on("query-not-checked"):
        parameter = document["paths"]["/search"]["get"]["parameters"][0]
        parameter["schema"]["maximum"] = 100
    return document


original = app.openapi
app.openapi = published

if on("missing-header-accepted"):
    app.router.routes = [r for r in app.router.routes if getattr(r, "path", "") != "/reports"]

    @app.get("/reports", response_model=list[str])
    def reports_of_anybody(x_tenant: Annotated[str | None, Header()] = None):
        return [x_tenant or "everybody"]


if on("query-not-checked"):
    app.router.routes = [r for r in app.router.routes if getattr(r, "path", "") != "/search"]

    @app.get("/search", response_model=list[int])
    def search_without_end(
        limit: Annotated[int, Query(ge=1)] = 10,
        order: Annotated[Literal["up", "down"], Query()] = "up",
    ):
        return list(range(min(limit, 3)))
