"""What rules can ask and do: the domain functions, one per effect, with the arguments of its V1 tuple."""

from emulator.vendors.talonone.contract.effects import Effect
from emulator.vendors.talonone.service.effects import codes, discounts, messages, others, points, updates
from emulator.vendors.talonone.service.effects.turn import Props, Turn
from emulator.vendors.talonone.talang import Vocabulary

_NAMED = (*codes.FUNCTIONS, *discounts.FUNCTIONS, *points.FUNCTIONS, *messages.FUNCTIONS, *updates.FUNCTIONS)
FUNCTIONS = (*_NAMED, others.function({function.name for function in _NAMED}))
VOCABULARY = Vocabulary(FUNCTIONS)


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
        "props": props,
    }
    if coupon_id:
        given["triggeredByCoupon"] = coupon_id
    return given


__all__ = ["FUNCTIONS", "VOCABULARY", "Props", "Turn", "effect"]
