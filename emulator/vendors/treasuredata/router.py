"""Treasure Data's operations."""

from dataclasses import replace

from emulator.core.answers import Answer, empty_answer, json_answer
from emulator.core.cors import Cors, origin_of
from emulator.core.description import Parameter
from emulator.core.errors import Level, NoSuchOperation, Rule
from emulator.core.routes import Routes
from emulator.core.work import Work
from emulator.vendors.treasuredata.auth import check_names, check_preflight
from emulator.vendors.treasuredata.contract import (
    EVENT_BODY,
    NAME_PATTERN,
    PUBLIC,
    RECORDS,
    Batch,
    Event,
    Personalized,
    Receipts,
)
from emulator.vendors.treasuredata.errors import (
    CHOICE,
    CODES,
    EVENT_CHECKED,
    EVENT_STORED,
    INVALID_BATCH,
    METHOD_MISSING,
    METHOD_NOT_ALLOWED,
    METHOD_UNSUPPORTED,
    NOT_FOUND,
    OPENAPI,
    ORIGIN_INVALID,
    STATUSES,
    UNDIAGNOSED,
)
from emulator.vendors.treasuredata.service.personalization import personalize
from emulator.vendors.treasuredata.service.records import import_records

REQUESTED_METHOD = "Access-Control-Request-Method"
BROWSERS = "td-js-sdk 4.4.3, fetchPersonalization"
INGESTION = "Importing Table Records Using the Data Ingestion API; SDKs for browsers, Android and iOS"
CORS = Cors(prefixes=(PUBLIC, RECORDS), methods=("POST",), headers=("authorization", "content-type", "wp13n-token"))
PAGES = Rule(
    "treasuredata.pages",
    Level.OBSERVED,
    "td-js-sdk 4.4.3 in Chromium: it sends credentials, so a browser refuses every star and every answer without these",
    "All answers below /public and /records echo a usable Origin and allow credentials; preflights also name POST and "
    "the three headers that the client sends. The server path tells browsers nothing.",
)
ROUTES = Routes()

_NAMES = tuple(
    Parameter(name=name, place="path", schema={"type": "string", "pattern": f"^{NAME_PATTERN}$"}, says=says)
    for name, says in (("database", "Of the account of the API key."), ("table", "Made by its first event."))
)
_TOKEN = Parameter(
    name="WP13n-Token",
    required=True,
    schema={"type": "string", "pattern": "^[0-9]+/[0-9]+/[0-9a-fA-F]{32}$"},
    says="{account id}/{instance id}/{token}: the reactor that answers.",
)
_CODING = Parameter(
    name="Content-Encoding",
    schema={"enum": ["identity", "gzip", "x-gzip"]},
    says="Mobile clients may pack what they send.",
)
_ORIGIN = Parameter(name="Origin", required=True, says="Browsers send it: https://shop.example.")
_WANTED = Parameter(name="Access-Control-Request-Headers", says="Answered with all that are allowed, whatever it says.")
_NO_OFFERS = {204: "The event is stored, and no section matches."}
_METHODS = {"Allow": "POST, OPTIONS"}


@ROUTES.post(
    "/{database}/{table}",
    "personalize",
    answer=Personalized,
    failures=(*STATUSES, *CODES),
    source=f"{OPENAPI}, personalize",
    says="Stores one event and answers the offers that its profile now gets: 200 with some, 204 with none.",
    parameters=(*_NAMES, _TOKEN, _CODING),
    also=_NO_OFFERS,
)
def get_offers(work: Work, database: str, table: str, event: Event) -> Answer:
    if event.is_unusual:
        work.rely(EVENT_BODY)
    earned = personalize(work, database, table, event.columns)
    return empty_answer() if earned is None else json_answer(earned)


@ROUTES.operation(
    "OPTIONS",
    "/{database}/{table}",
    "options",
    guarded=False,
    catch=True,
    level=Level.ASSUMED,
    source=CHOICE,
    says="Names the methods of the server path, and gives a browser no leave to go on.",
)
def tell_methods(work: Work, database: str, table: str) -> Answer:
    """The server path has no CORS: a browser's preflight gets nothing here that would let it go on."""
    return _methods()


@ROUTES.post(
    "/public/{database}/{table}",
    "personalizePublic",
    answer=Personalized,
    failures=(*STATUSES, *CODES),
    level=Level.OBSERVED,
    source=BROWSERS,
    says="Stores one event and answers the offers that its profile now gets, to pages: with a token of a public "
    "service, and an Origin.",
    parameters=(*_NAMES, _TOKEN, _ORIGIN, _CODING),
    also=_NO_OFFERS,
)
def get_offers_for_page(work: Work, database: str, table: str, event: Event) -> Answer:
    work.rely(PAGES)
    return get_offers(work, database, table, event)


@ROUTES.operation(
    "OPTIONS",
    "/public/{database}/{table}",
    "personalizePublicPreflight",
    guarded=False,
    status=204,
    failures=(NOT_FOUND, METHOD_NOT_ALLOWED, ORIGIN_INVALID, METHOD_MISSING, METHOD_UNSUPPORTED, UNDIAGNOSED),
    level=Level.OBSERVED,
    source=BROWSERS,
    says="Lets a page go on with its POST. Standing failures hit it only where they name this operation.",
    parameters=(
        *_NAMES,
        _ORIGIN,
        Parameter(name=REQUESTED_METHOD, required=True, schema={"const": "POST"}, says="What the page is about to do."),
        _WANTED,
    ),
    headers=_METHODS,
)
def preflight(work: Work, database: str, table: str) -> Answer:
    check_preflight(work, database, table)
    return _passed(work)


@ROUTES.post(
    "/records/{database}/{table}",
    "importRecords",
    answer=Receipts,
    failures=(*STATUSES, INVALID_BATCH, UNDIAGNOSED),
    source=INGESTION,
    says="Stores records as events: a receipt for each, never offers. On the records hosts without /records, which "
    "leads the path on every other host.",
    parameters=(
        *_NAMES,
        _CODING,
        Parameter(name="modified", place="query", says="td-js-sdk: the page's clock in milliseconds. Without effect."),
        Parameter(name="time", place="query", says="td-js-sdk: the record's `time` once more. Without effect."),
    ),
)
def take_records(work: Work, database: str, table: str, batch: Batch) -> Answer:
    if origin_of(work.request) is not None:
        work.rely(PAGES)
    return json_answer(import_records(work, database, table, batch))


@ROUTES.operation(
    "OPTIONS",
    "/records/{database}/{table}",
    "importRecordsPreflight",
    guarded=False,
    status=204,
    failures=(NOT_FOUND, METHOD_NOT_ALLOWED, UNDIAGNOSED),
    level=Level.OBSERVED,
    source="td-js-sdk 4.4.3, trackEvent and addRecord",
    says="Lets a page go on with its POST. Standing failures hit it only where they name this operation.",
    parameters=(
        *_NAMES,
        replace(_ORIGIN, required=False),
        Parameter(name=REQUESTED_METHOD, says="What the page is about to do."),
        _WANTED,
    ),
    headers=_METHODS,
)
def records_preflight(work: Work, database: str, table: str) -> Answer:
    check_names(database, table)
    return _passed(work)


@ROUTES.operation("*", "/records/{table}", "noRecords", guarded=False, catch=True)
def refuse_records(work: Work, table: str) -> Answer:
    """A records host has no path of one segment, and must not be taken for a database called records."""
    raise NoSuchOperation


def _passed(work: Work) -> Answer:
    """A failure that was arranged for the preflight by name strikes although there is no event."""
    work.rely(PAGES)
    work.reach(EVENT_CHECKED)
    work.reach(EVENT_STORED)
    return _methods()


def _methods() -> Answer:
    return Answer(204, headers=tuple(_METHODS.items()))
