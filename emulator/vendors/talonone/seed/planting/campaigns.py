"""Campaigns with their rulesets, and the sets that order them."""

from emulator.core.section import SectionError
from emulator.vendors.talonone import tables
from emulator.vendors.talonone.seed.campaigns import (
    Campaign,
    CampaignSet,
    CampaignSetNode,
    CodeGeneratorSettings,
    Ruleset,
)
from emulator.vendors.talonone.seed.planting import limits
from emulator.vendors.talonone.seed.planting.ground import Ground, Ids, Once, json, owned
from emulator.vendors.talonone.service.patterns import BadPattern, read
from emulator.vendors.talonone.service.rulesets import BadExpression, compiled


def plant(ground: Ground) -> None:
    campaigns = ground.section.campaigns
    ids = Ids("campaign", ())
    ruleset_ids = Ids("ruleset", (ruleset.id for one in campaigns for ruleset in one.rulesets))
    for index, one in enumerate(campaigns):
        path = f"campaigns[{index}]"
        ids.take(one.id, f"{path}.id")
        _campaign(ground, one, ruleset_ids, path)
    _sets(ground)


def _campaign(ground: Ground, one: Campaign, ruleset_ids: Ids, path: str) -> None:
    caller = ground.caller(one.applicationId, f"{path}.applicationId")
    ground.mandatory(one.applicationId, "campaigns", one.attributes, f"{path}.attributes")
    for number, feature in enumerate(one.features):
        if feature in one.features[:number]:
            raise SectionError(f"{path}.features[{number}]", f"{feature} is listed twice")
    starts, ends = ground.optional(one.startTime), ground.optional(one.endTime)
    if starts is not None and ends is not None and ends <= starts:
        raise SectionError(f"{path}.endTime", "the campaign ends before it starts")
    ground.work.db.run(
        tables.ADD_CAMPAIGN, id=one.id, application_id=one.applicationId, name=one.name, description=one.description,
        state=one.state, start_time=starts, end_time=ends,
        active_ruleset_id=_rulesets(ground, one, ruleset_ids, path),
        attributes=ground.attributes(one.attributes, caller.account, "Campaign", f"{path}.attributes"),
        tags=json(one.tags), features=json(one.features),
        coupon_settings=_generator(ground, one, one.couponSettings, f"{path}.couponSettings"),
        referral_settings=_generator(ground, one, one.referralSettings, f"{path}.referralSettings"),
        limits=None if one.limits is None else limits.checked(one.limits, f"{path}.limits"),
        priority=one.campaignPriority, created=ground.moment(one.created),
    )  # fmt: skip
    for action, used in one.counters():
        ground.work.db.run(tables.PUT_BUDGET, campaign_id=one.id, address="", action=action, used=used)


def _generator(ground: Ground, one: Campaign, settings: CodeGeneratorSettings | None, path: str) -> str | None:
    if settings is None:
        return None
    try:
        read(settings.couponPattern, settings.validCharacters, "", ground.callers[one.applicationId].normalised)
    except BadPattern as error:
        raise SectionError(f"{path}.{error.member}", error.message) from None
    return settings.model_dump_json()


def _rulesets(ground: Ground, campaign: Campaign, ids: Ids, path: str) -> int | None:
    """Compile and store the rulesets; the id of the active one."""
    active = None
    numbers: list[int] = []
    for index, one in enumerate(campaign.rulesets):
        place = f"{path}.rulesets[{index}]"
        numbers.append(ids.take(one.id, f"{place}.id"))
        owned(one.campaignId, campaign.id, f"{place}.campaignId")
        _binding_names(one, place)
        text = one.model_dump_json(include={"bindings", "rules"})
        try:
            compiled(text)
        except BadExpression as error:
            raise SectionError(f"{place}.{error.path}", error.message) from None
        if one.activate:
            active = numbers[-1]
        ground.work.db.run(
            tables.ADD_RULESET, id=numbers[-1], campaign_id=campaign.id, rules=text, created=ground.moment(one.created)
        )
    if campaign.activeRulesetId is None:
        return active
    if campaign.activeRulesetId not in numbers:
        raise SectionError(f"{path}.activeRulesetId", f"the campaign has no ruleset {campaign.activeRulesetId}")
    return campaign.activeRulesetId


def _binding_names(ruleset: Ruleset, path: str) -> None:
    """A rule may give a name of the ruleset another meaning, but nothing has two meanings in one place."""
    places = [(f"{path}.rules[{index}]", rule.bindings) for index, rule in enumerate(ruleset.rules)]
    for place, bindings in [(path, ruleset.bindings), *places]:
        names = Once(lambda name: f"there are two bindings {name!r}")
        for index, binding in enumerate(bindings):
            names.take(binding.name, f"{place}.bindings[{index}].name")


def _sets(ground: Ground) -> None:
    sets = ground.section.campaignSets
    ids = Ids("campaign set", (one.id for one in sets))
    versions = Once(lambda key: f"application {key[0]} has a campaign set of version {key[1]} already")
    for index, one in enumerate(sets):
        path = f"campaignSets[{index}]"
        ground.caller(one.applicationId, f"{path}.applicationId")
        versions.take((one.applicationId, one.version), f"{path}.version")
        if one.set.type != "SET":
            raise SectionError(f"{path}.set.type", "the outermost node is a SET")
        _Tree(ground, one).check(one.set, f"{path}.set", ())
        ground.work.db.run(
            tables.ADD_CAMPAIGN_SET, id=ids.take(one.id, f"{path}.id"), application_id=one.applicationId,
            version=one.version, set=one.set.model_dump_json(exclude_none=True), created=ground.moment(one.created),
        )  # fmt: skip


class _Tree:
    """One campaign set: every node complete, every campaign there, of the same Application and once."""

    def __init__(self, ground: Ground, whole: CampaignSet) -> None:
        self._application = whole.applicationId
        self._campaigns = {one.id: one.applicationId for one in ground.section.campaigns}
        self._once = Once(lambda number: f"campaign {number} stands in the set already")

    def check(self, node: CampaignSetNode, path: str, around: tuple[str, ...]) -> None:
        """`around` are the names of the sets that this node stands in."""
        wanted = ("operator", "elements") if node.type == "SET" else ("campaignId",)
        unwanted = ("campaignId",) if node.type == "SET" else ("name", "operator", "elements")
        for key in wanted:
            if getattr(node, key) is None:
                raise SectionError(f"{path}.{key}", f"a node of the type {node.type} needs this key")
        for key in unwanted:
            if getattr(node, key) is not None:
                raise SectionError(f"{path}.{key}", f"a node of the type {node.type} has no such key")
        if node.campaignId is not None:
            self._campaign(node.campaignId, f"{path}.campaignId")
        if node.name in around:
            raise SectionError(f"{path}.name", f"the set {node.name!r} stands within itself")
        for index, element in enumerate(node.elements or ()):
            self.check(element, f"{path}.elements[{index}]", (*around, node.name) if node.name else around)

    def _campaign(self, number: int, path: str) -> None:
        owner = self._campaigns.get(number)
        if owner is None:
            raise SectionError(path, f"there is no campaign {number}")
        if owner != self._application:
            raise SectionError(path, f"campaign {number} belongs to application {owner}, not {self._application}")
        self._once.take(number, path)
