"""Coupons of a scenario that are made by a pattern."""

import re

import pytest

from emulator.control.scenario import ScenarioError

ACCEPTS = {"title": "Any coupon", "condition": ["and", ["couponValid"]], "effects": [["setDiscount", "Off", 5]]}
CAMPAIGN = {"id": 1, "applicationId": 7, "name": "Codes", "rulesets": [{"rules": [ACCEPTS]}]}


@pytest.fixture
def coupons(shop, world):
    """The rows of a world whose only campaign has these coupons."""

    def opened(*new, **members):
        shop.open({**CAMPAIGN, "newCoupons": list(new), **members})
        return world.store.dump(next(table for table in world.store.tables if table.name == "talonone_coupons"))

    return opened


@pytest.fixture
def mistake(server):
    def finder(*new, application=(), **members):
        section = {
            "applications": [{"id": 7, "name": "Shop", **dict(application)}],
            "campaigns": [{**CAMPAIGN, "newCoupons": list(new), **members}],
        }
        with pytest.raises(ScenarioError) as caught:
            server.emulator.scenarios.plant({"name": "test", "talonone": section})
        (problem,) = caught.value.problems
        return problem.removeprefix("talonone.campaigns[0].")

    return finder


def test_as_many_codes_as_asked_for_are_made_by_the_pattern(coupons):
    rows = coupons({"numberOfCoupons": 500, "couponPattern": "SUM-####", "uniquePrefix": "VIP"})
    assert len({row["code"] for row in rows}) == 500
    assert all(re.fullmatch(r"VIPSUM-[A-Z0-9]{4}", row["value"]) for row in rows)


def test_every_code_has_what_was_said_once_for_all(coupons):
    rows = coupons(
        {
            "numberOfCoupons": 3,
            "couponPattern": "####",
            "validCharacters": ["A", "B"],
            "usageLimit": 2,
            "discountLimit": 9.5,
            "startDate": "2026-01-01",
            "expiryDate": "2026-02-01T12:00:00Z",
            "attributes": {"channel": "mail"},
            "recipientIntegrationId": "ana",
            "batchId": "b-1",
        }
    )
    for row in rows:
        assert set(row["code"]) <= {"A", "B"}
        assert (row["usage_limit"], row["discount_limit"], row["usage_counter"]) == (2, 9.5, 0)
        assert row["expiry_date"] - row["start_date"] == (31 * 24 + 12) * 3_600_000_000
        assert row["attributes"] == {"channel": "mail"}
        assert (row["recipient"], row["batch_id"]) == ("ana", "b-1")


def test_a_made_code_is_accepted_as_often_as_it_may_be_used(shop, coupons):
    (row,) = coupons({"numberOfCoupons": 1, "couponPattern": "ONE-######", "usageLimit": 1})
    first = shop.session("s-1", couponCodes=[row["value"]], state="closed")["effects"]
    assert [one["effectType"] for one in first] == ["acceptCoupon", "setDiscount"]
    (second,) = shop.session("s-2", couponCodes=[row["value"]])["effects"]
    assert second["props"] == {"value": row["value"], "rejectionReason": "CouponLimitReached"}


def test_pattern_and_characters_are_by_default_those_of_the_campaign(coupons):
    settings = {"couponPattern": "OWN-####", "validCharacters": ["7", "8"]}
    rows = coupons({"numberOfCoupons": 4}, couponSettings=settings)
    assert all(re.fullmatch("OWN-[78]{4}", row["code"]) for row in rows)


def test_without_any_pattern_codes_are_twelve_letters_and_digits(coupons):
    (row,) = coupons({"numberOfCoupons": 1})
    assert re.fullmatch("[A-Z0-9]{12}", row["code"])


def test_codes_are_made_in_the_case_of_the_application(shop, world):
    shop.open(
        {**CAMPAIGN, "newCoupons": [{"numberOfCoupons": 9, "couponPattern": "Sum-####"}]}, case="insensitive-lowercase"
    )
    rows = world.store.dump(next(table for table in world.store.tables if table.name == "talonone_coupons"))
    assert all(row["code"] == row["value"] == row["value"].lower() for row in rows)
    effects = shop.session(couponCodes=[rows[0]["value"].upper()])["effects"]
    assert effects[0]["effectType"] == "acceptCoupon"


def test_made_codes_keep_clear_of_written_ones_even_of_later_campaigns(shop, world):
    late = {"id": 2, "applicationId": 7, "name": "Late", "coupons": [{"value": "ABCA", "id": 40}, {"value": "ABCB"}]}
    new = {"numberOfCoupons": 1, "couponPattern": "ABC#", "validCharacters": ["A", "B", "C"]}
    shop.open({**CAMPAIGN, "newCoupons": [new]}, late)
    rows = world.store.dump(next(table for table in world.store.tables if table.name == "talonone_coupons"))
    assert {row["code"]: row["id"] for row in rows} == {"ABCB": 1, "ABCA": 40, "ABCC": 41}


def test_the_same_scenario_makes_the_same_codes(coupons):
    new = {"numberOfCoupons": 20, "couponPattern": "######"}
    assert [row["code"] for row in coupons(new)] == [row["code"] for row in coupons(new)]


def test_ten_thousand_codes_are_made_in_one_piece(coupons):
    rows = coupons({"numberOfCoupons": 10_000, "couponPattern": "####-####"})
    assert len({row["code"] for row in rows}) == 10_000
    assert [row["id"] for row in rows] == list(range(1, 10_001))


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        ({}, "newCoupons[0].numberOfCoupons: this key is required"),
        ({"numberOfCoupons": 0}, "newCoupons[0].numberOfCoupons: Input should be greater than or equal to 1"),
        (
            {"numberOfCoupons": 2_000_000},
            "newCoupons[0].numberOfCoupons: Input should be less than or equal to 1000000",
        ),
        (
            {"numberOfCoupons": 1, "couponPattern": "##"},
            "newCoupons[0].couponPattern: String should have at least 3 characters",
        ),
        (
            {"numberOfCoupons": 1, "couponPattern": "###"},
            "newCoupons[0].couponPattern: a code has 4 to 100 characters, these would have 3",
        ),
        (
            {"numberOfCoupons": 1, "couponPattern": "#" * 60, "uniquePrefix": "P" * 60},
            "newCoupons[0].uniquePrefix: a code has 4 to 100 characters, these would have 120",
        ),
        (
            {"numberOfCoupons": 1, "validCharacters": ["AB"]},
            "newCoupons[0].validCharacters[0]: String should have at most 1 character",
        ),
        (
            {"numberOfCoupons": 1, "validCharacters": []},
            "newCoupons[0].validCharacters: List should have at least 1 item",
        ),
        (
            {"numberOfCoupons": 5, "couponPattern": "AB##", "validCharacters": ["A", "B"]},
            "newCoupons[0].numberOfCoupons: the pattern allows 4 different codes, and 5 are wanted",
        ),
        ({"numberOfCoupons": 1, "usageLimit": 1_000_000}, "newCoupons[0].usageLimit: Input should be less than or"),
        (
            {"numberOfCoupons": 1, "couponpattern": "####"},
            "newCoupons[0].couponpattern: unknown key, did you mean coup",
        ),
        (
            {"numberOfCoupons": 1, "attributes": {"nope": 1}},
            'newCoupons[0].attributes.nope: The attribute "nope" is not defined on Coupon entities.',
        ),
    ],
)
def test_coupons_that_cannot_be_made_are_named_by_their_path(mistake, new, problem):
    assert mistake(new).startswith(problem)


def test_codes_that_run_out_over_two_batches_are_named_by_the_second(mistake):
    new = {"numberOfCoupons": 3, "couponPattern": "AB##", "validCharacters": ["A", "B"]}
    problem = mistake(new, new)
    assert problem == (
        "newCoupons[1].numberOfCoupons: the pattern allows 4 different codes, of which 3 are taken, and 3 are wanted"
    )


def test_a_character_that_is_two_in_capitals_is_refused_where_codes_are_capitals(mistake):
    new = {"numberOfCoupons": 1, "validCharacters": ["ß"]}
    assert mistake(new, application={"caseSensitivity": "insensitive-uppercase"}.items()) == (
        "newCoupons[0].validCharacters: 'SS' is not one character"
    )
