"""A dry run leaves no trace: the next real call gets what it would have got without it."""

import pytest

KEY = "ab" * 32


def everything(world):
    return {table.name: world.store.dump(table) for table in world.store.tables}


@pytest.fixture
def creating(shop, campaign, rule, world):
    """Every evaluation makes a coupon, a referral and loyalty points: random codes and ids."""
    gifts = rule(
        ["and"],
        ["createCoupon"],
        ["createReferral"],
        ["addLoyaltyPoints", "Gift", 1, "", 5],
        ["setDiscount", "Ten", 10],
        ["updateAttribute", "Profile.Attributes.Name", "Given"],
    )
    settings = {"validCharacters": list("ABCDEFGH"), "couponPattern": "GIFT-######"}
    world.clock.set("frozen", 1_767_603_600_000_000)
    shop.open(campaign(1, gifts, couponSettings=settings, referralSettings=settings))
    world.clock.set("frozen", 1_767_603_600_000_000)
    return shop


CALLS = [
    ("PUT", "/v2/customer_sessions/s-1", {
        "customerSession": {"profileId": "ana", "state": "closed"}, "responseContent": ["event", "customerSession"],
    }),
    ("PUT", "/v1/customer_sessions/s-1", {"profileId": "ana", "total": 10, "state": "closed"}),
    ("PUT", "/v1/customer_profiles/ana", {"attributes": {"Age": 3}}),
    ("PUT", "/v2/customer_profiles/ana?runRuleEngine=true", {
        "attributes": {"Age": 3}, "responseContent": ["event"], "audiencesChanges": {"adds": [1], "deletes": []},
    }),
    ("POST", "/v1/events", {"type": "viewed_page", "attributes": {}, "sessionId": "s-1", "profileId": "ana"}),
    ("POST", "/v2/events?silent=no", {"type": "viewed_page", "profileId": "ana", "responseContent": ["event"]}),
]  # fmt: skip
NAMES = [f"{method} {path}" for method, path, _ in CALLS]


def dry(path):
    return path + ("&" if "?" in path else "?") + "dry=true"


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=NAMES)
def test_no_row_is_written(creating, world, method, path, body):
    before = everything(world)
    response = creating.call(method, dry(path), body)
    assert response.status_code in (200, 201), response.text
    assert everything(world) == before


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=NAMES)
def test_the_answer_is_that_of_the_real_call_but_for_the_id_of_the_event(creating, method, path, body):
    tried = creating.call(method, dry(path), body).json()
    tried_again = creating.call(method, dry(path), body).json()
    real = creating.call(method, path, body).json()
    assert tried == tried_again
    effects = tried["event"]["effects"] if "/v1/" in path else tried["effects"]
    assert len(effects) >= 4
    assert (tried["event"].pop("id"), real["event"].pop("id") > 0) == (0, True)
    for entry in [*tried["event"].pop("ledgerEntries"), *real["event"].pop("ledgerEntries")]:
        assert entry["amount"] == 5
    assert tried == real


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=NAMES)
def test_randomness_goes_on_as_if_nothing_had_been_tried(server, creating, world, method, path, body):
    stream = world.stream("talonone")
    before = stream.getstate()
    creating.call(method, dry(path), body)
    assert stream.getstate() == before
    creating.call(method, path, body)
    assert stream.getstate() != before


def test_a_dry_run_that_is_refused_leaves_no_trace_either(creating, world):
    before = everything(world), world.stream("talonone").getstate()
    bad = {"customerSession": {"attributes": {"Nope": 1}}}
    assert creating.call("PUT", "/v2/customer_sessions/s-1?dry=true", bad).status_code == 400
    assert (everything(world), world.stream("talonone").getstate()) == before


@pytest.mark.proves("talonone.dry_closing")
def test_a_dry_closing_considers_only_what_it_was_sent_with(shop, cart):
    shop.session("s-1", profileId="ana", cartItems=cart(10), attributes={"City": "Rome"}, couponCodes=["CODE1"])
    tried = shop.session("s-1", "customerSession", dry="true", state="closed", cartItems=cart(3))["customerSession"]
    assert (tried["total"], tried["profileId"], tried["attributes"], tried["couponCodes"]) == (3, "", {}, [])
    assert (tried["id"], tried["updateCount"], tried["state"]) == (1, 2, "closed")
    assert shop.session("s-1", "customerSession", state="closed")["customerSession"]["total"] == 10


def test_any_other_dry_run_builds_on_what_is_stored(shop, cart):
    shop.session("s-1", profileId="ana", cartItems=cart(10))
    tried = shop.session("s-1", "customerSession", dry="true", identifiers=["a"])["customerSession"]
    assert (tried["total"], tried["profileId"], tried["identifiers"]) == (10, "ana", ["a"])


def test_a_dry_cancelling_tells_the_rollbacks(shop, cart, campaign, rule, brief):
    shop.open(campaign(1, rule(["and"], ["setDiscount", "Ten", 10])))
    shop.session("s-1", cartItems=cart(10), state="closed")
    for _ in range(2):
        assert brief(shop.session("s-1", dry="true", state="cancelled")["effects"]) == [("rollbackDiscount", "Ten", 10)]
    assert brief(shop.session("s-1", state="cancelled")["effects"]) == [("rollbackDiscount", "Ten", 10)]


def test_a_dry_run_may_ask_for_another_time(shop, campaign, rule, world, brief):
    world.clock.set("frozen", 1_767_603_600_000_000)
    july = {"startTime": "2026-07-01", "endTime": "2026-08-01"}
    shop.open(campaign(1, rule(["and"], ["setDiscount", "July", 1]), **july))
    world.clock.set("frozen", 1_767_603_600_000_000)
    path = "/v2/customer_sessions/s-1?dry=true&now="
    body = {"customerSession": {}, "responseContent": ["customerSession"]}

    def effects(now):
        response = shop.call("PUT", f"{path}{now}", body)
        assert response.status_code == 200, response.text
        return brief(response.json()["effects"])

    assert effects("2026-06-30T23:59:59Z") == []
    assert effects("2026-07-15T12:00:00%2B02:00") == [("setDiscount", "July", 1)]
    assert effects("2026-08-01T00:00:00.000Z") == []
    answer = shop.call("PUT", f"{path}2026-07-15T12:00:00Z", body).json()
    assert answer["customerSession"]["created"] == "2026-07-15T12:00:00Z"


def test_the_journal_keeps_the_real_time_of_such_a_call(shop, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    shop.call("PUT", "/v2/customer_sessions/s-1?dry=true&now=2030-01-01T00:00:00Z", {"customerSession": {}})
    assert [entry.at for entry in world.journal][-1] == 1_767_603_600_000_000


@pytest.mark.parametrize(
    ("query", "title", "details"),
    [
        ("now=2099-01-01T00:00:00Z", "Not allowed", "now can only be used with dry=true"),
        ("dry=false&now=2099-01-01T00:00:00Z", "Not allowed", "now can only be used with dry=true"),
        ("dry=true&now=2001-01-01T00:00:00Z", "minimum", "now must be a date in the future"),
        ("dry=true&now=tomorrow", "format", "Does not match format 'date-time'"),
        ("dry=true&now=2099-01-01", "format", "Does not match format 'date-time'"),
        ("dry=true&now=", "format", "Does not match format 'date-time'"),
    ],
)
def test_another_time_is_a_moment_ahead_and_for_dry_runs(shop, query, title, details):
    response = shop.call("PUT", f"/v2/customer_sessions/s-1?{query}", {"customerSession": {}})
    assert response.status_code == 400
    assert response.json() == {
        "message": "The submitted data was invalid",
        "errors": [{"title": title, "details": details, "source": {"parameter": "now"}}],
    }


@pytest.fixture
def three(shop, campaign, rule):
    discounts = [rule(["and"], ["setDiscount", str(number), number]) for number in (1, 2, 3, 4)]
    shop.open(
        campaign(1, discounts[0]),
        campaign(2, discounts[1], state="disabled"),
        campaign(3, discounts[2], state="archived"),
        campaign(4, discounts[3], startTime="2099-01-01"),
    )
    return shop


@pytest.mark.parametrize(
    ("wanted", "given"), [([1], [1]), ([2], [2]), ([1, 2], [1, 2]), ([3], []), ([4], [4]), ([99], []), ([], [1])]
)
def test_a_dry_run_may_choose_its_campaigns_disabled_ones_too(three, wanted, given):
    answer = three.session("s-1", dry="true", evaluableCampaignIds=wanted)
    assert [effect["campaignId"] for effect in answer["effects"]] == given
    query = {"runRuleEngine": "true", "dry": "true"}
    answer = three.put("/customer_profiles/ana", {"evaluableCampaignIds": wanted}, params=query).json()
    assert [effect["campaignId"] for effect in answer["effects"]] == given


def test_campaigns_can_be_chosen_in_dry_runs_only(three):
    (error,) = three.refused("s-1", evaluableCampaignIds=[2])["errors"]
    assert error == {
        "title": "Not allowed",
        "details": "evaluableCampaignIds can only be used with dry=true",
        "source": {"pointer": "/customerSession/evaluableCampaignIds"},
    }
    assert [effect["campaignId"] for effect in three.session("s-1", evaluableCampaignIds=[])["effects"]] == [1]
