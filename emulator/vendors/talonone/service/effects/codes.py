"""What rules ask about codes, and the new ones they make."""

from decimal import Decimal

from emulator.vendors.talonone.service import creations
from emulator.vendors.talonone.service.creations import Creation
from emulator.vendors.talonone.service.effects.turn import Turn, whole
from emulator.vendors.talonone.talang import Evaluation, HostFunction, Kind, TalangError, Value

STEPS_A_CODE = 100


def coupon_valid(evaluation: Evaluation) -> bool:
    turn = evaluation.host_as(Turn)
    turn.coupon_tested = turn.coupon is not None
    return turn.coupon_tested


def referral_valid(evaluation: Evaluation) -> bool:
    turn = evaluation.host_as(Turn)
    turn.referral_tested = turn.referral is not None
    return turn.referral_tested


def redeem_referral(evaluation: Evaluation, *_: Value) -> None:
    """Closing a session redeems the referral anyway, and says so; asking for it is an error without a referral."""
    if evaluation.host_as(Turn).tested_referral is None:
        raise TalangError("there is no referral to redeem")


def create_coupon(
    evaluation: Evaluation, recipient: str = "", usage_limit: Decimal = Decimal(1), validity: str = ""
) -> None:
    """A code by the campaign's `couponSettings`, for anybody or for one profile."""
    turn = _charged(evaluation)
    _created(
        turn, creations.coupon(turn.occasion, turn.campaign, turn.created, recipient, whole(usage_limit), validity)
    )


def coupon_created(evaluation: Evaluation, code: str, recipient: str) -> None:
    """With the arguments of the V1 tuple: this very code, or one by this pattern."""
    turn = _charged(evaluation)
    _created(turn, creations.coupon(turn.occasion, turn.campaign, turn.created, recipient, 1, "", pattern=code))


def create_referral(evaluation: Evaluation, friend: str = "", validity: str = "") -> None:
    """A code by the campaign's `referralSettings`, with the session's profile as the advocate."""
    turn = _charged(evaluation)
    _created(turn, creations.referral(turn.occasion, turn.campaign, turn.created, friend, validity))


def referral_created(evaluation: Evaluation, code: str) -> None:
    turn = _charged(evaluation)
    _created(turn, creations.referral(turn.occasion, turn.campaign, turn.created, "", "", pattern=code))


def _charged(evaluation: Evaluation) -> Turn:
    """A new code is compared with all that this evaluation has made."""
    turn = evaluation.host_as(Turn)
    evaluation.charge(STEPS_A_CODE + len(turn.occasion.created) + len(turn.created))
    return turn


def _created(turn: Turn, creation: Creation) -> None:
    if turn.spend(f"create{creation.kind}"):
        turn.created = (*turn.created, creation)
        turn.give(creation.effect_type, creation.props)


_TEXT = Kind.STRING

FUNCTIONS = (
    HostFunction("couponValid", (), coupon_valid),
    HostFunction("referralValid", (), referral_valid),
    HostFunction("redeemReferral", (), redeem_referral),
    HostFunction("redeemReferral", (Kind.DECIMAL, _TEXT), redeem_referral),
    HostFunction("createCoupon", (), create_coupon),
    HostFunction("createCoupon", (_TEXT,), create_coupon),
    HostFunction("createCoupon", (_TEXT, Kind.DECIMAL), create_coupon),
    HostFunction("createCoupon", (_TEXT, Kind.DECIMAL, _TEXT), create_coupon),
    HostFunction("couponCreated", (_TEXT, _TEXT), coupon_created),
    HostFunction("createReferral", (), create_referral),
    HostFunction("createReferral", (_TEXT,), create_referral),
    HostFunction("createReferral", (_TEXT, _TEXT), create_referral),
    HostFunction("referralCreated", (_TEXT,), referral_created),
)
