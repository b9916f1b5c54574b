"""Treasure Data: the Real-time Personalization API 2.0, one call that stores an event and answers offers."""

from emulator.core.vendor import Host, Vendor
from emulator.vendors.treasuredata import contract, errors
from emulator.vendors.treasuredata.auth import authenticate, credentials
from emulator.vendors.treasuredata.router import ROUTES
from emulator.vendors.treasuredata.seed import TreasureDataSection, plant
from emulator.vendors.treasuredata.service import (
    attributes,
    configuration,
    criteria,
    offers,
    personalization,
    profiles,
    values,
)
from emulator.vendors.treasuredata.tables import METADATA

VENDOR = Vendor(
    slug="treasuredata",
    title="Treasure Data",
    api="Real-time Personalization API 2.0",
    hosts=tuple(
        Host(f"{region}.p13n.in.treasuredata.com", region) for region in ("us01", "eu01", "ap01", "ap02", "ap03")
    ),
    routes=ROUTES,
    authenticate=authenticate,
    dialect=errors.dialect,
    failures=errors.FAILURES,
    rules=(
        errors.CHECK_ORDER,
        errors.EVENT_KEPT,
        contract.EVENT_DEFAULTS,
        contract.EVENT_BODY,
        personalization.UNREGISTERED_TABLE,
        profiles.STITCHING,
        profiles.NO_ID,
        profiles.BATCH_LINK,
        attributes.SINGLE,
        attributes.LIST,
        attributes.COUNTER,
        attributes.MERGING,
        values.DATA_TYPES,
        criteria.CONDITIONS,
        criteria.COERCION,
        criteria.REGEXPS,
        configuration.SELECTION,
        offers.UNKNOWN_PROFILES,
        offers.SENSITIVITY,
        offers.EMPTY_PARTS,
        contract.OFFERS,
        contract.BATCH_SEGMENTS,
        contract.MISSING_ATTRIBUTE,
        contract.NO_MATCH,
    ),
    limits=(),
    metadata=METADATA,
    seed_model=TreasureDataSection,
    plant=plant,
    settings=contract.PersonalizationSettings,
    credentials=credentials,
)
