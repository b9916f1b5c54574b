"""The rule engine: running campaigns by id, bindings, rules from top to bottom, conditions, effects.

A rule that asks for a valid code is tried once per submitted code of its campaign, any other rule once. What a rule
gives becomes real when its condition has held and no effect went over its limit; only then does the running total
change, so the effects of one rule all see the same total and later rules see what they have left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from emulator.core.errors import Level
from emulator.core.errors import Rule as Choice
from emulator.vendors.talonone.contract.campaigns import RuleFailureReason
from emulator.vendors.talonone.contract.effects import Effect
from emulator.vendors.talonone.service.campaigns import Campaign
from emulator.vendors.talonone.service.codes import NOWHERE, Code, rejection, verdict
from emulator.vendors.talonone.service.coupons import discount_left
from emulator.vendors.talonone.service.effects import Props, Turn, effect
from emulator.vendors.talonone.service.occasion import LANGUAGE, Occasion
from emulator.vendors.talonone.service.rulesets import Bindings, Rule
from emulator.vendors.talonone.talang import Scope, TalangError, Value

RUNNING_TOTAL = Choice(
    "talonone.running_total", Level.INFERRED, "Talon.One developer pages, migration from V1 to V2",
    "Discounts of V2 cascade from rule to rule: Session.Total is what the discounts of earlier rules have left, at "
    "least 0. The discounts of one rule do not, as published answers show. A discount may be larger than what is left.",
)  # fmt: skip
FAILED = Choice(
    "talonone.failed_expression", Level.INFERRED, "talon_go 2.1.1, ErrorEffectProps",
    "An expression that fails, or gives no finite number, leaves an error effect; its rule's other effects are given.",
)  # fmt: skip
CAMPAIGN_ORDER = Choice(
    "talonone.campaign_order", Level.ASSUMED, "emulator's choice", "Campaigns are evaluated in the order of their ids."
)


@dataclass(slots=True)
class Outcome:
    effects: list[Effect] = field(default_factory=list)
    failures: list[RuleFailureReason] = field(default_factory=list)
    triggered: dict[int, None] = field(default_factory=dict)
    """Ids of the campaigns that gave something, in order."""


def evaluate(occasion: Occasion, campaigns: Mapping[int, Campaign]) -> Outcome:
    outcome = Outcome()
    for campaign in campaigns.values():
        _Round(occasion, campaign, outcome).run()
    if campaigns:
        occasion.work.rely(LANGUAGE)
    if len(campaigns) > 1:
        occasion.work.rely(CAMPAIGN_ORDER)
    codes = [*occasion.coupons, occasion.referral] if occasion.referral else occasion.coupons
    outcome.effects += _rejections(occasion, codes, campaigns)
    return outcome


def _rejections(occasion: Occasion, codes: Sequence[Code], campaigns: Mapping[int, Campaign]) -> Iterable[Effect]:
    for code in codes:
        campaign = campaigns.get(code.campaign_id)
        first = campaign.ruleset.first_that_tests(code.kind) if campaign else None
        reason = verdict(occasion.work, code, tested=first is not None)
        if reason is None:
            continue
        if code.failed_rule is not None and campaign is not None:
            first = campaign.ruleset.rules[code.failed_rule]
        unruled = (NOWHERE, "") if code.row is None else (0, "")
        yield rejection(occasion.work, code, reason, *((first.index, first.title) if first else unruled))


@dataclass(slots=True)
class _Round:
    """One campaign's part in an evaluation."""

    occasion: Occasion
    campaign: Campaign
    outcome: Outcome

    def run(self) -> None:
        occasion, ruleset = self.occasion, self.campaign.ruleset
        scope = Scope(occasion.bindings, now=occasion.now, host=Turn(occasion))
        try:
            _bind(scope, ruleset.bindings)
        except TalangError as error:
            self._error(0, "", error, 0)
            return
        for rule in ruleset.rules:
            for coupon, referral in product(self._coupons(rule), self._referrals(rule)):
                self._try(rule, Turn(occasion, coupon, referral), scope)

    def _coupons(self, rule: Rule) -> Sequence[Code | None]:
        return (self._own(self.occasion.coupons) if rule.tests_coupon else []) or [None]

    def _referrals(self, rule: Rule) -> Sequence[Code | None]:
        referral = self.occasion.referral
        return (self._own([referral]) if rule.tests_referral and referral else []) or [None]

    def _own(self, codes: Sequence[Code]) -> list[Code]:
        """The codes of this campaign that nothing speaks against so far."""
        return [code for code in codes if code.reason is None and code.campaign_id == self.campaign.id]

    def _try(self, rule: Rule, turn: Turn, outer: Scope) -> None:
        scope = Scope(now=outer.now, host=turn, parent=outer)
        index = None
        try:
            _bind(scope, rule.bindings)
            for index, condition in enumerate(rule.conditions):
                if not _holds(condition.evaluate(scope)):
                    self._fail(rule, turn, "the condition is not met", index)
                    return
        except TalangError as error:
            self._error(rule.index, rule.title, error, turn.coupon.id if turn.coupon else 0)
            self._fail(rule, turn, str(error), index)
            return
        for program in rule.effects:
            try:
                program.evaluate(scope)
            except TalangError as error:
                self.occasion.work.rely(FAILED)
                turn.give("error", {"message": str(error)})
        self._settle(rule, turn)

    def _settle(self, rule: Rule, turn: Turn) -> None:
        """Make real what the rule has given, or nothing of it where the coupon cannot give that much any more."""
        coupon = turn.coupon if turn.coupon_tested else None
        referral = turn.referral if turn.referral_tested else None
        if coupon is not None and coupon.row is not None:
            left = discount_left(coupon.row)
            if left is not None and coupon.discount + turn.discount > left:
                coupon.over = True
                self._fail(rule, turn, "the coupon's discountLimit is reached")
                return
            if not coupon.accepted:
                self._give(rule, "acceptCoupon", {"value": coupon.value}, coupon.id)
            coupon.accepted = True
            coupon.discount += turn.discount
        if referral is not None and not referral.accepted:
            referral.accepted = True
            self._give(rule, "acceptReferral", {"value": referral.value})
            if self.occasion.session.state == "closed":
                self._give(rule, "redeemReferral", {"id": referral.id, "value": referral.value})
        for effect_type, props in turn.given:
            self._give(rule, effect_type, props, coupon.id if coupon else 0)
        if turn.discount:
            self.occasion.work.rely(RUNNING_TOTAL)
            self.occasion.leave(turn.discount)

    def _give(self, rule: Rule, effect_type: str, props: Props, coupon_id: int = 0) -> None:
        campaign = self.campaign
        given = effect(campaign.id, campaign.ruleset_id, rule.index, rule.title, effect_type, props, coupon_id)
        self.outcome.effects.append(given)
        self.outcome.triggered[campaign.id] = None

    def _error(self, rule_index: int, rule_name: str, error: TalangError, coupon_id: int) -> None:
        campaign = self.campaign
        self.occasion.work.rely(FAILED)
        props = {"message": str(error)}
        self.outcome.effects.append(
            effect(campaign.id, campaign.ruleset_id, rule_index, rule_name, "error", props, coupon_id)
        )

    def _fail(self, rule: Rule, turn: Turn, details: str, condition: int | None = None) -> None:
        reason: RuleFailureReason = {
            "campaignID": self.campaign.id,
            "campaignName": self.campaign.name,
            "rulesetID": self.campaign.ruleset_id,
            "ruleIndex": rule.index,
            "ruleName": rule.title,
            "details": details,
        }
        if condition is not None:
            reason["conditionIndex"] = condition
        for code in (turn.coupon, turn.referral):
            if code is None:
                continue
            if code.failed_rule is None:
                code.failed_rule = rule.index
            if code.kind == "Coupon":
                reason |= {"couponID": code.id, "couponValue": code.value}
            else:
                reason |= {"referralID": code.id, "referralValue": code.value}
        self.outcome.failures.append(reason)


def _bind(scope: Scope, bindings: Bindings) -> None:
    for name, program in bindings:
        scope.write([name], program.evaluate(scope))


def _holds(value: Value) -> bool:
    """As `and` sees it: a boolean, or a list or map, which counts as true."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list | Mapping):
        return True
    raise TalangError("the condition gives neither true nor false", "")
