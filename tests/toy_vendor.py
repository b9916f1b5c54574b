"""A vendor that exists nowhere: it shows the rooms of a vendor in one page, and proves that core needs no real one.

Its API: ``POST /keys`` makes a key (public), ``PUT /shelf/{name}`` stores a toy, ``GET /shelf/{name}`` finds one,
``GET /shelf/{name}/twins?limit=`` lists. It calls an unknown toy "lost" and everybody without a key "stranger".
"""

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import JSON, Column, Integer, MetaData, String, Table, bindparam, select
from sqlalchemy.dialects.sqlite import insert
from typing_extensions import TypedDict

from emulator.core.answers import Answer, json_answer
from emulator.core.checks import Case, Check, Checklist, Draft
from emulator.core.clock import SECOND
from emulator.core.credentials import Caller, scheme_and_value
from emulator.core.drills import Drill, NoPart, Part
from emulator.core.errors import (
    BodyTooLarge,
    Fact,
    Failure,
    InvalidBody,
    InvalidQuery,
    Json,
    Level,
    LimitExhausted,
    MalformedBody,
    MalformedPath,
    MethodNotAllowed,
    Misuse,
    NoSuchOperation,
    Refusal,
    Rule,
)
from emulator.core.limits import Limit, Usage
from emulator.core.routes import Query, Routes
from emulator.core.section import Moment, Section, SectionError, Settings
from emulator.core.store import Statement
from emulator.core.vendor import Control, Host, Vendor
from emulator.core.work import Work

# tables ---------------------------------------------------------------------------------------------------------------

METADATA = MetaData()
keys = Table("toybox_keys", METADATA, Column("key", String, primary_key=True), Column("owner", String))
toys = Table(
    "toybox_toys",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("name", String, unique=True),
    Column("made_at", Integer),
    Column("details", JSON),
)
FIND_KEY = Statement(select(keys.c.owner).where(keys.c.key == bindparam("key")))
ADD_KEY = Statement(insert(keys))
KEYS = Statement(select(keys.c.key))
FIND_TOY = Statement(select(toys).where(toys.c.name == bindparam("name")))
_put = insert(toys)
PUT_TOY = Statement(_put.on_conflict_do_update(index_elements=["name"], set_={"details": _put.excluded.details}))


# errors ---------------------------------------------------------------------------------------------------------------

STRANGER = Failure(
    name="stranger", status=401, body={"no": "stranger"}, headers=(("www-authenticate", "Toy"),),
    level=Level.DOCUMENTED, source="manual 1", says="No key, or an unknown one.",
)  # fmt: skip
LOST = Failure(
    name="lost", status=404, body={"no": "lost", "toy": "{toy}"}, example={"toy": "bear"},
    level=Level.DOCUMENTED, source="manual 2", says="There is no toy of that name.",
)  # fmt: skip
MUDDLE = Failure(
    name="muddle", status=400, body={"no": "muddle"}, level=Level.INFERRED, source="manual 3", says="Unreadable call."
)
TIRED = Failure(name="tired", status=429, body={"no": "tired"}, level=Level.ASSUMED, source="-", says="Too many calls.")
WRONG_HAND = Failure(
    name="wrong_hand", status=405, body={"no": "wrong hand"}, level=Level.ASSUMED, source="-", says="Wrong method."
)
FIRE = Failure(name="fire", status=500, body={"no": "fire"}, level=Level.ASSUMED, source="-", says="The box burns.")
JAMMED = Failure(
    name="jammed", status=500, body={"no": "jammed"}, level=Level.ASSUMED, source="-", says="Stored, then stuck.",
    keeps_rows=True, strikes_at="stored",
)  # fmt: skip
SORTED_BY_AGE = Rule("toybox.order", Level.ASSUMED, "-", "Twins come oldest first.")


def dialect(fact: Fact) -> Refusal:
    match fact:
        case LimitExhausted():
            return TIRED(headers=(("retry-after", str(max(1, fact.retry_after // SECOND))),))
        case MethodNotAllowed():
            return WRONG_HAND(headers=(("allow", ", ".join(fact.allowed)),))
        case NoSuchOperation():
            return LOST(toy="?")
        case MalformedPath() | BodyTooLarge() | MalformedBody() | InvalidBody() | InvalidQuery():
            return MUDDLE()
        case _:
            return FIRE()


# auth -----------------------------------------------------------------------------------------------------------------


def authenticate(work: Work) -> Caller:
    scheme, key = scheme_and_value(work.request.header("authorization") or "")
    owner = work.db.one(FIND_KEY, key=key) if scheme == "Toy" else None
    if owner is None:
        raise STRANGER()
    return Caller(owner["owner"])


def _headers(usage: Usage) -> list[tuple[str, str]]:
    return [("x-calls-left", str(usage.remaining))]


# contract, service, router --------------------------------------------------------------------------------------------


class Toy(BaseModel):
    price: int = Field(ge=0)
    colours: list[str] = []


class MadeKey(TypedDict):
    key: str


class Stored(TypedDict):
    name: str
    at: int


class Found(TypedDict):
    name: str
    details: Toy


class Twins(TypedDict):
    twins: list[str]


class TwinsQuery(Query):
    limit: int = 2


ROUTES = Routes()


@ROUTES.post("/keys", "makeKey", guarded=False, status=201, answer=MadeKey)
def make_key(work: Work) -> Answer:
    key = work.token(12)
    work.db.run(ADD_KEY, key=key, owner="maker")
    return json_answer({"key": key}, 201)


@ROUTES.put("/shelf/{name}", "putToy", answer=Stored, failures=(LOST, JAMMED))
def put_toy(work: Work, name: str, toy: Toy) -> Answer:
    work.db.run(PUT_TOY, name=name, made_at=work.now, details=toy.model_dump_json())
    work.reach("stored")
    if name == "grenade":
        raise RuntimeError("bang")
    if name == "ghost":
        raise LOST(toy=name)
    if name == "dream":
        work.discard()
    return json_answer({"name": name, "at": work.now})


@ROUTES.get("/shelf/{name}", "getToy", answer=Found, failures=(LOST,))
def get_toy(work: Work, name: str) -> Answer:
    row = work.db.one(FIND_TOY, name=name)
    if row is None:
        raise LOST(toy=name)
    return json_answer({"name": row["name"], "details": orjson.loads(row["details"])})


@ROUTES.get("/shelf/{name}/twins", "listTwins", answer=Twins)
def list_twins(work: Work, name: str, query: TwinsQuery) -> Answer:
    work.rely(SORTED_BY_AGE)
    return json_answer({"twins": [name] * query.limit})


# checks ---------------------------------------------------------------------------------------------------------------


def _cause_of_key(case: Case) -> str | None:
    header = case.request.header("authorization") or ""
    if case.work.db.one(FIND_KEY, key=header) is not None:
        return "The key lacks its scheme word: Authorization: Toy and the key."
    owner = case.owner_of(header)
    return f"The key is {owner}: the box wants one of its own." if owner else None


def _mend_key(case: Case, draft: Draft) -> None:
    draft.set_header("Authorization", "Toy k-1")


_KEY = Check(
    name="key",
    expects="Authorization: Toy and a key of the box",
    failures=(STRANGER,),
    got=lambda case: case.header("Authorization"),
    cause=_cause_of_key,
    mend=_mend_key,
)
_PACE = Check(name="pace", expects="at most five calls a second", failures=(TIRED,), got=lambda case: "one more call")
_TOY = Check(
    name="toy", expects="a toy with a price", failures=(MUDDLE,), got=lambda case: f"{len(case.request.raw_body)} bytes"
)
_SHELF = Check(
    name="shelf", expects="a toy on the shelf", failures=(LOST,), got=lambda case: repr(case.found.get("name"))
)
CHECKLIST = Checklist(
    operations={
        "makeKey": (),
        "putToy": (_KEY, _PACE, _TOY, _SHELF),
        "getToy": (_KEY, _PACE, _SHELF),
        "listTwins": (_KEY, _PACE, _TOY),
    },
    remarks=lambda case: ["The shelf is full."] if case.found.get("name") == "full" else [],
    without_effect={"putToy": {"colours": "nobody looks at them."}, "listTwins": {"limit": "there are only twins."}},
)


# seed and descriptor --------------------------------------------------------------------------------------------------


class ToySettings(Settings):
    calls_per_second: int = Field(5, description="Calls per second and key; 0 is unlimited.")


class ToySeed(Section):
    name: str
    made: Moment = "-1d"
    price: int = 1


class ToySection(Section):
    settings: ToySettings = ToySettings()
    keys: dict[str, str] = {}
    toys: list[ToySeed] = []


def plant(work: Work, section: ToySection) -> None:
    work.db.many(ADD_KEY, ({"key": key, "owner": owner} for key, owner in section.keys.items()))
    for index, toy in enumerate(section.toys):
        if toy.price < 0:
            raise SectionError(f"toys[{index}].price", f"must not be negative, found {toy.price}")
        details = orjson.dumps({"price": toy.price}).decode()
        work.db.run(PUT_TOY, name=toy.name, made_at=work.moment(toy.made), details=details)


class ToyQuestion(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str
    times: int = 1


def price(work: Work, asked: ToyQuestion) -> Json:
    row = work.db.one(FIND_TOY, name=asked.name)
    if row is None:
        raise Misuse(404, "No such toy", f"there is no toy {asked.name!r}", toy=asked.name)
    return {"price": orjson.loads(row["details"])["price"] * asked.times, "now": work.now}


VENDOR = Vendor(
    slug="toybox",
    title="Toybox",
    api="Toy API",
    hosts=(Host("api.toybox.example"), Host("*.eu.toybox.example", "eu")),
    routes=ROUTES,
    authenticate=authenticate,
    dialect=dialect,
    failures=(STRANGER, LOST, MUDDLE, TIRED, WRONG_HAND, FIRE, JAMMED),
    rules=(SORTED_BY_AGE,),
    limits=(
        Limit(name="calls", quota=5, setting="calls_per_second", per=lambda work: work.caller.id, headers=_headers),
    ),
    metadata=METADATA,
    seed_model=ToySection,
    plant=plant,
    settings=ToySettings,
    credentials=lambda work: [{"name": "maker", "header": "Authorization: Toy k-1"}],
    secrets=lambda work: [row["key"] for row in work.db.all(KEYS)],
    realms=("eu", "us"),
    checklist=lambda: CHECKLIST,
    controls={"price": Control("what a number of toys costs", ToyQuestion, price)},
    drills={
        Drill.RETRY_STORM: Part((TIRED,)),
        Drill.FLAKY_5XX: Part((FIRE, JAMMED), ("putToy",)),
        Drill.EXPIRED_TOKEN: Part((STRANGER,), ("putToy", "getToy")),
        Drill.CURSOR_GONE: NoPart("its lists have no pages"),
    },
)
