"""Talon.One, Integration API: sessions, profiles, coupons and the rules that connect them."""

from emulator.core.checks import Checklist
from emulator.core.description import Examples
from emulator.core.drills import Drill, NoPart, Part
from emulator.core.vendor import Host, Vendor
from emulator.vendors.talonone import auth, errors
from emulator.vendors.talonone.auth import OWN_CREDENTIALS, SECURITY, authenticate, credentials, secrets
from emulator.vendors.talonone.control import CONTROLS
from emulator.vendors.talonone.router import ROUTES
from emulator.vendors.talonone.seed import TalonOneSection, TalonOneSettings, plant
from emulator.vendors.talonone.service import (
    attributes,
    bindings,
    campaigns,
    carts,
    changes,
    closing,
    codes,
    coupons,
    creations,
    custom_events,
    effects,
    erasure,
    events,
    finished,
    idempotency,
    inventory,
    limits,
    loyalty,
    occasion,
    patterns,
    profile_updates,
    profiles,
    referrals,
    referring,
    reservations,
    rounds,
    selection,
    sessions,
    transitions,
    tuples,
    updates,
)
from emulator.vendors.talonone.service.effects import discounts, points, turn
from emulator.vendors.talonone.tables import METADATA


def _examples() -> Examples:
    from emulator.vendors.talonone.examples import EXAMPLES  # noqa: PLC0415 - only a document wants them

    return EXAMPLES


def _checklist() -> Checklist:
    from emulator.vendors.talonone.checks import CHECKLIST  # noqa: PLC0415 - only an explanation wants it

    return CHECKLIST


VENDOR = Vendor(
    slug="talonone",
    title="Talon.One",
    api="Integration API",
    hosts=(Host("*.talon.one"),),
    domains=("talon.one",),
    routes=ROUTES,
    authenticate=authenticate,
    dialect=errors.dialect,
    failures=errors.CATALOGUE,
    rules=(
        occasion.LANGUAGE,
        selection.ORDER,
        campaigns.CHOSEN,
        rounds.RUNNING_TOTAL,
        rounds.FAILED,
        rounds.EXHAUSTED,
        bindings.TYPED,
        turn.PARTIAL,
        discounts.POSITIONS,
        points.NO_RECIPIENT,
        points.NOT_ENOUGH,
        effects.updates.APPLIED,
        limits.CHECKED,
        limits.ADDRESSES,
        codes.ORDER,
        codes.LAST,
        codes.EXCLUDED,
        codes.UNMATCHED,
        coupons.HARD_RESERVATION,
        referrals.NEWER_REASONS,
        creations.PREVIEW,
        patterns.GENERATED,
        loyalty.BALANCES,
        closing.ON_CLOSE,
        closing.AT_ONCE,
        closing.ROLLBACK,
        closing.RETURNED,
        tuples.ARGUMENTS,
        auth.SCHEMES,
        updates.OMITTED,
        updates.PAYLOAD_ONLY,
        updates.NEW_PROFILE,
        sessions.SENT_TOTAL,
        sessions.SCOPE,
        carts.NAMELESS,
        carts.ITEM_COSTS,
        transitions.CREATED_CLOSED,
        finished.REOPENED,
        finished.RETURNED,
        changes.DRY,
        changes.EMPTY_SESSION,
        events.ATTRIBUTES,
        events.NO_ATTRIBUTES,
        events.RESERVED,
        custom_events.IN_SESSION,
        attributes.MERGED,
        attributes.NULL,
        attributes.LOCATION,
        attributes.UNSET,
        profile_updates.NO_RULES,
        profiles.AUDIENCES,
        reservations.RESERVED,
        referring.MADE,
        inventory.CONTENT,
        inventory.STATES,
        erasure.ERASED,
        idempotency.KEPT,
    ),
    limits=(),  # a 429 is documented, but no number: it can be provoked
    metadata=METADATA,
    seed_model=TalonOneSection,
    plant=plant,
    settings=TalonOneSettings,
    credentials=credentials,
    own_credentials=OWN_CREDENTIALS,
    checklist=_checklist,
    secrets=secrets,
    controls=CONTROLS,
    security=SECURITY,
    refusals=(errors.ErrorResponse, errors.ErrorResponseWithStatus, errors.EdgeError),
    examples=_examples,
    drills={
        Drill.RETRY_STORM: Part((errors.RATE_LIMITED,)),
        Drill.FLAKY_5XX: Part((errors.INTERNAL_ERROR, errors.BAD_GATEWAY, errors.SERVICE_UNAVAILABLE)),
        Drill.EXPIRED_TOKEN: Part((errors.INVALID_API_KEY,)),
        Drill.CURSOR_GONE: NoPart("none of its operations answers page by page"),
    },
)
