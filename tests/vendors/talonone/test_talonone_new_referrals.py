"""createReferral: a code for an advocate."""

import re

import pytest

OTHER_KEY = "cd" * 32
SETTINGS = {"validCharacters": ["A", "B"], "couponPattern": "REF-####"}


@pytest.fixture
def campaigns(campaign, rule):
    return [
        campaign(1, rule(["referralValid"]), referralSettings=SETTINGS),
        campaign(2, rule(["referralValid"])),
        campaign(3, features=["coupons"]),
        campaign(4, state="disabled", referralSettings=SETTINGS),
        campaign(5, referralSettings={"validCharacters": ["A"], "couponPattern": "ONLY-#"}),
        campaign(6, rule(["and"]), applicationId=8),
    ]


@pytest.fixture
def refer(shop, campaigns):
    shop.open(*campaigns)

    def post(campaign=1, advocate="ana", **members):
        return shop.call(
            "POST", "/v1/referrals", {"campaignId": campaign, "advocateProfileIntegrationId": advocate, **members}
        )

    return post


def refused(response):
    assert response.status_code == 400, response.text
    assert list(response.json()) == ["message", "errors"]
    assert response.json()["message"] == "The submitted data was invalid"
    return response.json()["errors"]


@pytest.mark.proves("talonone.operation.createReferral")
def test_a_referral_answers_201_with_its_code(refer, world):
    world.clock.set("frozen", 1_767_603_600_123_000)
    response = refer()
    assert response.status_code == 201
    body = response.json()
    assert re.fullmatch("REF-[AB]{4}", body.pop("code"))
    assert body == {
        "id": 1,
        "created": "2026-01-05T09:00:00.123Z",
        "campaignId": 1,
        "advocateProfileIntegrationId": "ana",
        "usageCounter": 0,
        "usageLimit": 0,
        "attributes": {},
    }


@pytest.mark.proves("talonone.generated_codes")
def test_a_campaign_without_settings_makes_codes_like_the_published_example(refer):
    assert re.fullmatch("[A-Z0-9]{12}", refer(2).json()["code"])


def test_all_members_come_back(refer):
    members = {
        "friendProfileIntegrationId": "friend-9",
        "startDate": "2020-05-01T00:00:00.000Z",
        "expiryDate": "2099-12-31T23:59:59+01:00",
        "usageLimit": 7,
        "attributes": {"source": "mail"},
    }
    body = refer(**members).json()
    assert {name: body[name] for name in members} == {
        **members,
        "startDate": "2020-05-01T00:00:00Z",
        "expiryDate": "2099-12-31T22:59:59Z",
    }


@pytest.mark.parametrize("date", [None, 0, -1, -62135596800, 0.0, "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
@pytest.mark.proves("talonone.new_referral")
def test_a_date_that_is_zero_or_negative_is_none(refer, date):
    body = refer(startDate=date, expiryDate=date).json()
    assert "startDate" not in body
    assert "expiryDate" not in body


@pytest.mark.parametrize("date", ["tomorrow", "2020-01-01", "", "2020-13-01T00:00:00Z", 1, True, [], {}])
@pytest.mark.parametrize("member", ["startDate", "expiryDate"])
def test_a_date_that_is_none_of_these_is_refused(refer, member, date):
    (error,) = refused(refer(**{member: date}))
    assert error["source"] == {"pointer": f"/{member}"}
    assert error["title"] == ("format" if isinstance(date, str) else "type")


def test_a_referral_can_be_redeemed_by_a_friend(refer, shop, brief):
    code = refer().json()["code"]
    effects = shop.session(profileId="bob", referralCode=code, state="closed")["effects"]
    assert brief(effects) == [("acceptReferral", code), ("redeemReferral", 1, code)]
    assert brief(shop.session("s-2", profileId="ana", referralCode=code)["effects"]) == [
        ("rejectReferral", code, "ReferralRecipientIdSameAsAdvocate")
    ]


def test_a_referral_for_one_friend_is_for_nobody_else(refer, shop, brief):
    code = refer(friendProfileIntegrationId="bob").json()["code"]
    assert brief(shop.session("s-1", profileId="eve", referralCode=code)["effects"]) == [
        ("rejectReferral", code, "ReferralRecipientDoesNotMatch")
    ]
    assert brief(shop.session("s-2", profileId="bob", referralCode=code)["effects"]) == [("acceptReferral", code)]


def test_dates_and_usage_limit_hold(refer, shop, brief):
    future = refer(startDate="2099-01-01T00:00:00Z").json()["code"]
    past = refer(expiryDate="2001-01-01T00:00:00Z").json()["code"]
    once = refer(usageLimit=1).json()["code"]
    shop.session("s-0", profileId="bob", referralCode=once, state="closed")

    def reason(code):
        return brief(shop.session("s-" + code, profileId="eve", referralCode=code)["effects"])[0][-1]

    assert [reason(code) for code in (future, past, once)] == [
        "ReferralStartDateInFuture",
        "ReferralExpired",
        "ReferralLimitReached",
    ]


def test_the_friend_may_be_left_empty(refer):
    assert "friendProfileIntegrationId" not in refer(friendProfileIntegrationId="").json()


def test_an_unknown_advocate_is_created_without_activity(refer, shop, world):
    world.clock.set("frozen", 1_767_603_600_000_000)
    refer(advocate="new", friendProfileIntegrationId="friend")
    world.clock.advance(60_000_000)
    refer(advocate="new")
    profile = shop.call("GET", "/v1/customer_profiles/new/inventory?profile=t").json()["profile"]
    assert (profile["id"], profile["lastActivity"]) == (1, "2026-01-05T09:00:00Z")
    assert shop.call("GET", "/v1/customer_profiles/friend/inventory").status_code == 404


@pytest.mark.proves("talonone.new_referral")
def test_the_campaign_need_not_run(refer):
    assert refer(4).status_code == 201


@pytest.mark.parametrize("number", [99, 0, -1, 6])
@pytest.mark.proves("talonone.error.unknown_campaign")
def test_an_unknown_campaign_or_that_of_another_application_is_400(refer, number):
    assert refused(refer(number)) == [
        {
            "title": "Unknown",
            "details": f"There is no campaign {number} in this Application.",
            "source": {"pointer": "/campaignId"},
        }
    ]


@pytest.mark.proves("talonone.error.campaign_without_referrals")
def test_a_campaign_without_the_feature_is_400(refer):
    assert refused(refer(3)) == [
        {
            "title": "Not allowed",
            "details": "Campaign 3 does not have the feature referrals.",
            "source": {"pointer": "/campaignId"},
        }
    ]


@pytest.mark.proves("talonone.error.no_codes_left")
def test_a_pattern_whose_codes_are_used_up_is_400(refer):
    assert refer(5).json()["code"] == "ONLY-A"
    (error,) = refused(refer(5, advocate="bob"))
    assert (error["title"], error["source"]) == ("Conflict", {"pointer": "/campaignId"})


def test_codes_are_never_given_twice(refer):
    codes = [refer().json()["code"] for _ in range(16)]
    assert len(set(codes)) == 16
    assert refer().status_code == 400


def test_an_attribute_that_nobody_has_defined_is_refused(refer):
    assert refused(refer(attributes={"Nope": 1, "source": 2})) == [
        {
            "title": "Unknown",
            "details": 'The attribute "Nope" is not defined on Referral entities.',
            "source": {"pointer": "/attributes/Nope"},
        },
        {
            "title": "Invalid type",
            "details": 'Value of "source" attribute (2) is not a string',
            "source": {"pointer": "/attributes/source"},
        },
    ]


@pytest.mark.parametrize(
    ("members", "title", "pointer"),
    [
        ({"campaignId": "1"}, "type", "/campaignId"),
        ({"campaignId": 1.5}, "type", "/campaignId"),
        ({"campaignId": None}, "type", "/campaignId"),
        ({"campaignId": 10**30}, "maximum", "/campaignId"),
        ({"advocateProfileIntegrationId": ""}, "minLength", "/advocateProfileIntegrationId"),
        ({"advocateProfileIntegrationId": "x" * 1001}, "maxLength", "/advocateProfileIntegrationId"),
        ({"friendProfileIntegrationId": 9}, "type", "/friendProfileIntegrationId"),
        ({"usageLimit": -1}, "minimum", "/usageLimit"),
        ({"usageLimit": 1_000_000}, "maximum", "/usageLimit"),
        ({"usageLimit": 1.5}, "type", "/usageLimit"),
        ({"attributes": []}, "type", "/attributes"),
    ],
)
def test_a_body_that_breaks_its_schema_is_refused(refer, shop, members, title, pointer):
    body = {"campaignId": 1, "advocateProfileIntegrationId": "ana", **members}
    (error,) = refused(shop.call("POST", "/v1/referrals", body))
    assert (error["title"], error["source"]) == (title, {"pointer": pointer})


def test_what_is_required_is_told_at_once(shop):
    errors = refused(shop.call("POST", "/v1/referrals", {}))
    assert [error["details"] for error in errors] == [
        "campaignId is required",
        "advocateProfileIntegrationId is required",
    ]


@pytest.mark.parametrize("limit", [0, 999_999, None])
def test_the_bounds_of_the_usage_limit_are_within(refer, limit):
    assert refer(usageLimit=limit).json()["usageLimit"] == (limit or 0)


@pytest.mark.parametrize("advocate", ["x" * 1000, "cust/1 é", "🎈", "100%"])
def test_an_advocate_may_be_named_in_any_way(refer, advocate):
    assert refer(advocate=advocate).json()["advocateProfileIntegrationId"] == advocate
