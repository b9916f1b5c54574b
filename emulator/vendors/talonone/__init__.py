"""Talon.One, Integration API: sessions, profiles, coupons and the rules that connect them."""

from emulator.core.vendor import Host, Vendor
from emulator.vendors.talonone import errors
from emulator.vendors.talonone.auth import authenticate, credentials
from emulator.vendors.talonone.router import ROUTES
from emulator.vendors.talonone.seed import TalonOneSection, TalonOneSettings, plant
from emulator.vendors.talonone.service import (
    attributes,
    closing,
    codes,
    coupons,
    effects,
    evaluation,
    events,
    occasion,
    profiles,
    updates,
)
from emulator.vendors.talonone.tables import METADATA

VENDOR = Vendor(
    slug="talonone",
    title="Talon.One",
    api="Integration API",
    hosts=(Host("*.talon.one"),),
    routes=ROUTES,
    authenticate=authenticate,
    dialect=errors.dialect,
    failures=errors.CATALOGUE,
    rules=(
        occasion.LANGUAGE,
        evaluation.CAMPAIGN_ORDER,
        evaluation.RUNNING_TOTAL,
        evaluation.FAILED,
        effects.NO_RECIPIENT,
        codes.ORDER,
        codes.UNMATCHED,
        coupons.HARD_RESERVATION,
        closing.ON_CLOSE,
        closing.ROLLBACK,
        updates.OMITTED,
        updates.CREATED_CLOSED,
        updates.SESSION_SCOPE,
        updates.NEW_PROFILE,
        updates.DRY_EVENT,
        events.ATTRIBUTES,
        attributes.MERGED,
        attributes.NULL,
        attributes.UNSET,
        profiles.NO_RULES,
    ),
    limits=(),  # a 429 is documented, but no number: it can be provoked
    metadata=METADATA,
    seed_model=TalonOneSection,
    plant=plant,
    settings=TalonOneSettings,
    credentials=credentials,
)
