"""What an answer relies on, choice by choice, and what becomes of it where guesses are not wanted."""

from typing import Any

import httpx
import pytest

from emulator.core.world import World
from emulator.server import Background
from emulator.settings import Options

KEY = "ab" * 32
OTHER_KEY = "cd" * 32
HEADERS = {"Authorization": f"ApiKey-v1 {KEY}"}
TOTAL = [".", "Session", "Total"]
TENTH = ["setDiscount", "Ten percent", ["*", TOTAL, ["/", 10, 100]]]
PUBLISHED = (["and", ["couponValid"]], ["catch", ["noop"], TENTH])


@pytest.fixture
def fail_on(client: httpx.Client) -> Any:
    def order(level: str | None) -> None:
        assert client.patch("/_emulator/provenance", json={"fail_on": level}).json() == {"fail_on": level}

    return order


@pytest.fixture
def guesses(client: httpx.Client) -> Any:
    """The choices that the last call's answer relied on, by the ids of their entries."""

    def told() -> list[str]:
        [call] = client.get("/_emulator/requests", params={"limit": 1}).json()["requests"]
        explained = client.get(f"/_emulator/requests/{call['id']}/explain").json()
        ids = [one["id"] for one in explained["provenance"]["entries"]]
        return sorted(one for one in ids if not one.startswith(("talonone.operation.", "talonone.error.")))

    return told


def level(response: httpx.Response) -> str:
    return response.headers["x-emulator-provenance"]


def refused_as_a_guess(response: httpx.Response, entry: str) -> None:
    assert response.status_code == 501
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (problem["title"], problem["entry"], problem["level"]) == ("Only a guess", entry, "assumed")
    assert entry in problem["detail"]
    assert "x-emulator-provenance" not in response.headers


def test_the_documented_session_relies_on_no_guess(shop, campaign, rule, cart, fail_on, guesses):
    shop.open(campaign(1, rule(*PUBLISHED), coupons=[{"value": "SAVE10"}]))
    fail_on("assumed")
    first = shop.put("/customer_sessions/s-1", {"customerSession": {"cartItems": cart(100), "couponCodes": ["SAVE10"]}})
    assert [one["effectType"] for one in first.json()["effects"]] == ["acceptCoupon", "setDiscount"]
    assert (level(first), guesses()) == ("documented", [])
    closed = shop.put("/customer_sessions/s-1", {"customerSession": {"state": "closed"}})
    assert (level(closed), guesses()) == ("inferred", ["talonone.omitted_members", "talonone.redemption"])
    cancelled = shop.put("/customer_sessions/s-1", {"customerSession": {"state": "cancelled"}})
    assert (level(cancelled), guesses()) == ("inferred", ["talonone.rollback"])


def test_the_documented_session_of_v1_relies_on_no_guess(shop, campaign, rule, fail_on, guesses):
    shop.open(campaign(1, rule(*PUBLISHED), coupons=[{"value": "SAVE10"}]))
    fail_on("assumed")
    answer = shop.call("PUT", "/v1/customer_sessions/s-1", {"coupon": "SAVE10", "total": 100})
    assert answer.json()["event"]["effects"] == [
        [1, 11, 0, ["acceptCoupon", "SAVE10"]],
        [1, 11, 0, ["setDiscount", "Ten percent", 10]],
    ]
    assert level(answer) == "inferred"
    assert guesses() == ["talonone.event_attributes", "talonone.loyalty_balances", "talonone.sent_total"]


@pytest.mark.parametrize("code", ["LATE1", "NOPE1"])
def test_the_rejection_of_one_code_for_one_reason_relies_on_no_guess(shop, campaign, rule, fail_on, code):
    shop.open(campaign(1, rule(*PUBLISHED), coupons=[{"value": "LATE1", "expiryDate": "2020-01-01"}]))
    fail_on("assumed")
    [effect] = shop.session(couponCodes=[code])["effects"]
    assert effect["effectType"] == "rejectCoupon"


@pytest.mark.proves("talonone.rejections_last")
def test_a_rejection_among_other_effects_has_a_place_that_nobody_documents(shop, campaign, rule, cart, guesses):
    shop.open(campaign(1, rule(["and"], ["setDiscount", "Always", 1])))
    shop.session(couponCodes=["NOPE1"], cartItems=cart(100))
    assert guesses() == ["talonone.rejections_last", "talonone.unmatched_code"]


LATER = ["setDiscount", "Later", TOTAL]


@pytest.mark.parametrize(
    ("condition", "effect", "own"),
    [
        (["and"], ["setDiscount", "Published", 5], False),
        (["and", ["couponValid"]], ["noop"], False),
        (["and", [">", TOTAL, 10]], LATER, False),
        (["and", ["=", [".", "Profile", "Name"], "Ana"]], LATER, False),
        (["and"], ["showNotification", "Info", "Hello", "you"], True),
        (["and"], ["setDiscount", "Scoped", 5, "sessionTotal"], True),
        (["and"], ["setDiscount", "Cart", [".", "Session", "CartItemTotal"]], True),
        (["and", [">", [".", "Profile", "TotalSales"], 10]], LATER, True),
        (["and", ["couponValid"], ["referralValid"]], LATER, False),
        (["and", [">", TOTAL, 1000]], ["showNotification", "Info", "Hello", "you"], False),
    ],
)
def test_only_names_that_the_emulator_made_up_and_that_a_rule_came_to_use_are_a_guess(
    shop, campaign, rule, guesses, cart, condition, effect, own
):
    shop.open(campaign(1, rule(condition, effect)), profiles=[{"integrationId": "ana", "attributes": {"Name": "Ana"}}])
    shop.session(profileId="ana", cartItems=cart(100))
    assert guesses() == (["talonone.rule_language"] if own else [])


def test_bindings_may_use_such_names_too(shop, campaign, rule, guesses):
    items = {"name": "Items", "expression": [".", "Session", "CartItems"]}
    shop.open(campaign(1, rule(["and"], ["noop"]), bindings=[items]))
    shop.session()
    assert guesses() == ["talonone.rule_language"]
    shop.open(campaign(1, rule(["and"], ["noop"], bindings=[items])))
    shop.session()
    assert guesses() == ["talonone.rule_language"]


@pytest.mark.proves("talonone.session_scope")
def test_the_scope_of_session_ids_matters_where_another_application_has_such_a_session(shop, guesses):
    shop.session("s-1", key=OTHER_KEY)
    shop.session("s-2")
    assert guesses() == []
    shop.session("s-1")
    assert guesses() == ["talonone.session_scope"]
    shop.call("GET", "/v2/customer_sessions/s-1")
    assert guesses() == ["talonone.session_scope"]


GIVES = (["and"], ["setDiscount", "Always", 10])
GIVES_NOTHING = (["and", ["couponValid"]], ["setDiscount", "Coupon", 10])
WEIGHS = (["and", [">", TOTAL, 1000]], ["setDiscount", "Much", 10])


@pytest.mark.parametrize(
    ("campaigns", "ordered"),
    [
        ([GIVES], False),
        ([GIVES, GIVES_NOTHING], False),
        ([GIVES_NOTHING, WEIGHS], False),
        ([GIVES, GIVES], True),
        ([GIVES, WEIGHS], True),
    ],
)
def test_the_order_of_campaigns_is_a_guess_only_where_it_could_change_something(
    shop, campaign, rule, guesses, cart, campaigns, ordered
):
    shop.open(*(campaign(number, rule(*one)) for number, one in enumerate(campaigns, 1)))
    shop.session(cartItems=cart(100))
    assert ("talonone.campaign_order" in guesses()) == ordered


@pytest.mark.proves("talonone.campaign_order")
def test_a_set_gives_the_order_itself_but_not_what_it_means_to_trigger(shop, campaign, rule, guesses):
    campaigns = [campaign(number, rule(*GIVES)) for number in (1, 2)]
    elements = [{"type": "CAMPAIGN", "campaignId": number} for number in (2, 1)]
    for operator, ordered in (("ALL", False), ("FIRST", True)):
        whole = {"type": "SET", "name": "all", "operator": operator, "elements": elements}
        shop.open(*campaigns, campaignSets=[{"applicationId": 7, "set": whole}])
        shop.session()
        assert ("talonone.campaign_order" in guesses()) == ordered


def test_a_refusal_that_is_a_guess_is_refused_itself_and_changes_nothing(shop, world: World, fail_on):
    shop.session(state="closed")
    before = [world.store.dump(table) for table in world.store.tables]
    refused = shop.put("/customer_sessions/s-1", {"customerSession": {"state": "closed"}})
    assert refused.status_code == 400
    fail_on("assumed")
    response = shop.put("/customer_sessions/s-1", {"customerSession": {"state": "closed"}})
    refused_as_a_guess(response, "talonone.error.illegal_state_change")
    assert [world.store.dump(table) for table in world.store.tables] == before


def test_a_refusal_that_is_documented_comes_as_ever(shop, fail_on):
    fail_on("assumed")
    body = {"attributes": {"MyAttribute": 1}}
    assert shop.put("/customer_profiles/ana", body).json()["errors"][0]["title"] == "Unknown"
    fail_on("inferred")
    response = shop.put("/customer_profiles/ana", body)
    assert (response.status_code, level(response)) == (400, "documented")


def test_an_accepted_answer_that_is_a_guess_is_refused_and_changes_nothing(shop, world: World, fail_on):
    before = [world.store.dump(table) for table in world.store.tables]
    fail_on("assumed")
    response = shop.put("/customer_sessions/s-1", {"customerSession": {"state": "closed"}})
    refused_as_a_guess(response, "talonone.created_closed")
    assert [world.store.dump(table) for table in world.store.tables] == before
    fail_on(None)
    assert shop.session(state="closed")["effects"] == []


def test_inferred_is_stricter_than_assumed(shop, fail_on):
    path, body = "/customer_profiles/ana", {"attributes": {"Name": "Ana"}}
    fail_on("assumed")
    assert shop.put(path, body).status_code == 200
    fail_on("inferred")
    response = shop.put(path, body)
    assert response.status_code == 501
    assert response.json()["entry"] == "talonone.profile_rules"
    assert response.json()["level"] == "inferred"


def test_an_answer_that_was_kept_is_a_guess_where_it_was_one_at_first(shop, fail_on):
    body, headers = {"customerSession": {"state": "closed"}}, {"Idempotency-Key": "k-1"}
    assert shop.put("/customer_sessions/s-1", body, headers=headers).status_code == 200
    fail_on("assumed")
    refused_as_a_guess(shop.put("/customer_sessions/s-1", body, headers=headers), "talonone.created_closed")


def test_a_reset_puts_the_processs_own_choice_back(shop, client: httpx.Client, fail_on):
    fail_on("assumed")
    assert client.post("/_emulator/reset").status_code == 204
    assert client.get("/_emulator/provenance").json()["fail_on"] is None


def test_a_process_may_want_no_guesses_in_any_namespace() -> None:
    with Background(Options(port=0, fail_on="assumed")) as strict, httpx.Client(base_url=strict.url) as client:
        for place in ("", "/ns/other"):
            path = f"{place}/talonone/v2/customer_sessions/s-1"
            refused_as_a_guess(client.request("PATCH", path, headers=HEADERS), "talonone.error.method_not_allowed")
        client.patch("/_emulator/provenance", json={"fail_on": None})
        assert client.request("PATCH", "/talonone/v2/customer_sessions/s-1", headers=HEADERS).status_code == 405
        assert client.request("PATCH", "/ns/other/talonone/v2/customer_sessions/s-1").status_code == 501
        client.post("/_emulator/reset")
        assert client.get("/_emulator/provenance").json()["fail_on"] == "assumed"


REFERRAL = {"campaignId": 1, "advocateProfileIntegrationId": "ana", "usageLimit": 1}
RETURN = {"return": {"returnedCartItems": [{"position": 0, "quantity": 1}]}}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v2/customer_sessions/s-1?dry=true", {"customerSession": {"profileId": "ana"}}),
        ("PUT", "/v2/customer_sessions/open", {"customerSession": {"identifiers": ["a"]}}),
        ("GET", "/v2/customer_sessions/open", None),
        ("PUT", "/v2/customer_sessions/done/reopen", None),
        ("POST", "/v2/customer_sessions/done/returns", RETURN),
        ("PUT", "/v2/customer_profiles/ana?runRuleEngine=true", {"attributes": {"Name": "Ana"}}),
        ("PUT", "/v2/customer_profiles/ana", {"attributes": {"Age": 7}}),
        ("POST", "/v2/events", {"profileId": "ana", "type": "viewed_page", "attributes": {"URL": "/"}}),
        ("POST", "/v1/events", {"sessionId": "open", "profileId": "ana", "type": "viewed_page", "attributes": {}}),
        ("POST", "/v1/coupon_reservations/SAVE10", {"integrationIDs": ["ana"]}),
        ("DELETE", "/v1/coupon_reservations/SAVE10", {"integrationIDs": ["ana"]}),
        ("GET", "/v1/coupon_reservations/customerprofiles/SAVE10", None),
        ("POST", "/v1/referrals", REFERRAL),
        ("GET", "/v1/customer_profiles/ana/inventory?profile=true", None),
        ("DELETE", "/v1/customer_data/ana", None),
    ],
)
def test_the_usual_call_of_every_other_operation_relies_on_no_guess(
    shop, campaign, rule, cart, fail_on, guesses, method, path, body
):
    settings = {"validCharacters": ["A", "B"], "couponPattern": "REF-####"}
    per_profile = {"action": "redeemCoupon", "limit": 1, "entities": ["Profile"]}
    one = campaign(1, rule(*PUBLISHED), coupons=[{"value": "SAVE10"}], limits=[per_profile], referralSettings=settings)
    shop.open({**one, "features": ["coupons", "referrals"]})
    shop.session("open", profileId="ana")
    shop.session("done", profileId="ana", cartItems=cart(10))
    shop.session("done", state="closed")
    fail_on("assumed")
    response = shop.call(method, path, body)
    assert response.status_code in (200, 201, 204), response.text
    assert level(response) in ("documented", "inferred")


@pytest.mark.parametrize(
    ("method", "path", "body", "entry"),
    [
        (
            "PUT",
            "/v2/customer_sessions/s-1?dry=true",
            {"customerSession": {}, "responseContent": ["customerSession"]},
            "talonone.dry_run_ids",
        ),
        (
            "POST",
            "/v2/customer_sessions/done/returns",
            {"return": {"returnedCartItems": [{"position": 0}]}},
            "talonone.return_request",
        ),
        ("POST", "/v1/coupon_reservations/LATE1", {"integrationIDs": ["ana"]}, "talonone.reservations"),
        ("POST", "/v1/referrals", {**REFERRAL, "usageLimit": None}, "talonone.new_referral"),
        (
            "POST",
            "/v1/referrals",
            {**REFERRAL, "advocateProfileIntegrationId": "new"},
            "talonone.new_referral",
        ),
        ("PUT", "/v1/customer_profiles/ana", {"attributes": {}}, "talonone.empty_session"),
        ("PUT", "/v2/customer_sessions/open", {"customerSession": {"profileId": "bob"}}, "talonone.profile_change"),
        (
            "POST",
            "/v2/events",
            {"profileId": "ana", "type": "viewed_page", "attributes": {"URL": None}},
            "talonone.null_attributes",
        ),
    ],
)
def test_what_no_document_settles_about_a_call_is_a_guess(
    shop, campaign, rule, cart, fail_on, method, path, body, entry
):
    settings = {"validCharacters": ["A", "B"], "couponPattern": "REF-####"}
    one = campaign(
        1, rule(*PUBLISHED), coupons=[{"value": "LATE1", "expiryDate": "2020-01-01"}], referralSettings=settings
    )
    shop.open({**one, "features": ["coupons", "referrals"]})
    shop.session("open", profileId="ana")
    shop.session("done", profileId="ana", cartItems=cart(10))
    shop.session("done", state="closed")
    fail_on("assumed")
    refused_as_a_guess(shop.call(method, path, body), entry)
