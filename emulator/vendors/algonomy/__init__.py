"""Algonomy (formerly RichRelevance): the Profile Command API behind its gateway, in three environments."""

from emulator.core.clock import SECOND
from emulator.core.limits import Limit
from emulator.core.vendor import Host, Vendor
from emulator.vendors.algonomy.auth import authenticate, credentials, quota_headers
from emulator.vendors.algonomy.contract import ENVIRONMENTS, UPDATES_PER_SECOND, AlgonomySettings
from emulator.vendors.algonomy.errors import FAILURES, RULES, dialect
from emulator.vendors.algonomy.router import PREFIX, ROUTES, normalise
from emulator.vendors.algonomy.seed import AlgonomySection, plant
from emulator.vendors.algonomy.tables import METADATA

VENDOR = Vendor(
    slug="algonomy",
    title="Algonomy",
    api="Profile Command API",
    hosts=(
        Host("gateway.richrelevance.com", "production"),
        Host("qa-gateway.richrelevance.com", "qa"),
        Host("staging-gateway.richrelevance.com", "staging"),
    ),
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
            source="Profile Command API, Throttling of API requests; window, scope and headers as in Kong's "
            "rate-limiting plugin",
        ),
    ),
    metadata=METADATA,
    seed_model=AlgonomySection,
    plant=plant,
    settings=AlgonomySettings,
    credentials=credentials,
)
