"""A campaign's round in an evaluation: its bindings, its rules from top to bottom, conditions, effects.

A rule that asks for a valid code is tried once per submitted code of its campaign, any other rule once. What a rule
gives becomes real when its condition has held and no effect came up against a limit; only then does the running total
change, so the effects of one rule all see the same total and later rules see what they have left.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING

from emulator.core.errors import Level
from emulator.core.errors import Rule as Choice
from emulator.vendors.talonone.contract.campaigns import RuleFailureReason
from emulator.vendors.talonone.service.bindings import bind
from emulator.vendors.talonone.service.campaigns import Campaign, Programme
from emulator.vendors.talonone.service.codes import Code
from emulator.vendors.talonone.service.effects import Props, Turn, effect
from emulator.vendors.talonone.service.effects.updates import apply
from emulator.vendors.talonone.service.limits import REDEMPTIONS, Budgets
from emulator.vendors.talonone.service.occasion import LANGUAGE, Occasion
from emulator.vendors.talonone.service.rulesets import IN_BINDINGS, Rule
from emulator.vendors.talonone.talang import Allowance, Scope, TalangError, TalangLimit, Value

if TYPE_CHECKING:
    from emulator.vendors.talonone.service.evaluation import Outcome

RUNNING_TOTAL = Choice(
    "talonone.running_total", Level.INFERRED, "Talon.One developer pages, migration from V1 to V2",
    "Discounts of V2 cascade from rule to rule: Session.Total is what the discounts of earlier rules have left, at "
    "least 0. The discounts of one rule do not, as published answers show. V1 does not cascade, nor does an "
    "Application whose enableCascadingDiscounts is false. Nothing is rounded.",
)  # fmt: skip
FAILED = Choice(
    "talonone.failed_expression", Level.INFERRED, "talon_go 2.1.1, ErrorEffectProps",
    "An expression that fails, or gives no finite number, leaves an error effect; its rule's other effects are given.",
)  # fmt: skip
EXHAUSTED = Choice(
    "talonone.step_budget", Level.ASSUMED, "our choice: Talon.One publishes no such bound",
    "An expression that nests too deeply or works too long fails, and so does every one after the rules of a call have "
    "together worked too long.",
)  # fmt: skip


class Rounds:
    """All rounds of one evaluation, with what they share."""

    def __init__(self, occasion: Occasion, programme: Programme, budgets: Budgets, outcome: "Outcome") -> None:
        self.occasion = occasion
        self.programme = programme
        self.budgets = budgets
        self.outcome = outcome
        self.coupons: Sequence[Code] = ()
        self.referral: Code | None = None
        self.discounted = False
        """Whether the running total has changed."""
        self._exhausted = False
        """Whether the rule under way has worked too long: it is not tried with further codes."""
        self._scope = Scope(occasion.bindings, now=occasion.now, allowance=Allowance())
        self._spare = Scope(now=occasion.now, parent=self._scope)
        """The scope of one rule after the other, as long as none of them sets anything."""

    def run(self, campaign: Campaign) -> bool:
        """Whether the campaign has given anything."""
        ruleset, scope = campaign.ruleset, self._scope
        if ruleset.bindings:
            if ruleset.own:
                self.occasion.work.rely(LANGUAGE)
            scope = scope.nested()
            scope.host = self._turn(campaign)
            try:
                bind(scope, ruleset.bindings, self.occasion)
            except TalangError as error:
                self._error(campaign, None, error, 0)
                return False
        for rule in ruleset.rules:
            if not rule.tests_coupon and not rule.tests_referral:
                self._try(rule, self._turn(campaign), scope)
            else:
                self._try_codes(rule, campaign, scope)
        return campaign.id in self.outcome.triggered

    def _try_codes(self, rule: Rule, campaign: Campaign, scope: Scope) -> None:
        self._exhausted = False
        for coupon, referral in product(self._coupons(campaign, rule), self._referrals(campaign, rule)):
            self._try(rule, self._turn(campaign, coupon, referral), scope)
            if self._exhausted:
                return

    def _turn(self, campaign: Campaign, coupon: Code | None = None, referral: Code | None = None) -> Turn:
        return Turn(self.occasion, self.programme.partial, campaign, self.budgets, coupon, referral)

    def _coupons(self, campaign: Campaign, rule: Rule) -> Sequence[Code | None]:
        return (_own(campaign, self.coupons) if rule.tests_coupon else []) or [None]

    def _referrals(self, campaign: Campaign, rule: Rule) -> Sequence[Code | None]:
        referral = self.referral
        return (_own(campaign, [referral]) if rule.tests_referral and referral else []) or [None]

    def _try(self, rule: Rule, turn: Turn, outer: Scope) -> None:
        scope, own = self._scope_of(rule, turn, outer), rule.own_from
        index = None
        if self.discounted and rule.reads_total:
            self.occasion.work.rely(RUNNING_TOTAL)
        try:
            if rule.bindings:
                if own == IN_BINDINGS:
                    self.occasion.work.rely(LANGUAGE)
                bind(scope, rule.bindings, self.occasion)
            for index, condition in enumerate(rule.conditions):
                if index == own:
                    self.occasion.work.rely(LANGUAGE)
                value = condition.evaluate(scope)
                if value is not True and not _holds(value):
                    self._fail(rule, turn, "the condition is not met", condition=index)
                    return
        except TalangError as error:
            self._exhausted = isinstance(error, TalangLimit)
            self._error(turn.campaign, rule, error, turn.coupon.id if turn.coupon else 0)
            self._fail(rule, turn, str(error), condition=index)
            return
        if own == len(rule.conditions):
            self.occasion.work.rely(LANGUAGE)
        for index, program in enumerate(rule.effects):
            turn.effect = index
            try:
                program.evaluate(scope)
            except TalangError as error:
                self._exhausted |= isinstance(error, TalangLimit)
                self._rely(error)
                turn.give("error", {"message": str(error)})
        self._settle(rule, turn)

    def _scope_of(self, rule: Rule, turn: Turn, outer: Scope) -> Scope:
        if rule.reads:
            things = {"Campaign": turn.campaign, "Coupon": turn.coupon, "Referral": turn.referral}
            roles = {name: self.occasion.role(name, things[name]) for name in rule.reads if things[name] is not None}
            return Scope(roles, now=outer.now, host=turn, parent=outer)
        if outer is not self._scope:
            return Scope(now=outer.now, host=turn, parent=outer)
        spare = self._spare
        if spare.written or spare.templates:
            spare = self._spare = Scope(now=outer.now, parent=outer)
        spare.host = turn
        return spare

    def _settle(self, rule: Rule, turn: Turn) -> None:
        """Make real what the rule has given, or nothing of it where an effect has come up against a limit."""
        coupon, referral = turn.tested_coupon, turn.tested_referral
        if turn.over is None:
            self._redeemable(turn, coupon, referral)
        if turn.over is not None:
            for code in (coupon, referral):
                if code is not None and code.over is None:
                    code.over = turn.over
            self._fail(rule, turn, "the effect could not be applied", effect=turn.over)
            return
        if coupon is not None or referral is not None:
            self._accept(rule, turn, coupon, referral)
        coupon_id = coupon.id if coupon else 0
        for effect_type, props in turn.given:
            self._give(turn.campaign, rule, effect_type, props, coupon_id)
        if turn.spent:
            self._use(turn, coupon, referral)
        if turn.updates:
            apply(turn)
        self.occasion.points.extend(turn.points)
        self.occasion.created.extend(turn.created)
        if turn.discount:
            self._discount(turn, coupon)

    def _redeemable(self, turn: Turn, coupon: Code | None, referral: Code | None) -> None:
        """A code that an earlier code of this session has left no budget for is turned down after all."""
        for code in (coupon, referral):
            if code is not None and not code.accepted and (turn.campaign.limits or code.limits):
                code.reason = self.budgets.refusal(turn.campaign.id, turn.campaign.limits, code)
                if code.reason is not None:
                    turn.over = 0

    def _accept(self, rule: Rule, turn: Turn, coupon: Code | None, referral: Code | None) -> None:
        campaign = turn.campaign
        if coupon is not None and not coupon.accepted:
            coupon.accepted = True
            self._give(campaign, rule, "acceptCoupon", {"value": coupon.value}, coupon.id)
            turn.use(REDEMPTIONS["Coupon"])
        if referral is not None and not referral.accepted:
            referral.accepted = True
            self._give(campaign, rule, "acceptReferral", {"value": referral.value})
            turn.use(REDEMPTIONS["Referral"])
            if self.occasion.session.state == "closed":
                self._give(campaign, rule, "redeemReferral", {"id": referral.id, "value": referral.value})

    def _use(self, turn: Turn, coupon: Code | None, referral: Code | None) -> None:
        campaign = turn.campaign
        for action, number in turn.spent.items():
            limits = self.budgets.applied(campaign.limits, action, coupon)
            self.budgets.use(campaign.id, limits, action, number, coupon, referral)

    def _discount(self, turn: Turn, coupon: Code | None) -> None:
        if coupon is not None:
            coupon.discount += turn.discount
        if turn.item_discounts:
            for position, discount in turn.item_discounts.items():
                self.occasion.item_left[position] -= discount
        if _has_parts_of_cents(turn.discount):
            self.occasion.work.rely(RUNNING_TOTAL)
        self.discounted = True
        self.occasion.leave(turn.discount)

    def _give(self, campaign: Campaign, rule: Rule, effect_type: str, props: Props, coupon_id: int = 0) -> None:
        self.outcome.effects.append(
            effect(campaign.id, campaign.ruleset_id, rule.index, rule.title, effect_type, props, coupon_id)
        )
        if effect_type != "error":
            self.outcome.triggered[campaign.id] = None

    def _rely(self, error: TalangError) -> None:
        self.occasion.work.rely(FAILED)
        if isinstance(error, TalangLimit):
            self.occasion.work.rely(EXHAUSTED)

    def _error(self, campaign: Campaign, rule: Rule | None, error: TalangError, coupon_id: int) -> None:
        self._rely(error)
        index, title = (rule.index, rule.title) if rule else (0, "")
        props = {"message": str(error)}
        self.outcome.effects.append(effect(campaign.id, campaign.ruleset_id, index, title, "error", props, coupon_id))

    def _fail(
        self, rule: Rule, turn: Turn, details: str, *, condition: int | None = None, effect: int | None = None
    ) -> None:
        reason: RuleFailureReason = {
            "campaignID": turn.campaign.id,
            "campaignName": turn.campaign.name,
            "rulesetID": turn.campaign.ruleset_id,
            "ruleIndex": rule.index,
            "ruleName": rule.title,
            "details": details,
        }
        if condition is not None:
            reason["conditionIndex"] = condition
        if effect is not None:
            reason["effectIndex"] = effect
        for code in (turn.coupon, turn.referral):
            if code is None:
                continue
            if code.failed_rule is None:
                code.failed_rule, code.failed_at = rule.index, condition
            if code.kind == "Coupon":
                reason |= {"couponID": code.id, "couponValue": code.value}
            else:
                reason |= {"referralID": code.id, "referralValue": code.value}
        self.outcome.failures.append(reason)


def _has_parts_of_cents(value: Decimal) -> bool:
    nearest = float(value)
    return nearest != round(nearest, 2)


def _own(campaign: Campaign, codes: Sequence[Code]) -> list[Code]:
    """The codes of this campaign that nothing speaks against so far."""
    return [code for code in codes if code.campaign_id == campaign.id and code.reason is None]


def _holds(value: Value) -> bool:
    """As `and` sees it: a boolean, or a list or map, which counts as true."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list | Mapping):
        return True
    raise TalangError("the condition gives neither true nor false", "")
