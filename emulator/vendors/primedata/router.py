"""The two searches of the Profile API, and the two calls that track events.

Each search is documented twice, as "(1)" and "(2)", with the same method and path: looking a profile up by id and by
identity are one route.
"""

from emulator.core.answers import Answer, json_answer
from emulator.core.cors import Cors
from emulator.core.description import Parameter
from emulator.core.errors import Level
from emulator.core.routes import Routes
from emulator.core.work import Work
from emulator.vendors.primedata.auth import ACCESS_TOKEN, API_KEY, CLIENT_ID, WRITE_KEY
from emulator.vendors.primedata.contract.events import EventsAnswer, EventSearch
from emulator.vendors.primedata.contract.profiles import ProfileAnswer, ProfileSearch
from emulator.vendors.primedata.contract.tracking import Batch, Context, Processed
from emulator.vendors.primedata.errors import (
    AUTHENTICATION,
    INVALID_FIELD,
    INVALID_REQUEST,
    NOT_FOUND,
    PAGES,
    TRACKING,
    TRACKING_FAILURES,
    VALIDATION,
)
from emulator.vendors.primedata.service.context import load_context
from emulator.vendors.primedata.service.events import search_events
from emulator.vendors.primedata.service.profiles import search_profile
from emulator.vendors.primedata.service.tracking import track

CORS = Cors(prefixes=(TRACKING,), methods=("POST",), headers=("content-type", CLIENT_ID, ACCESS_TOKEN))
ROUTES = Routes()
_REFUSALS = (AUTHENTICATION, INVALID_REQUEST, VALIDATION, INVALID_FIELD, NOT_FOUND)
_CLIENT_ID = (
    Parameter(name="X-Client-Id", required=True, says="The id of a data source, and the scope of its events."),
)
_BROWSERS = "web SDK miner.js"
_METHODS = {"Allow": "POST, OPTIONS"}
_PREFLIGHT = (
    Parameter(name="Origin", says="Browsers send it."),
    Parameter(name="Access-Control-Request-Method", says="What the page is about to do."),
    Parameter(name="Access-Control-Request-Headers", says="Answered with all that are allowed, whatever it says."),
)


@ROUTES.post(
    "/pub/profiles/advanced-search", "searchProfiles", answer=ProfileAnswer, failures=_REFUSALS,
    security=(API_KEY,), reads=True,
    source="Profile API 1.1", says="One profile: its identities, traits and p-traits.",
)  # fmt: skip
def find_profile(work: Work, search: ProfileSearch) -> Answer:
    return json_answer(search_profile(work, search))


@ROUTES.post(
    "/pub/events/advanced-search", "searchEvents", answer=EventsAnswer, failures=_REFUSALS,
    security=(API_KEY,), reads=True,
    level=Level.INFERRED, source="Profile API 1.2", says="Events of one profile, page by page.",
)  # fmt: skip
def find_events(work: Work, search: EventSearch) -> Answer:
    return json_answer(search_events(work, search))


@ROUTES.post(
    "/powehi/smile", "smile", answer=Processed, failures=TRACKING_FAILURES, parameters=_CLIENT_ID,
    security=(WRITE_KEY,),
    source="Events Push API", says="Takes 1 to 500 events, all or none; what they tell is found by the searches.",
)  # fmt: skip
def take_events(work: Work, batch: Batch) -> Answer:
    _note_page(work)
    return json_answer(track(work, batch))


@ROUTES.post(
    "/powehi/context", "context", answer=Context, failures=TRACKING_FAILURES, parameters=_CLIENT_ID,
    security=(WRITE_KEY,),
    level=Level.INFERRED, source="Events Push API; the SDKs' first call and their identify",
    says="The same, and what is known of the visitor.",
)  # fmt: skip
def take_events_and_tell(work: Work, batch: Batch) -> Answer:
    _note_page(work)
    return json_answer(load_context(work, batch))


def _note_page(work: Work) -> None:
    if work.request.header("origin") is not None:
        work.rely(PAGES)


@ROUTES.operation(
    "OPTIONS", "/powehi/smile", "smilePreflight", guarded=False, status=204, level=Level.OBSERVED, source=_BROWSERS,
    says="Lets a page go on with its POST.", headers=_METHODS, parameters=_PREFLIGHT,
)  # fmt: skip
def let_pages_smile(work: Work) -> Answer:
    return _passed(work)


@ROUTES.operation(
    "OPTIONS", "/powehi/context", "contextPreflight", guarded=False, status=204, level=Level.OBSERVED,
    source=_BROWSERS, says="Lets a page go on with its POST.", headers=_METHODS, parameters=_PREFLIGHT,
)  # fmt: skip
def let_pages_load(work: Work) -> Answer:
    return _passed(work)


def _passed(work: Work) -> Answer:
    work.rely(PAGES)
    return Answer(204, headers=tuple(_METHODS.items()))
