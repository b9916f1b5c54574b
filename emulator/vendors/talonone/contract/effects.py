"""Effects of V2: what the caller is to do. The props of each type are those of its V1 tuple, by name."""

from typing import Any, NotRequired

from typing_extensions import TypedDict


class Effect(TypedDict):
    """`triggeredByCoupon` is the id of the coupon whose rule this is (published responses of 2021 and 2022)."""

    campaignId: int
    rulesetId: int
    ruleIndex: int
    ruleName: str
    effectType: str
    triggeredByCoupon: NotRequired[int]
    props: dict[str, Any]
