"""PrimeData: the Profile API, which looks up one profile, or its events, by id or by identity; and the tracking calls,
from which profiles and events come.

The only public description of the former is one page, developer.primedata.ai/docs/profile-api (last changed
2023-11-28). Where it is silent, Segment's Profile API decides, from which it was derived. Tracking is described at
docs/events-push and docs/events-dynamics; where these are silent, Apache Unomi decides.
"""

from emulator.core.checks import Checklist
from emulator.core.clock import SECOND
from emulator.core.description import Examples
from emulator.core.drills import Drill, Part
from emulator.core.errors import Level
from emulator.core.limits import Limit
from emulator.core.vendor import Host, Vendor
from emulator.vendors.primedata import errors
from emulator.vendors.primedata.auth import OWN_CREDENTIALS, PUBLISHED, SECURITY, authenticate, credentials, secrets
from emulator.vendors.primedata.contract.tracking import MOST_BYTES
from emulator.vendors.primedata.errors import FAILURES, RULES, dialect
from emulator.vendors.primedata.router import CORS, ROUTES
from emulator.vendors.primedata.seed import PrimeDataSection, plant
from emulator.vendors.primedata.seed.settings import PrimeDataSettings
from emulator.vendors.primedata.tables import METADATA

PROFILE_API = ("searchProfiles", "searchEvents")


def _examples() -> Examples:
    from emulator.vendors.primedata.examples import EXAMPLES  # noqa: PLC0415 - only a document wants them

    return EXAMPLES


def _checklist() -> Checklist:
    from emulator.vendors.primedata.checks import CHECKLIST  # noqa: PLC0415 - only an explanation wants it

    return CHECKLIST


VENDOR = Vendor(
    slug="primedata",
    title="PrimeData",
    api="Profile API",
    hosts=(
        Host("dev.primedata.ai"),
        Host("live.primedata.ai"),
        Host("powehi.primedata.ai", prefix="/powehi"),  # the default of older SDKs
        Host("*.primedatacdp.com"),
    ),
    domains=("primedata.ai", "primedatacdp.com"),
    routes=ROUTES,
    authenticate=authenticate,
    dialect=dialect,
    failures=FAILURES,
    rules=RULES,
    limits=(
        Limit(
            name="requests",
            quota=100,
            window=SECOND,
            kind="rolling",
            setting="requests_per_second",
            per=lambda work: work.caller.id,
            operations=frozenset(PROFILE_API),
            level=Level.INFERRED,
            source="Segment Profile API, Rate limit; PrimeData documents the refusal and no number",
        ),
    ),
    metadata=METADATA,
    seed_model=PrimeDataSection,
    plant=plant,
    settings=PrimeDataSettings,
    credentials=credentials,
    own_credentials=OWN_CREDENTIALS,
    published=PUBLISHED,
    checklist=_checklist,
    secrets=secrets,
    cors=CORS,
    security=SECURITY,
    refusals=(errors.SearchRefusal, errors.TrackingRefusal),
    examples=_examples,
    largest_body=MOST_BYTES,
    drills={
        Drill.RETRY_STORM: Part((errors.RATE_LIMIT,), PROFILE_API),
        Drill.FLAKY_5XX: Part(
            (errors.INTERNAL, errors.BAD_GATEWAY, errors.UNAVAILABLE, errors.GATEWAY_TIMEOUT), PROFILE_API
        ),
        Drill.EXPIRED_TOKEN: Part((errors.AUTHENTICATION,), PROFILE_API),
        Drill.CURSOR_GONE: Part((errors.INVALID_FIELD,), ("searchEvents",), errors.CURSOR_READ),
    },
)
