"""One rule being tried, with at most one coupon and one referral, and what it has asked and given so far.

An effect belongs to its turn and becomes real once the whole rule has held and none of its effects has come up against
a limit.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from emulator.core.errors import Level, Rule
from emulator.core.store import MOST_INTEGER
from emulator.vendors.talonone.service.codes import Code
from emulator.vendors.talonone.service.creations import Creation
from emulator.vendors.talonone.service.limits import Budgets
from emulator.vendors.talonone.service.loyalty import Points
from emulator.vendors.talonone.service.money import Number, amount
from emulator.vendors.talonone.service.occasion import Occasion
from emulator.vendors.talonone.talang import TalangError

if TYPE_CHECKING:
    from emulator.vendors.talonone.service.campaigns import Campaign

Props: TypeAlias = dict[str, Any]

PARTIAL = Rule(
    "talonone.partial_rewards", Level.INFERRED, "talon_go 25.17, Application.enablePartialDiscounts and desiredValue",
    "With partial discounts on, a discount is cut to what is left of its scope and of the limits, and desiredValue "
    "tells what it would have been. With them off it may be larger than the total, and an effect that goes over a "
    "limit is refused together with its whole rule: EffectCouldNotBeApplied for the rule's code.",
)  # fmt: skip
ZERO, ONE = Decimal(0), Decimal(1)
_LARGEST = Decimal("1e300")


class Turn:
    """`effect` is the index of the effect under way, None while conditions are looked at. `over` is the index of an
    effect that could not be given. What most rules never give is made when it is first needed."""

    __slots__ = (
        "budgets", "campaign", "coupon", "coupon_tested", "created", "discount", "effect", "given", "item_discounts",
        "occasion", "over", "partial", "points", "referral", "referral_tested", "spent", "updates",
    )  # fmt: skip

    def __init__(
        self, occasion: Occasion, partial: bool, campaign: "Campaign", budgets: Budgets, coupon: Code | None,
        referral: Code | None,
    ) -> None:  # fmt: skip
        self.occasion = occasion
        self.partial = partial
        self.campaign = campaign
        self.budgets = budgets
        self.coupon = coupon
        self.referral = referral
        self.coupon_tested = self.referral_tested = False
        self.effect: int | None = None
        self.over: int | None = None
        self.given: list[tuple[str, Props]] = []
        self.spent: dict[str, Decimal] = {}
        self.discount = ZERO
        self.item_discounts: dict[int, Decimal] | None = None
        self.points: Sequence[Points] = ()
        self.created: Sequence[Creation] = ()
        self.updates: Sequence[tuple[str, str, Any]] = ()

    def give(self, effect_type: str, props: Props) -> None:
        self.given.append((effect_type, props))

    @property
    def tested_coupon(self) -> Code | None:
        """The coupon that triggers what the rule gives."""
        return self.coupon if self.coupon_tested else None

    @property
    def tested_referral(self) -> Code | None:
        return self.referral if self.referral_tested else None

    def left(self, action: str) -> Decimal | None:
        """What the limits of the campaign and the coupon leave for this action; None without a limit."""
        coupon = self.coupon if self.coupon_tested else None
        if not self.campaign.limits and (coupon is None or not coupon.limits):
            return None
        limits = self.budgets.applied(self.campaign.limits, action, coupon)
        left = self.budgets.left(self.campaign.id, limits, coupon, self.tested_referral)
        return None if left is None else left - self.spent.get(action, ZERO)

    def spend(self, action: str, number: Decimal = ONE) -> bool:
        """Use so much of the action's budget, or refuse the effect where that is not left."""
        left = self.left(action)
        if left is not None and number > left:
            self.refuse()
            return False
        self.use(action, number)
        return True

    def use(self, action: str, number: Decimal = ONE) -> None:
        before = self.spent.get(action)
        self.spent[action] = number if before is None else before + number

    def refuse(self) -> None:
        """The effect under way has come up against a limit, and its whole rule with it."""
        self.occasion.work.rely(PARTIAL)
        self.over = self.effect or 0


def finite(value: Decimal) -> Number:
    """As it is written in JSON; what a float64 cannot hold, sums included, becomes an error effect."""
    if -_LARGEST < value < _LARGEST:
        return amount(value)
    raise TalangError("not a finite number")


def whole(value: Decimal) -> int:
    if abs(value) > MOST_INTEGER or value != value.to_integral_value():
        raise TalangError("not a whole number")
    return int(value)
