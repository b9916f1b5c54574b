"""What rules can ask and do: the domain functions, one per effect, with the arguments of its V1 tuple.

An effect belongs to the rule that is being tried and becomes real once the whole rule has held.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from emulator.core.errors import Level, Rule
from emulator.core.store import MOST_INTEGER
from emulator.vendors.talonone.contract.effects import Effect
from emulator.vendors.talonone.service.codes import Code
from emulator.vendors.talonone.service.money import Number, amount
from emulator.vendors.talonone.service.occasion import Occasion
from emulator.vendors.talonone.tables import FIND_LOYALTY_PROGRAM
from emulator.vendors.talonone.talang import Evaluation, HostFunction, Kind, TalangError, Vocabulary

Props: TypeAlias = Mapping[str, Any]

NO_RECIPIENT = Rule(
    "talonone.points_for_nobody", Level.ASSUMED, "emulator's choice",
    "Loyalty points without a recipient, in an anonymous session, are not given and leave no effect.",
)  # fmt: skip


@dataclass(slots=True)
class Turn:
    """One rule being tried, with at most one coupon and one referral; what it has asked and given so far."""

    occasion: Occasion
    coupon: Code | None = None
    referral: Code | None = None
    coupon_tested: bool = False
    referral_tested: bool = False
    given: list[tuple[str, Props]] = field(default_factory=list)
    discount: Decimal = Decimal(0)

    def give(self, effect_type: str, props: Props) -> None:
        self.given.append((effect_type, props))


def effect(
    campaign_id: int, ruleset_id: int, rule_index: int, rule_name: str, effect_type: str, props: Props, coupon_id: int
) -> Effect:
    """`coupon_id` 0: no coupon has triggered it."""
    given: Effect = {
        "campaignId": campaign_id,
        "rulesetId": ruleset_id,
        "ruleIndex": rule_index,
        "ruleName": rule_name,
        "effectType": effect_type,
        "props": dict(props),
    }
    if coupon_id:
        given["triggeredByCoupon"] = coupon_id
    return given


def coupon_valid(evaluation: Evaluation) -> bool:
    turn = evaluation.host_as(Turn)
    turn.coupon_tested = turn.coupon is not None
    return turn.coupon_tested


def referral_valid(evaluation: Evaluation) -> bool:
    turn = evaluation.host_as(Turn)
    turn.referral_tested = turn.referral is not None
    return turn.referral_tested


def set_discount(evaluation: Evaluation, name: str, value: Decimal) -> None:
    turn = evaluation.host_as(Turn)
    turn.give("setDiscount", {"name": name, "value": _finite(value)})
    turn.discount += value


def add_free_item(evaluation: Evaluation, name: str, sku: str) -> None:
    evaluation.host_as(Turn).give("addFreeItem", {"sku": sku, "name": name})


def show_notification(evaluation: Evaluation, kind: str, title: str, body: str) -> None:
    evaluation.host_as(Turn).give("showNotification", {"notificationType": kind, "title": title, "body": body})


def add_loyalty_points(
    evaluation: Evaluation, name: str, program_id: Decimal, sub_ledger_id: str, value: Decimal, *recipients: str
) -> None:
    """`expiryCondition` is a member of 2020, `transactionUUID` one of today."""
    turn = evaluation.host_as(Turn)
    work, number = turn.occasion.work, _whole(program_id)
    program = work.db.one(FIND_LOYALTY_PROGRAM, program_id=number, account_id=turn.occasion.caller.account)
    if program is None:
        raise TalangError(f"there is no loyalty program {number}")
    recipient = recipients[0] if recipients else turn.occasion.profile.integration_id
    if not recipient:
        work.rely(NO_RECIPIENT)
        return
    props = {
        "name": name,
        "programId": number,
        "subLedgerId": sub_ledger_id,
        "value": _finite(value),
        "recipientIntegrationId": recipient,
        "expiryCondition": program["default_validity"],
        "transactionUUID": work.uuid4(),
    }
    turn.give("addLoyaltyPoints", props)


def _finite(value: Decimal) -> Number:
    """As it is written in JSON; what a float64 cannot hold, sums included, becomes an error effect."""
    number = amount(value) if abs(value) < Decimal("1e300") else None
    if number is None:
        raise TalangError("not a finite number")
    return number


def _whole(value: Decimal) -> int:
    if abs(value) > MOST_INTEGER or value != value.to_integral_value():
        raise TalangError("not a whole number")
    return int(value)


_TEXT, _NUMBER = Kind.STRING, Kind.DECIMAL

VOCABULARY = Vocabulary(
    (
        HostFunction("couponValid", (), coupon_valid),
        HostFunction("referralValid", (), referral_valid),
        HostFunction("setDiscount", (_TEXT, _NUMBER), set_discount),
        HostFunction("addFreeItem", (_TEXT, _TEXT), add_free_item),
        HostFunction("addLoyaltyPoints", (_TEXT, _NUMBER, _TEXT, _NUMBER, _TEXT), add_loyalty_points, variadic=True),
        HostFunction("showNotification", (_TEXT, _TEXT, _TEXT), show_notification),
    )
)
