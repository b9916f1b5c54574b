"""Algonomy (formerly RichRelevance): the Profile Command API behind its gateway, in three environments."""

from emulator.core.checks import Checklist
from emulator.core.clock import SECOND
from emulator.core.description import Examples
from emulator.core.drills import Drill, NoPart, Part
from emulator.core.errors import Level
from emulator.core.limits import Limit
from emulator.core.vendor import Host, Vendor
from emulator.vendors.algonomy import errors
from emulator.vendors.algonomy.auth import (
    OWN_CREDENTIALS,
    PUBLISHED,
    SECURITY,
    authenticate,
    credentials,
    quota_headers,
    secrets,
)
from emulator.vendors.algonomy.contract import ENVIRONMENTS, UPDATES_PER_SECOND, AlgonomySettings
from emulator.vendors.algonomy.errors import FAILURES, RULES, GatewayError, OAuthError, dialect
from emulator.vendors.algonomy.router import PREFIX, ROUTES, normalise
from emulator.vendors.algonomy.seed import AlgonomySection, plant
from emulator.vendors.algonomy.tables import METADATA


def _examples() -> Examples:
    from emulator.vendors.algonomy.examples import EXAMPLES  # noqa: PLC0415 - only a document wants them

    return EXAMPLES


def _checklist() -> Checklist:
    from emulator.vendors.algonomy.checks import CHECKLIST  # noqa: PLC0415 - only an explanation wants it

    return CHECKLIST


VENDOR = Vendor(
    slug="algonomy",
    title="Algonomy",
    api="Profile Command API",
    hosts=(
        Host("gateway.richrelevance.com", "production"),
        Host("qa-gateway.richrelevance.com", "qa"),
        Host("staging-gateway.richrelevance.com", "staging"),
    ),
    domains=("richrelevance.com", "algonomy.com"),
    realms=ENVIRONMENTS,
    normalise=normalise,
    protected=(PREFIX,),
    routes=ROUTES,
    authenticate=authenticate,
    dialect=dialect,
    failures=FAILURES,
    rules=RULES,
    limits=(
        Limit(
            name="updates",
            quota=UPDATES_PER_SECOND,
            window=SECOND,
            kind="fixed",
            per=lambda work: work.caller.id,
            setting="updates_per_second",
            headers=quota_headers,
            level=Level.INFERRED,
            source="Profile Command API, Throttling of API requests; window, scope and headers as in Kong's "
            "rate-limiting plugin",
        ),
    ),
    metadata=METADATA,
    seed_model=AlgonomySection,
    plant=plant,
    settings=AlgonomySettings,
    credentials=credentials,
    own_credentials=OWN_CREDENTIALS,
    published=PUBLISHED,
    secrets=secrets,
    security=SECURITY,
    refusals=(OAuthError, GatewayError),
    examples=_examples,
    checklist=_checklist,
    drills={
        Drill.RETRY_STORM: Part((errors.RATE_LIMITED,), ("optOut",)),  # the token endpoint is not throttled
        Drill.FLAKY_5XX: Part((errors.UNEXPECTED, errors.BAD_UPSTREAM, errors.UNAVAILABLE, errors.UPSTREAM_TIMEOUT)),
        Drill.EXPIRED_TOKEN: Part((errors.INVALID_TOKEN,), ("optOut",)),
        Drill.CURSOR_GONE: NoPart("none of its operations answers page by page"),
    },
)
