"""What comes back when something happens: the integration state of either version, and the inventory."""

from typing import NotRequired

from typing_extensions import TypedDict

from emulator.vendors.talonone.contract.bodies import Empty
from emulator.vendors.talonone.contract.campaigns import Campaign, RuleFailureReason
from emulator.vendors.talonone.contract.coupons import Coupon, IntegrationCoupon, InventoryCoupon
from emulator.vendors.talonone.contract.effects import Effect
from emulator.vendors.talonone.contract.events import Event
from emulator.vendors.talonone.contract.loyalty import Loyalty
from emulator.vendors.talonone.contract.profiles import CustomerProfile
from emulator.vendors.talonone.contract.referrals import InventoryReferral, Referral
from emulator.vendors.talonone.contract.returns import Return
from emulator.vendors.talonone.contract.sessions import CustomerSession, CustomerSessionV2


class IntegrationState(TypedDict):
    """Of V1."""

    session: CustomerSession
    profile: CustomerProfile
    event: Event
    loyalty: NotRequired[Loyalty]
    coupon: NotRequired[IntegrationCoupon]


class Promotions(TypedDict):
    """What every answer of V2 says."""

    effects: list[Effect]
    createdCoupons: list[Coupon]
    createdReferrals: list[Referral]


class IntegrationStateV2(Promotions):
    """The others where ``responseContent`` asks for them and there is one.

    The emulator knows no giveaways or achievements, and says nothing about ``campaignEligibility``.
    """

    customerSession: NotRequired[CustomerSessionV2]
    customerProfile: NotRequired[CustomerProfile]
    event: NotRequired[Event]
    loyalty: NotRequired[Loyalty]
    referral: NotRequired[InventoryReferral]
    coupons: NotRequired[list[IntegrationCoupon]]
    triggeredCampaigns: NotRequired[list[Campaign]]
    ruleFailureReasons: NotRequired[list[RuleFailureReason]]
    awardedGiveaways: NotRequired[Empty]
    previousReturns: NotRequired[list[Return]]
    achievements: NotRequired[Empty]


ReturnState = TypedDict("ReturnState", {"return": Return})


class IntegrationStateOfReturn(IntegrationStateV2, ReturnState):
    """That of returnCartItems, which tells of the return itself (25.17, IntegrationStateV2.return)."""


class IntegrationStateOfProfile(Promotions):
    """Of updateCustomerProfileV2 and trackEventV2. The former always has the profile: in 2020 that was all it had."""

    customerProfile: NotRequired[CustomerProfile]
    event: NotRequired[Event]
    loyalty: NotRequired[Loyalty]
    triggeredCampaigns: NotRequired[list[Campaign]]
    ruleFailureReasons: NotRequired[list[RuleFailureReason]]
    awardedGiveaways: NotRequired[Empty]


class IntegrationCustomerSessionResponse(TypedDict):
    customerSession: CustomerSessionV2
    effects: list[Effect]


class ReopenSessionResponse(TypedDict):
    effects: list[Effect]


class CustomerInventory(TypedDict):
    """The parts that were asked for."""

    profile: NotRequired[CustomerProfile]
    referrals: NotRequired[list[InventoryReferral]]
    coupons: NotRequired[list[InventoryCoupon]]
    loyalty: NotRequired[Loyalty]
    giveaways: NotRequired[Empty]
    achievements: NotRequired[Empty]
