"""The two operations of the Profile API.

Each is documented twice, as "(1)" and "(2)", with the same method and path: looking a profile up by id and by identity
are one route.
"""

from emulator.core.answers import Answer, json_answer
from emulator.core.errors import Level
from emulator.core.routes import Routes
from emulator.core.work import Work
from emulator.vendors.primedata import service
from emulator.vendors.primedata.contract import EventsAnswer, EventSearch, ProfileAnswer, ProfileSearch
from emulator.vendors.primedata.errors import INVALID_FIELD, INVALID_REQUEST, NOT_FOUND, VALIDATION

ROUTES = Routes()
_REFUSALS = (INVALID_REQUEST, VALIDATION, INVALID_FIELD, NOT_FOUND)


@ROUTES.post(
    "/pub/profiles/advanced-search", "searchProfiles", answer=ProfileAnswer, failures=_REFUSALS,
    source="Profile API 1.1", says="One profile: its identities, traits and p-traits.",
)  # fmt: skip
def search_profiles(work: Work, search: ProfileSearch) -> Answer:
    return json_answer(service.search_profile(work, search))


@ROUTES.post(
    "/pub/events/advanced-search", "searchEvents", answer=EventsAnswer, failures=_REFUSALS,
    level=Level.INFERRED, source="Profile API 1.2", says="Events of one profile, page by page.",
)  # fmt: skip
def search_events(work: Work, search: EventSearch) -> Answer:
    return json_answer(service.search_events(work, search))
