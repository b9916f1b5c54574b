"""Coupons and referrals, written out or made by a pattern."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emulator.core.section import SectionError
from emulator.vendors.talonone import tables
from emulator.vendors.talonone.auth import Application as Caller
from emulator.vendors.talonone.seed.campaigns import Campaign, Coupon, NewCoupons
from emulator.vendors.talonone.seed.planting import limits
from emulator.vendors.talonone.seed.planting.ground import Ground, Ids, json, owned
from emulator.vendors.talonone.service.patterns import (
    DEFAULT_PATTERN,
    VALID_CHARACTERS,
    BadPattern,
    NoCodesLeft,
    draw,
    read,
)


def plant(ground: Ground) -> None:
    """Made codes come last, so that they keep clear of those that are written out."""
    planting = _Codes(ground)
    campaigns = [(f"campaigns[{index}]", one) for index, one in enumerate(ground.section.campaigns)]
    for path, one in campaigns:
        caller = ground.callers[one.applicationId]
        ground.work.db.many(tables.ADD_COUPON, planting.coupons(one, caller, f"{path}.coupons"))
        ground.work.db.many(tables.ADD_REFERRAL, planting.referrals(one, caller, f"{path}.referrals"))
    for path, one in campaigns:
        for index, new in enumerate(one.newCoupons):
            planting.make(one, ground.callers[one.applicationId], new, f"{path}.newCoupons[{index}]", index)


class _Codes:
    """`owned` are the codes of each account, by what they are codes of, with the path where each stands."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        campaigns = ground.section.campaigns
        self._coupon_ids = Ids("coupon", (coupon.id for one in campaigns for coupon in one.coupons))
        self._referral_ids = Ids("referral", (referral.id for one in campaigns for referral in one.referrals))
        self._owned: dict[tuple[str, int], dict[str, str]] = {}

    def coupons(self, campaign: Campaign, caller: Caller, path: str) -> Iterable[Mapping[str, Any]]:
        for index, one in enumerate(campaign.coupons):
            place = f"{path}[{index}]"
            number = self._coupon_ids.take(one.id, f"{place}.id")
            owned(one.campaignId, campaign.id, f"{place}.campaignId")
            self._reserve(number, one.reservations, f"{place}.reservations")
            yield {
                "id": number,
                "code": self._code("coupon", caller, one.value, f"{place}.value"),
                "value": caller.normalised(one.value),
                "usage_counter": one.usageCounter,
                "discount_counter": one.discountCounter,
                "batch_id": one.batchId,
                "referral_id": one.referralId,
                "import_id": one.importId,
                **self._coupon(campaign, caller, one, place),
            }

    def make(self, campaign: Campaign, caller: Caller, new: NewCoupons, path: str, index: int) -> None:
        """All at once: a code is all that one of them has for itself."""
        settings = campaign.couponSettings
        text = new.couponPattern or (settings.couponPattern if settings else DEFAULT_PATTERN)
        characters = new.validCharacters or (settings.validCharacters if settings else VALID_CHARACTERS)
        owned = self._owned.setdefault(("coupon", caller.account), {})
        try:
            pattern = read(text, characters, new.uniquePrefix, caller.normalised)
            codes = draw(self._ground.work.random, pattern, new.numberOfCoupons, owned.keys().__and__)
        except BadPattern as error:
            raise SectionError(f"{path}.{error.member}", error.message) from None
        except NoCodesLeft as error:
            raise SectionError(f"{path}.numberOfCoupons", error.message) from None
        owned.update(dict.fromkeys(codes, path))
        row = self._coupon(campaign, caller, new, path)
        row["batch_id"] = new.batchId or f"{campaign.id}-{index + 1}"
        first = self._coupon_ids.block(len(codes))
        self._ground.work.db.run(tables.ADD_COUPONS, first_id=first, codes=json(codes), **row)

    def _coupon(self, campaign: Campaign, caller: Caller, one: Coupon | NewCoupons, path: str) -> dict[str, Any]:
        """What written and made coupons have in common."""
        ground = self._ground
        ground.mandatory(campaign.applicationId, "coupons", one.attributes, f"{path}.attributes")
        if one.limits and one.recipientIntegrationId is not None:
            raise SectionError(f"{path}.limits", "a coupon that has a recipient has no limits per profile")
        return {
            "account_id": caller.account,
            "application_id": caller.number,
            "campaign_id": campaign.id,
            "created": ground.moment(one.created),
            "usage_limit": one.usageLimit,
            "discount_limit": one.discountLimit,
            "start_date": ground.optional(one.startDate),
            "expiry_date": ground.optional(one.expiryDate),
            "recipient": one.recipientIntegrationId,
            "reservation": one.reservation,
            "attributes": ground.attributes(one.attributes, caller.account, "Coupon", f"{path}.attributes"),
            "limits": limits.of_coupon(one.limits, f"{path}.limits"),
            "reservation_limit": one.reservationLimit,
            "reservation_mandatory": one.isReservationMandatory,
            "implicitly_reserved": one.implicitlyReserved,
        }

    def referrals(self, campaign: Campaign, caller: Caller, path: str) -> Iterable[Mapping[str, Any]]:
        ground = self._ground
        for index, one in enumerate(campaign.referrals):
            place = f"{path}[{index}]"
            owned(one.campaignId, campaign.id, f"{place}.campaignId")
            if one.friendProfileIntegrationId == one.advocateProfileIntegrationId:
                message = "advocate and friend are the same profile"
                raise SectionError(f"{place}.friendProfileIntegrationId", message)
            yield {
                "id": self._referral_ids.take(one.id, f"{place}.id"),
                "account_id": caller.account,
                "code": self._code("referral", caller, one.code, f"{place}.code"),
                "value": caller.normalised(one.code),
                "application_id": caller.number,
                "campaign_id": campaign.id,
                "created": ground.moment(one.created),
                "advocate": one.advocateProfileIntegrationId,
                "friend": one.friendProfileIntegrationId,
                "usage_limit": one.usageLimit,
                "usage_counter": one.usageCounter,
                "start_date": ground.optional(one.startDate),
                "expiry_date": ground.optional(one.expiryDate),
                "attributes": ground.attributes(one.attributes, caller.account, "Referral", f"{place}.attributes"),
                "import_id": one.importId,
                "batch_id": one.batchId,
            }

    def _reserve(self, coupon: int, holders: Sequence[str], path: str) -> None:
        for index, holder in enumerate(holders):
            if holder in holders[:index]:
                raise SectionError(f"{path}[{index}]", f"{holder!r} is listed twice")
        now = self._ground.work.now
        rows = [{"id": None, "coupon_id": coupon, "profile_id": holder, "created": now} for holder in holders]
        self._ground.work.db.many(tables.ADD_RESERVATION, rows)

    def _code(self, noun: str, caller: Caller, value: str, path: str) -> str:
        """The code as it is compared. An account has it once (talon_go 2.1.1, Coupon.value)."""
        code = caller.normalised(value)
        other = self._owned.setdefault((noun, caller.account), {}).setdefault(code, path)
        if other is not path:
            raise SectionError(path, f"the account has the {noun} code {code!r} already, at {other}")
        return code
