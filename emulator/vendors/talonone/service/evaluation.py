"""The rule engine: which campaigns are asked, in which order, about which codes, and what becomes of them.

How an operation uses it::

    occasion = Occasion(work, caller, definitions, session, profile, event_type, event_attributes, version)
    outcome = evaluate(occasion, coupon_codes, referral_code)
    ...            # store the session and record the event; evaluate() has written nothing but attributes in memory
    close(occasion, outcome, event_id)     # `closing`: the session closes; store the profile afterwards
    conclude(occasion, outcome, event_id)  # `closing`: an event or a profile update, final at once
    answer["effects"] = outcome.effects    # V1: `tuples.tuples`, `tuples.discounts`, `tuples.meta`
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from emulator.vendors.talonone.contract.campaigns import RuleFailureReason
from emulator.vendors.talonone.contract.coupons import Coupon
from emulator.vendors.talonone.contract.effects import Effect
from emulator.vendors.talonone.contract.referrals import Referral
from emulator.vendors.talonone.service import coupons, referrals
from emulator.vendors.talonone.service.campaigns import Campaign, chosen, programme
from emulator.vendors.talonone.service.codes import LAST, NOWHERE, Code, rejection, verdict
from emulator.vendors.talonone.service.creations import Creation
from emulator.vendors.talonone.service.limits import Budgets, Move
from emulator.vendors.talonone.service.loyalty import Points
from emulator.vendors.talonone.service.occasion import Occasion
from emulator.vendors.talonone.service.rounds import Rounds
from emulator.vendors.talonone.service.selection import ORDER, exclusion, walk


@dataclass(slots=True)
class Outcome:
    """What the rules have come to. `triggered` are the ids of the campaigns that gave something, in order, `evaluated`
    those that were asked. `moves`, `points` and `created` become real when the session closes (`closing`)."""

    effects: list[Effect] = field(default_factory=list)
    failures: list[RuleFailureReason] = field(default_factory=list)
    triggered: dict[int, None] = field(default_factory=dict)
    evaluated: dict[int, Campaign] = field(default_factory=dict)
    codes: list[Code] = field(default_factory=list)
    moves: dict[Move, Decimal] = field(default_factory=dict)
    points: list[Points] = field(default_factory=list)
    created: list[Creation] = field(default_factory=list)

    @property
    def accepted(self) -> list[Code]:
        return [code for code in self.codes if code.accepted]

    def created_coupons(self, occasion: Occasion) -> list[Coupon]:
        """As ``createdCoupons`` answers them."""
        return [coupons.described(occasion.work, one.full) for one in self.created if one.kind == "Coupon"]

    def created_referrals(self) -> list[Referral]:
        """As ``createdReferrals`` answers them."""
        return [referrals.described(one.full) for one in self.created if one.kind == "Referral"]


def evaluate(
    occasion: Occasion, coupon_codes: Sequence[str] = (), referral_code: str = "",
    only: Collection[int] | None = None,
) -> Outcome:  # fmt: skip
    """`only`: ids of the campaigns to evaluate, the ``evaluableCampaignIds`` of 26.16."""
    return _Evaluation(occasion, only).run(coupon_codes, referral_code)


class _Evaluation:
    def __init__(self, occasion: Occasion, only: Collection[int] | None) -> None:
        self.occasion = occasion
        work, caller = occasion.work, occasion.caller
        self.programme = programme(work, caller) if only is None else chosen(work, caller, only)
        self.running = self.programme.running(work.now)
        occasion.cascading = self.programme.cascading and occasion.version == 2
        occasion.flattened = self.programme.flattened
        self.budgets = Budgets(work, occasion.session, self.programme.timezone)
        self.outcome = Outcome(moves=self.budgets.moves, created=occasion.created, points=occasion.points)
        self.rounds = Rounds(occasion, self.programme, self.budgets, self.outcome)

    def run(self, coupon_codes: Sequence[str], referral_code: str) -> Outcome:
        self._examine(coupon_codes, referral_code)
        walk(self.programme.tree, self._triggers)
        if len(self.running) > 1 and self._depends_on_order():
            self.occasion.work.rely(ORDER)
        if self.outcome.codes:
            self._reject()
        return self.outcome

    def _depends_on_order(self) -> bool:
        """Whether the campaigns in another order could have given something else: several give something, one has been
        left out, or one gave nothing for a total that another one had changed."""
        evaluated, arranged = self.outcome.evaluated, self.programme.arranged
        if any(number in arranged and number not in evaluated for number in self.running):
            return True
        if self.programme.by_set:
            return False
        gave = {one["campaignId"] for one in self.outcome.effects}
        return len(gave) > 1 or (
            self.rounds.discounted
            and any(one.ruleset.weighs_total for number, one in evaluated.items() if number not in gave)
        )

    def _reject(self) -> None:
        rejections = [*self._rejections()]
        if rejections and self.outcome.effects:
            self.occasion.work.rely(LAST)
        self.outcome.effects += rejections

    def _examine(self, coupon_codes: Sequence[str], referral_code: str) -> None:
        """Find the codes and look at all that needs no rule, limits included."""
        occasion, running = self.occasion, self.running
        work, caller, profile = occasion.work, occasion.caller, occasion.session.profile_id
        codes: list[Code] = []
        if coupon_codes:
            self.rounds.coupons = codes = coupons.examined(work, caller, profile, coupon_codes, running)
        if referral_code:
            referral = self.rounds.referral = referrals.examined(work, caller, profile, referral_code, running)
            codes = [*codes, referral]
        self.outcome.codes = codes
        for code in codes:
            campaign = running.get(code.campaign_id)
            if campaign is not None and (campaign.limits or code.limits):
                reached = self.budgets.refusal(campaign.id, campaign.limits, code)
                code.several |= None not in (code.reason, reached)
                code.reason = code.reason or reached

    def _triggers(self, number: int) -> bool:
        campaign = self.running.get(number)
        if campaign is None:
            return False
        self.outcome.evaluated[number] = campaign
        return self.rounds.run(campaign)

    def _rejections(self) -> Iterable[Effect]:
        for code in self.outcome.codes:
            if code.accepted:
                continue
            campaign = self.running.get(code.campaign_id)
            if campaign is not None and campaign.id not in self.outcome.evaluated:
                code.exclusion = exclusion(campaign.id, self.programme.arranged)
            first = campaign.ruleset.first_that_tests(code.kind) if campaign else None
            reason = verdict(self.occasion.work, code, tested=None if campaign is None else first is not None)
            if code.failed_rule is not None and campaign is not None:
                first = campaign.ruleset.rules[code.failed_rule]
            unruled = (NOWHERE, "") if code.row is None else (0, "")
            yield rejection(self.occasion.work, code, reason, *((first.index, first.title) if first else unruled))
