"""PrimeData: the Profile API, which looks up one profile, or its events, by PrimeData id or by identity.

The only public description is one page, developer.primedata.ai/docs/profile-api (last changed 2023-11-28). Where it is
silent, Segment's Profile API decides, from which it was derived.
"""

from emulator.core.clock import SECOND
from emulator.core.limits import Limit
from emulator.core.vendor import Host, Vendor
from emulator.vendors.primedata.auth import authenticate, credentials
from emulator.vendors.primedata.errors import FAILURES, RULES, dialect
from emulator.vendors.primedata.router import ROUTES
from emulator.vendors.primedata.seed import PrimeDataSection, PrimeDataSettings, plant
from emulator.vendors.primedata.tables import METADATA

VENDOR = Vendor(
    slug="primedata",
    title="PrimeData",
    api="Profile API",
    hosts=(Host("dev.primedata.ai"), Host("live.primedata.ai"), Host("*.primedatacdp.com")),
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
            source="Segment Profile API, Rate limit; PrimeData documents the refusal and no number",
        ),
    ),
    metadata=METADATA,
    seed_model=PrimeDataSection,
    plant=plant,
    settings=PrimeDataSettings,
    credentials=credentials,
)
