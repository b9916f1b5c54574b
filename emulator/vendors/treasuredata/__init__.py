"""Treasure Data: the Real-time Personalization API 2.0, one call that stores an event and answers offers, for servers
and for pages; and the Data Ingestion API, which fills the same tables."""

from emulator.core.checks import Checklist
from emulator.core.description import Examples
from emulator.core.drills import Drill, NoPart, Part
from emulator.core.vendor import Host, Vendor
from emulator.vendors.treasuredata import contract, errors
from emulator.vendors.treasuredata.auth import OWN_CREDENTIALS, PUBLISHED, SECURITY, authenticate, credentials, secrets
from emulator.vendors.treasuredata.router import CORS, PAGES, ROUTES
from emulator.vendors.treasuredata.seed import TreasureDataSection, plant
from emulator.vendors.treasuredata.service import (
    attributes,
    catalogs,
    configuration,
    counters,
    criteria,
    lists,
    offers,
    operators,
    payloads,
    profiles,
    reactor,
    records,
    singles,
    states,
    stitching,
    values,
)
from emulator.vendors.treasuredata.tables import METADATA

PERSONALIZATION = ("personalize", "personalizePublic")
REGIONS = ("us01", "eu01", "ap01", "ap02", "ap03")


def _examples() -> Examples:
    from emulator.vendors.treasuredata.examples import EXAMPLES  # noqa: PLC0415 - only a document wants them

    return EXAMPLES


def _checklist() -> Checklist:
    from emulator.vendors.treasuredata.checks import CHECKLIST  # noqa: PLC0415 - only an explanation wants it

    return CHECKLIST


VENDOR = Vendor(
    slug="treasuredata",
    title="Treasure Data",
    api="Real-time Personalization API 2.0",
    hosts=(
        *(Host(f"{region}.p13n.in.treasuredata.com", region) for region in REGIONS),
        *(Host(f"{region}.records.in.treasuredata.com", region, "/records") for region in REGIONS),
    ),
    domains=("treasuredata.com", "treasuredata.co.jp"),
    routes=ROUTES,
    authenticate=authenticate,
    dialect=errors.dialect,
    failures=errors.FAILURES,
    rules=(
        errors.CHECK_ORDER,
        errors.EVENT_KEPT,
        contract.EVENT_DEFAULTS,
        contract.EVENT_BODY,
        reactor.UNREGISTERED_TABLE,
        stitching.STITCHING,
        stitching.NO_ID,
        stitching.MERGING,
        profiles.BATCH_LINK,
        attributes.IMPORTED,
        singles.SINGLE,
        lists.LIST,
        counters.COUNTER,
        states.BACKFILL,
        values.DATA_TYPES,
        values.VALUE_SIZE,
        catalogs.CATALOGS,
        criteria.CONDITIONS,
        attributes.WHOLE_LISTS,
        operators.COERCION,
        operators.TIMES,
        operators.REGEXPS,
        configuration.SELECTION,
        payloads.NODES,
        offers.UNKNOWN_PROFILES,
        offers.UNDECIDED,
        offers.SENSITIVITY,
        offers.EMPTY_PARTS,
        contract.OFFERS,
        contract.BATCH_SEGMENTS,
        contract.CATALOG_LOOKUPS,
        contract.MISSING_ATTRIBUTE,
        contract.NO_MATCH,
        PAGES,
        contract.RECORD_BODY,
        records.RECEIPTS,
        records.PLACEHOLDERS,
        records.ROUTING,
    ),
    limits=(),
    metadata=METADATA,
    seed_model=TreasureDataSection,
    plant=plant,
    settings=contract.PersonalizationSettings,
    credentials=credentials,
    own_credentials=OWN_CREDENTIALS,
    published=PUBLISHED,
    secrets=secrets,
    cors=CORS,
    largest_body=contract.MOST_BATCH_BYTES,
    security=SECURITY,
    refusals=(errors.CodedError, errors.StatusError),
    examples=_examples,
    checklist=_checklist,
    drills={
        Drill.RETRY_STORM: Part((errors.KINESIS_LIMIT,), PERSONALIZATION),  # 2013 would leave the event stored
        Drill.FLAKY_5XX: Part(errors.PASSING, PERSONALIZATION),
        Drill.EXPIRED_TOKEN: Part((errors.UNAUTHORIZED,)),
        Drill.CURSOR_GONE: NoPart("none of its operations answers page by page"),
    },
)
