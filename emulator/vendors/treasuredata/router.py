"""Treasure Data's operations."""

from emulator.core.answers import Answer, empty_answer, json_answer
from emulator.core.errors import Level
from emulator.core.routes import Routes
from emulator.core.work import Work
from emulator.vendors.treasuredata.contract import Event, Personalized
from emulator.vendors.treasuredata.errors import CHOICE, FAILURES, OPENAPI
from emulator.vendors.treasuredata.service.personalization import personalize

ROUTES = Routes()


@ROUTES.post(
    "/{database}/{table}",
    "personalize",
    answer=Personalized,
    failures=FAILURES,
    source=f"{OPENAPI}, personalize",
    says="Stores one event and answers the offers that its profile now gets: 200 with some, 204 with none.",
)
def get_offers(work: Work, database: str, table: str, event: Event) -> Answer:
    earned = personalize(work, database, table, event.columns)
    return empty_answer() if earned is None else json_answer(earned)


@ROUTES.operation(
    "OPTIONS", "/{database}/{table}", "options", guarded=False, catch=True, level=Level.ASSUMED, source=CHOICE
)
def tell_methods(work: Work, database: str, table: str) -> Answer:
    """The server path has no CORS: a browser's preflight gets nothing here that would let it go on."""
    return Answer(204, headers=(("allow", "POST, OPTIONS"),))
