"""Codes that rules create: shown in every answer, stored when the session closes.

While a session is open its created codes are a preview: nobody can redeem them yet, and the next update shows the same
code again. What an event or a profile update creates is stored at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import orjson

from emulator.core.clock import Micros
from emulator.core.errors import Level, Rule
from emulator.vendors.talonone.service import patterns
from emulator.vendors.talonone.service.occasion import Occasion
from emulator.vendors.talonone.service.patterns import BadPattern, NoCodesLeft
from emulator.vendors.talonone.service.validity import UNLIMITED, later
from emulator.vendors.talonone.tables import (
    ADD_COUPON,
    ADD_REFERRAL,
    HIGHEST_COUPON,
    HIGHEST_REFERRAL,
    TAKEN_COUPONS,
    TAKEN_REFERRALS,
    coupons,
    referrals,
)
from emulator.vendors.talonone.talang import TalangError

if TYPE_CHECKING:
    from emulator.vendors.talonone.service.campaigns import Campaign

PREVIEW = Rule(
    "talonone.created_codes", Level.INFERRED, "Talon.One Integration API 26.16, reopenCustomerSession",
    "A code that a rule creates in an open session is shown with the id it would get and can be redeemed only after "
    "the session has closed; cancelling or reopening leaves it in place. A created coupon can be used once.",
)  # fmt: skip
Kind: TypeAlias = Literal["Coupon", "Referral"]


@dataclass(frozen=True, slots=True)
class Creation:
    """`row` is what will be stored."""

    kind: Kind
    row: dict[str, Any]
    props: dict[str, Any]

    @property
    def full(self) -> Mapping[str, Any]:
        """The row with all of its columns."""
        table = coupons if self.kind == "Coupon" else referrals
        return {**dict.fromkeys(column.name for column in table.columns), **self.row}

    @property
    def effect_type(self) -> str:
        return "couponCreated" if self.kind == "Coupon" else "referralCreated"


def coupon(
    occasion: Occasion, campaign: "Campaign", before: Sequence[Creation], recipient: str, usage_limit: int,
    validity: str, *, pattern: str | None = None,
) -> Creation:  # fmt: skip
    """A new coupon of the campaign; `before` are the codes that the rule has created already."""
    if not 0 <= usage_limit <= 999_999:
        raise TalangError("a usage limit is 0 to 999999")
    settings = campaign.coupon_settings if pattern is None else {"couponPattern": pattern}
    row = _row(occasion, campaign, before, "Coupon", settings) | {
        "usage_limit": usage_limit,
        "discount_counter": 0,
        "recipient": recipient or None,
        "reservation": 1,
        "expiry_date": _expiry(occasion, validity),
    }
    return Creation("Coupon", row, {"value": row["value"], "profileId": recipient or occasion.profile.integration_id})


def referral(
    occasion: Occasion, campaign: "Campaign", before: Sequence[Creation], friend: str, validity: str,
    *, pattern: str | None = None,
) -> Creation:  # fmt: skip
    if not occasion.profile.integration_id:
        raise TalangError("an anonymous session has no profile to refer a friend")
    settings = campaign.referral_settings if pattern is None else {"couponPattern": pattern}
    row = _row(occasion, campaign, before, "Referral", settings) | {
        "usage_limit": 1 if friend else 0,
        "advocate": occasion.profile.integration_id,
        "friend": friend or None,
        "expiry_date": _expiry(occasion, validity),
    }
    return Creation("Referral", row, {"value": row["value"]})


def _row(
    occasion: Occasion, campaign: "Campaign", before: Sequence[Creation], kind: Kind, settings: Mapping[str, Any] | None
) -> dict[str, Any]:
    occasion.work.rely(PREVIEW)
    others = [one for one in (*occasion.created, *before) if one.kind == kind]
    code = _shown_before(occasion, campaign, kind, others) or _new_code(occasion, kind, settings, others)
    highest = occasion.work.db.one(HIGHEST_COUPON if kind == "Coupon" else HIGHEST_REFERRAL)
    return {
        "id": (highest["id"] or 0 if highest else 0) + len(others) + 1,
        "account_id": occasion.caller.account,
        "code": code,
        "value": code,
        "application_id": occasion.caller.number,
        "campaign_id": campaign.id,
        "created": occasion.work.now,
        "usage_counter": 0,
        "start_date": None,
        "attributes": "{}",
    }


def _shown_before(occasion: Occasion, campaign: "Campaign", kind: Kind, others: Sequence[Creation]) -> str | None:
    """The code that the last update of the open session has shown in this place, if nobody has it since."""
    if occasion.previewed is None:
        occasion.previewed = [
            (each["campaignId"], each["effectType"], each["props"]["value"])
            for each in orjson.loads(occasion.session.effects)
            if each["effectType"] in ("couponCreated", "referralCreated")
        ]
    effect_type = "couponCreated" if kind == "Coupon" else "referralCreated"
    shown = [code for number, given, code in occasion.previewed if (number, given) == (campaign.id, effect_type)]
    position = sum(one.row["campaign_id"] == campaign.id for one in others)
    if position >= len(shown) or _taken(occasion, kind, shown[position]):
        return None
    return str(shown[position])


def _taken(occasion: Occasion, kind: Kind, code: str) -> bool:
    statement = TAKEN_COUPONS if kind == "Coupon" else TAKEN_REFERRALS
    codes = orjson.dumps([code]).decode()
    return occasion.work.db.one(statement, account_id=occasion.caller.account, codes=codes) is not None


def _new_code(occasion: Occasion, kind: Kind, settings: Mapping[str, Any] | None, others: Sequence[Creation]) -> str:
    """One that neither the account has nor this evaluation has made already."""
    draw = patterns.coupon_codes if kind == "Coupon" else patterns.referral_codes
    used = {one.row["code"] for one in others}
    try:
        drawn = draw(occasion.work, occasion.caller, settings, len(used) + 1)
    except (BadPattern, NoCodesLeft) as error:
        raise TalangError(f"no code can be created: {error.message}") from None
    return next(code for code in drawn if code not in used)


def _expiry(occasion: Occasion, validity: str) -> Micros | None:
    if validity in UNLIMITED:
        return None
    try:
        return later(occasion.work.now, validity)
    except ValueError as error:
        raise TalangError(str(error)) from None


def store(occasion: Occasion, created: Sequence[Creation]) -> None:
    for one in created:
        occasion.work.db.run(ADD_COUPON if one.kind == "Coupon" else ADD_REFERRAL, **one.row)
