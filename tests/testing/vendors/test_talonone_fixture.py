"""The `talonone` fixture: sessions, effects, profiles and coupons in a test's own words."""

import httpx
import pytest

from emulator.testing import Emulator, NotFound, TalonOne, Unusable, VendorRefused

KEY = "d1c2b3a4" * 8
CART = [{"name": "Trail Shoe", "sku": "shoe-1", "quantity": 1, "price": 100}]


def bought(talonone: TalonOne) -> None:
    talonone.update_session("s-1", profile_id="ana@example.com", items=CART, coupons=["SUMMER10"])
    talonone.close_session("s-1")


# What the app has done


def test_a_session_is_what_the_app_has_made_of_it_at_the_production_url(talonone: TalonOne) -> None:
    body = {"customerSession": {"profileId": "ana@example.com", "couponCodes": ["SUMMER10"], "cartItems": CART}}
    key = f"ApiKey-v1 {talonone.api_key}"
    httpx.put(
        f"{talonone.production_url}/v2/customer_sessions/s-1", json=body, headers={"Authorization": key}
    ).raise_for_status()
    session = talonone.session("s-1")
    assert (session.id, session.state, session.profile_id) == ("s-1", "open", "ana@example.com")
    assert (session.coupon_codes, session.referral_code, session.total) == (["SUMMER10"], "", 100)
    assert [(item.sku, item.quantity, item.price) for item in session.cart_items] == [("shoe-1", 1, 100)]
    assert session.attributes == {}
    assert session.effects.types == ["setDiscount", "acceptCoupon", "setDiscount", "addFreeItem"]


def test_a_session_has_every_member_by_talon_ones_own_name(talonone: TalonOne) -> None:
    talonone.update_session("s-1", items=CART)
    session = talonone.session("s-1")
    assert session["cartItemTotal"] == 100
    assert {"state": "open", "firstSession": True}.items() <= session.items()


def test_a_session_that_is_not_there_is_a_lookup_error_that_says_when_it_would_be(talonone: TalonOne) -> None:
    with pytest.raises(LookupError) as raised:
        talonone.session("s-9")
    assert isinstance(raised.value, NotFound)
    assert raised.value.status == 404
    assert raised.value.cause == "There is no session 's-9': it exists once an update that is no dry run has named it."


# What effects say


def test_effects_tell_discounts_and_what_became_of_each_coupon(talonone: TalonOne) -> None:
    effects = talonone.update_session("s-1", items=CART, coupons=["SUMMER10", "USEDUP01", "NOSUCH01"])
    assert [effect.props["value"] for effect in effects.named("setDiscount")] == [10, 27]
    assert effects.discount == 37
    assert effects.accepted_coupons == ["SUMMER10"]
    assert effects.rejected_coupons == {"USEDUP01": "CouponLimitReached", "NOSUCH01": "CouponNotFound"}
    (sticker,) = effects.named("addFreeItem")
    assert (sticker.type, sticker.campaign_id, sticker.rule_name) == ("addFreeItem", 4, "Sticker from 100")
    assert sticker.props == {"sku": "sticker-1", "name": "Free sticker"}
    assert sticker["rulesetId"] == 41


def test_effects_of_several_types_come_in_talon_ones_order(talonone: TalonOne) -> None:
    effects = talonone.update_session("s-1", items=CART, coupons=["SUMMER10"])
    assert effects.named("addFreeItem", "acceptCoupon").types == ["acceptCoupon", "addFreeItem"]
    assert not effects.named("rejectCoupon")


def test_without_effects_there_is_no_discount(talonone: TalonOne) -> None:
    assert talonone.update_session("s-1").discount == 0


def test_a_document_shows_what_is_in_it(talonone: TalonOne) -> None:
    effects = talonone.update_session("s-1", items=[{"sku": "shoe-1", "price": 60}])
    assert repr(effects.named("setDiscount")[0]).startswith("Effect({'campaignId': 1,")


# Arranging sessions


def test_an_item_is_one_piece_and_called_by_its_sku_unless_it_says_otherwise(talonone: TalonOne) -> None:
    talonone.update_session("s-1", items=[{"sku": "shoe-1", "price": 60}, {"sku": "a", "name": "A", "price": 1}])
    items = talonone.session("s-1").cart_items
    assert [(item["name"], item.quantity) for item in items] == [("shoe-1", 1), ("A", 1)]


def test_what_an_update_does_not_name_stays(talonone: TalonOne) -> None:
    talonone.update_session("s-1", profile_id="ana@example.com", items=CART, coupons="SUMMER10")
    talonone.update_session("s-1", attributes={"ShippingCity": "Hanoi"}, identifiers=["i-1"])
    session = talonone.session("s-1")
    assert (session.coupon_codes, session.total, session.profile_id) == (["SUMMER10"], 100, "ana@example.com")
    assert (session.attributes, session["identifiers"]) == ({"ShippingCity": "Hanoi"}, ["i-1"])


def test_no_coupons_take_those_away_that_there_were(talonone: TalonOne) -> None:
    talonone.update_session("s-1", items=CART, coupons=["SUMMER10"])
    talonone.update_session("s-1", coupons=[], items=[])
    session = talonone.session("s-1")
    assert (session.coupon_codes, session.cart_items) == ([], [])


def test_one_item_and_one_coupon_need_no_list(talonone: TalonOne) -> None:
    effects = talonone.update_session("s-1", items=CART[0], coupons="SUMMER10")
    assert (effects.discount, effects.accepted_coupons) == (37, ["SUMMER10"])


def test_a_member_that_no_session_has_is_told_the_nearest_one(talonone: TalonOne, emulator: Emulator) -> None:
    with pytest.raises(TypeError, match=r"^'profileid' is no member of a session here; did you mean profileId\?$"):
        talonone.update_session("s-1", profileid="ana@example.com")
    assert emulator.control.requests()["requests"] == []


def test_an_id_that_is_no_text_is_told_so(talonone: TalonOne) -> None:
    with pytest.raises(TypeError, match=r"^7 is no text, as ids and names are$"):
        talonone.session(7)


def test_a_dry_run_has_effects_and_leaves_nothing(talonone: TalonOne) -> None:
    assert talonone.update_session("s-1", items=CART, dry=True).discount == 10
    with pytest.raises(NotFound):
        talonone.session("s-1")


def test_closing_redeems_and_cancelling_takes_it_back(talonone: TalonOne) -> None:
    talonone.update_session("s-1", profile_id="ana@example.com", items=CART, coupons=["SUMMER10"])
    assert talonone.redeemed("SUMMER10") == 0
    assert "addLoyaltyPoints" in talonone.close_session("s-1").types
    assert talonone.session("s-1").state == "closed"
    assert (talonone.redeemed("SUMMER10"), talonone.loyalty_points("ana@example.com")) == (1, 63)
    profile = talonone.profile("ana@example.com")
    assert (profile.closed_sessions, profile.total_sales) == (1, 100)
    assert "rollbackCoupon" in talonone.cancel_session("s-1").types
    assert talonone.redeemed("SUMMER10") == 0


def test_closing_can_be_tried_dry(talonone: TalonOne) -> None:
    talonone.update_session("s-1", profile_id="ana@example.com", items=CART, coupons=["SUMMER10"])
    talonone.close_session("s-1", dry=True)
    assert (talonone.session("s-1").state, talonone.redeemed("SUMMER10")) == ("open", 0)


@pytest.mark.parametrize("name", ["s/1", "s%2F1", "ö 1", "購物", "a?b#c", ".", "..", "a+b", "customer_sessions"])
def test_any_id_is_one_segment_of_the_path(talonone: TalonOne, name: str) -> None:
    talonone.update_session(name, profile_id=name)
    assert (talonone.session(name).id, talonone.session(name).profile_id) == (name, name)
    assert talonone.profile(name).id == name


# Profiles, points, coupons


def test_a_profile_has_the_attributes_that_it_was_given(talonone: TalonOne, emulator: Emulator) -> None:
    assert talonone.update_profile("ana@example.com", Tier="platinum").attributes == {"Name": "Ana", "Tier": "platinum"}
    profile = talonone.profile("ana@example.com")
    assert (profile.id, profile.attributes["Tier"]) == ("ana@example.com", "platinum")
    assert profile.last_activity == emulator.clock.now


def test_a_profile_that_is_not_there_is_a_lookup_error(talonone: TalonOne) -> None:
    with pytest.raises(NotFound, match=r"^Talon\.One answers 404 to GET .*/v1/customer_profiles/nobody/inventory"):
        talonone.profile("nobody")
    with pytest.raises(LookupError):
        talonone.loyalty_points("nobody")


def test_an_event_is_tracked_with_its_attributes(talonone: TalonOne, emulator: Emulator) -> None:
    assert talonone.track("viewed_page", "ana@example.com", URL="https://shop.example/") == ()
    (event,) = emulator.control.state("talonone")["vendors"]["talonone"]["events"]
    assert (event["type"], event["attributes"]) == ("viewed_page", {"URL": "https://shop.example/"})
    talonone.track("viewed_page", "bo@example.com", dry=True, URL="https://shop.example/")
    with pytest.raises(LookupError):
        talonone.profile("bo@example.com")


def test_who_has_joined_no_program_has_no_points(talonone: TalonOne) -> None:
    assert talonone.loyalty_points("ana@example.com") == 0
    bought(talonone)
    assert talonone.loyalty_points("ana@example.com", "points") == 63
    assert talonone.loyalty_points("ana@example.com", "stars") == 0


def test_of_several_programs_one_must_be_named(talonone: TalonOne, emulator: Emulator) -> None:
    rule = {"title": "Stars", "condition": ["and"], "effects": [["addLoyaltyPoints", "Stars", 2, "", 5]]}
    campaign = {"id": 7, "applicationId": 7, "name": "Stars", "features": ["loyalty"], "rulesets": [{"rules": [rule]}]}
    section = {"loyaltyPrograms": [{"id": 2, "name": "stars"}], "campaigns": [campaign]}
    emulator.load({"extends": "demo", "talonone": section})
    bought(talonone)
    with pytest.raises(
        ValueError,
        match=r"^'ana@example.com' is in several loyalty programs, points, stars: say which, program='points'$",
    ):
        talonone.loyalty_points("ana@example.com")
    assert talonone.loyalty_points("ana@example.com", program="stars") == 5


def test_a_coupon_tells_its_limit_and_its_use(talonone: TalonOne) -> None:
    once = talonone.coupon("ONCEONLY")
    assert (once.value, once.campaign_id, once.usage_limit, once.usage_counter) == ("ONCEONLY", 2, 1, 0)
    assert not once.is_used_up
    assert talonone.coupon("USEDUP01").is_used_up
    assert not talonone.coupon("SUMMER10").is_used_up
    assert talonone.coupon("VIPONLY1").reserved_for == "ana@example.com"
    assert talonone.coupon("SUMMER10").reserved_for is None


def test_a_coupon_that_is_not_there_is_a_lookup_error_with_the_nearest_code(talonone: TalonOne) -> None:
    with pytest.raises(LookupError, match=r"^'SUMER10' is no coupon here; did you mean SUMMER10\?$"):
        talonone.coupon("SUMER10")
    with pytest.raises(LookupError, match="did you mean SUMMER10"):
        talonone.redeemed("summer10")


def test_codes_are_compared_as_their_application_compares_them(talonone: TalonOne, emulator: Emulator) -> None:
    application = {"id": 1, "name": "Shop", "caseSensitivity": "insensitive-uppercase", "apiKeys": [{"key": KEY}]}
    campaign = {"id": 1, "applicationId": 1, "name": "C", "features": ["coupons"], "coupons": [{"value": "HELLO123"}]}
    emulator.load({"talonone": {"applications": [application], "campaigns": [campaign]}})
    assert talonone.coupon("hello123").value == "HELLO123"


# Refusals


def test_a_refused_verb_tells_what_came_back_and_why(talonone: TalonOne) -> None:
    bought(talonone)
    with pytest.raises(VendorRefused) as raised:
        talonone.update_session("s-1", items=CART)
    refused = raised.value
    cause = (
        "The session 's-1' is closed: it can be cancelled, and changed only after PUT /v2/customer_sessions/…/reopen."
    )
    assert not isinstance(refused, LookupError)
    assert (refused.status, refused.cause) == (400, cause)
    assert refused.body["errors"][0]["source"] == {"pointer": "/customerSession/state"}
    assert refused.response.status_code == 400
    assert str(refused).splitlines() == [
        f"Talon.One answers 400 to PUT {httpx.URL(talonone.base_url).path.rstrip('/')}/v2/customer_sessions/s-1",
        cause,
        refused.response.text,
    ]


def test_a_refusal_with_a_long_body_shows_its_beginning(talonone: TalonOne) -> None:
    with pytest.raises(VendorRefused) as raised:
        talonone.update_profile("ana@example.com", **{f"Colour{number}": "red" for number in range(20)})
    *_, body = str(raised.value).splitlines()
    assert body == raised.value.response.text[:400] + "…"
    assert len(raised.value.body["errors"]) == 20


def test_a_standing_fault_strikes_the_verbs_too(talonone: TalonOne, emulator: Emulator) -> None:
    emulator.control.add_fault("talonone", "rate_limited", operation="getCustomerSession", times=1)
    with pytest.raises(VendorRefused) as raised:
        talonone.session("s-1")
    assert raised.value.status == 429


def test_an_answer_that_never_comes_is_httpxs_own_error(talonone: TalonOne, emulator: Emulator) -> None:
    emulator.control.add_fault("talonone", "drop", operation="getCustomerSession", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        talonone.session("s-1")


def test_a_refusal_that_the_journal_has_forgotten_has_no_cause(talonone: TalonOne, emulator: Emulator) -> None:
    emulator.load({"talonone": {}, "name": "bare"})
    headers = {"Authorization": "ApiKey-v1 wrong"}
    talonone.client.headers.update(headers)
    talonone.client.event_hooks = {"response": [lambda response: emulator.control.clear_requests()]}
    with pytest.raises(VendorRefused) as raised:
        talonone.session("s-1")
    assert (raised.value.status, raised.value.cause) == (401, None)


# Credentials and clients


def test_the_key_is_that_of_the_first_application_that_has_a_valid_one(talonone: TalonOne, emulator: Emulator) -> None:
    assert talonone.api_key == KEY
    expired = {"id": 1, "name": "Old", "apiKeys": [{"key": "e" * 64, "expires": "2020-01-01T00:00:00Z"}]}
    emulator.load({"talonone": {"applications": [expired, {"id": 2, "name": "New", "apiKeys": [{"key": "a" * 64}]}]}})
    assert talonone.api_key == "a" * 64


def test_a_client_knows_where_to_call_and_with_what(talonone: TalonOne) -> None:
    assert talonone.title == "Talon.One"
    answer = talonone.client.put("/v2/customer_sessions/s-1", json={"customerSession": {}})
    assert answer.status_code == 200
    assert answer.request.url == f"{talonone.base_url}/v2/customer_sessions/s-1"
    assert answer.request.headers["Authorization"] == f"ApiKey-v1 {KEY}"


def test_a_client_sends_a_credential_as_it_is_given_and_none_without_auth(talonone: TalonOne) -> None:
    url = "/v2/customer_sessions/s-1"
    given = talonone.client.get(url, headers={"Authorization": "ApiKey-v1 wrong"})
    assert (given.status_code, given.request.headers["Authorization"]) == (401, "ApiKey-v1 wrong")
    none = talonone.client.get(url, auth=None)
    assert none.status_code == 401
    assert "Authorization" not in none.request.headers


def test_the_clients_go_on_in_another_world_with_its_credentials(talonone: TalonOne, emulator: Emulator) -> None:
    client = talonone.client
    assert client.get("/v2/customer_sessions/s-1").status_code == 404
    emulator.load({"talonone": {"applications": [{"id": 1, "name": "Shop", "apiKeys": [{"key": "a" * 64}]}]}})
    assert client.get("/v2/customer_sessions/s-1").status_code == 404
    emulator.reset(scenario="demo")
    assert client.get("/v2/customer_sessions/s-1").status_code == 404


def test_a_world_without_a_key_says_where_one_would_be_given(talonone: TalonOne, emulator: Emulator) -> None:
    emulator.load("empty")
    sentence = (
        r"^the scenario 'empty' has no API key that Talon.One would take: give it one in "
        r"talonone.applications\[\]\.apiKeys\[\]$"
    )
    with pytest.raises(Unusable, match=sentence):
        _ = talonone.api_key
    with pytest.raises(Unusable, match=sentence):
        talonone.client.get("/v2/customer_sessions/s-1")
    assert talonone.client.get("/v2/customer_sessions/s-1", headers={"Authorization": "x"}).status_code == 401
    assert talonone.credentials == []


def test_it_says_where_it_is_and_hides_its_key(talonone: TalonOne, emulator: Emulator) -> None:
    assert repr(talonone) == f"<TalonOne at {talonone.base_url}, with ApiKey-v1 …b3a4>"
    emulator.load("empty")
    assert repr(talonone) == f"<TalonOne at {talonone.base_url}, without a credential>"
