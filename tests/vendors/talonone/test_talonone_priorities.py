"""Which campaigns are evaluated, and in which order: campaign sets and priorities."""

import pytest


@pytest.fixture
def arranged(shop, campaign, rule):
    """Open a shop with campaigns 1 to 5; those listed as silent give nothing. What a session gives, by campaign."""

    def opener(*, silent=(), priority="universal", priorities=None, tree=None, settings=None, coupons=None):
        def one(number):
            gives = rule(["=", 1, 2 if number in silent else 1], ["setDiscount", str(number), 1])
            tests = rule(["couponValid"], ["setDiscount", "code", 1])
            codes = [{"value": f"CODE{number}"}] if coupons else []
            own = (priorities or {}).get(number)
            members = {"coupons": codes, **({"campaignPriority": own} if own else {})}
            return campaign(number, *([gives, tests] if coupons else [gives]), **members)

        application = {"id": 7, "name": "Shop", "campaignPriority": priority, "apiKeys": [{"key": "ab" * 32}]}
        sets = [{"applicationId": 7, "set": tree}] if tree else []
        shop.open(*map(one, range(1, 6)), applications=[application], campaignSets=sets, settings=settings or {})
        return lambda **members: [one["campaignId"] for one in shop.session(**members)["effects"]]

    return opener


def branch(operator, *elements, name="set"):
    nodes = [{"type": "CAMPAIGN", "campaignId": one} if isinstance(one, int) else one for one in elements]
    return {"type": "SET", "name": name, "operator": operator, "elements": nodes}


def test_without_priorities_all_campaigns_give_by_their_ids(arranged):
    assert arranged()() == [1, 2, 3, 4, 5]


def test_the_first_exclusive_campaign_that_gives_ends_the_rest(arranged):
    assert arranged(priority="exclusive")() == [1]
    assert arranged(priority="exclusive", silent=(1, 2))() == [3]


@pytest.mark.proves("talonone.campaign_order")
def test_exclusive_campaigns_come_first_and_universal_ones_always(arranged):
    priorities = {1: "universal", 2: "stackable", 3: "exclusive", 4: "exclusive", 5: "stackable"}
    assert arranged(priorities=priorities)() == [3, 1]
    assert arranged(priorities=priorities, silent=(3,))() == [4, 1]
    assert arranged(priorities=priorities, silent=(3, 4))() == [2, 5, 1]


def test_a_campaign_takes_the_priority_of_its_application(arranged):
    assert arranged(priority="stackable", priorities={5: "exclusive"})() == [5]


def test_a_set_of_all_evaluates_its_elements_in_its_own_order(arranged):
    assert arranged(tree=branch("ALL", 5, 1, 3))() == [5, 1, 3]


def test_a_set_of_the_first_stops_at_the_first_that_gives(arranged):
    tree = branch("FIRST", 2, 1, 3)
    assert arranged(tree=tree)() == [2]
    assert arranged(tree=tree, silent=(2,))() == [1]
    assert arranged(tree=tree, silent=(1, 2, 3))() == []


def test_sets_nest(arranged):
    tree = branch("ALL", 1, branch("FIRST", 2, branch("ALL", 3, 4, name="inner"), name="outer"), 5)
    assert arranged(tree=tree)() == [1, 2, 5]
    assert arranged(tree=tree, silent=(2,))() == [1, 3, 4, 5]
    tree = branch("FIRST", branch("ALL", 1, 2, name="inner"), 3)
    assert arranged(tree=tree)() == [1, 2]
    assert arranged(tree=tree, silent=(1, 2))() == [3]


def test_a_set_counts_more_than_priorities(arranged):
    assert arranged(tree=branch("ALL", 1, 2), priority="exclusive")() == [1, 2]


def test_an_error_is_no_effect_that_triggers(shop, campaign, rule, brief):
    broken, good = rule(["and"], ["setDiscount", "a", ["/", 1, 0]]), rule(["and"], ["setDiscount", "b", 1])
    shop.open(campaign(1, broken), campaign(2, good), campaignSets=[{"applicationId": 7, "set": branch("FIRST", 1, 2)}])
    assert [one[0] for one in brief(shop.session()["effects"])] == ["error", "setDiscount"]


def test_an_empty_set_evaluates_nothing(arranged):
    assert arranged(tree=branch("ALL"))() == []


CODES = ["CODE1", "CODE2", "CODE5"]


@pytest.mark.parametrize(
    ("reasons", "reason", "exclusions"),
    [
        ("seed", "CouponPartOfNotRunningCampaign", [None, None]),
        ("newest", "CouponPartOfNotTriggeredCampaign", ["CampaignIsNotFirst", "CampaignNotInEvaluationSet"]),
    ],
)
@pytest.mark.proves("talonone.excluded_campaign")
def test_codes_of_campaigns_that_were_left_out_are_told_so(arranged, shop, reasons, reason, exclusions):
    arranged(tree=branch("FIRST", 1, 2), settings={"rejection_reasons": reasons}, coupons=True)
    effects = shop.session(couponCodes=CODES)["effects"]
    rejected = [one["props"] for one in effects if one["effectType"] == "rejectCoupon"]
    assert [(one["value"], one["rejectionReason"]) for one in rejected] == [("CODE2", reason), ("CODE5", reason)]
    assert [one.get("campaignExclusionReason") for one in rejected] == exclusions


def test_a_code_alone_makes_a_campaign_trigger(shop, campaign, rule, brief):
    codes = [rule(["couponValid"])]
    shop.open(
        campaign(1, *codes, coupons=[{"value": "CODE1"}]),
        campaign(2, *codes, coupons=[{"value": "CODE2"}]),
        campaignSets=[{"applicationId": 7, "set": branch("FIRST", 1, 2)}],
    )
    assert brief(shop.session("s-1", couponCodes=["CODE2"])["effects"]) == [("acceptCoupon", "CODE2")]
    assert brief(shop.session("s-2", couponCodes=["CODE1", "CODE2"])["effects"]) == [
        ("acceptCoupon", "CODE1"),
        ("rejectCoupon", "CODE2", "CouponPartOfNotRunningCampaign"),
    ]


def test_campaigns_that_do_not_run_are_passed_over(shop, campaign, rule):
    always = rule(["and"], ["setDiscount", "a", 1])
    shop.open(
        campaign(1, always, startTime="2099-01-01"),
        campaign(2, always, state="disabled"),
        campaign(3, always),
        campaign(4, always),
        campaignSets=[{"applicationId": 7, "set": branch("FIRST", 1, 2, 3, 4)}],
    )
    assert [one["campaignId"] for one in shop.session()["effects"]] == [3]
