"""Loyalty: points earned, pending, spent, expired and taken back, on the world's clock."""

import pytest

START = 1_767_603_600_000_000
"""2026-01-05T09:00:00Z."""
DAY = 86_400_000_000
EARN = ["addLoyaltyPoints", "Points", 1, "", [".", "Session", "Total"]]


@pytest.fixture
def points(shop, campaign, rule, cart, world):
    """Open a shop that gives a point per unit of money; `points(number, total, …)` closes a session of ana's."""

    def opener(*effects, condition=("and",), validity="30d", subledgers=True, **members):
        programs = [
            {"id": 1, "name": "points", "title": "Points", "defaultValidity": validity, "allowSubledger": subledgers},
            {"id": 2, "name": "miles"},
            {"id": 3, "name": "theirs", "subscribedApplications": [8]},
        ]
        shop.open(campaign(1, rule(list(condition), *(effects or (EARN,))), **members), loyaltyPrograms=programs)
        world.clock.set("frozen", START)

        def close(number, total, state="closed", profile="ana"):
            return shop.session(number, "loyalty", profileId=profile, cartItems=cart(total), state=state)

        return close

    return opener


def ledger(answer, program="1"):
    return answer["loyalty"]["programs"][program]["ledger"]


def some(info, *names):
    return [info[f"{name}Balance"] for name in names]


def test_an_effect_tells_what_is_earned_and_until_when(points):
    effect = points()("s-1", 20)["effects"][0]
    assert effect["effectType"] == "addLoyaltyPoints"
    uuid = effect["props"].pop("transactionUUID")
    assert len(uuid) == 36
    assert effect["props"] == {
        "name": "Points", "programId": 1, "subLedgerId": "", "value": 20, "recipientIntegrationId": "ana",
        "expiryCondition": "30d", "expiryDate": "2026-02-04T09:00:00Z",
    }  # fmt: skip


def test_points_are_booked_when_the_session_closes(points):
    close = points()
    opened = close("s-1", 20, state="open")
    assert some(ledger(opened), "current", "tentativeCurrent") == [0, 20]
    assert some(ledger(close("s-1", 20, state="open")), "current", "tentativeCurrent") == [0, 20]
    assert some(ledger(close("s-1", 20)), "current", "tentativeCurrent") == [20, 20]
    assert some(ledger(close("s-2", 5, state="open")), "current", "tentativeCurrent") == [20, 25]


def test_a_program_is_answered_with_all_members(points):
    close = points()
    answer = close("s-1", 20)
    assert answer["loyalty"] == {
        "programs": {
            "1": {
                "id": 1, "title": "Points", "name": "points",
                "ledger": {
                    "currentBalance": 20, "pendingBalance": 0, "negativeBalance": 0, "expiredBalance": 0,
                    "spentBalance": 0, "tentativeCurrentBalance": 20, "tentativePendingBalance": 0,
                    "tentativeNegativeBalance": 0,
                },
                "subLedgers": {}, "joinDate": "2026-01-05T09:00:00Z",
            }
        }
    }  # fmt: skip


def test_who_has_no_points_has_no_programs(points):
    assert points(condition=("=", 1, 2))("s-1", 20)["loyalty"] == {"programs": {}}


def test_points_expire_with_the_clock(points, world):
    close = points()
    close("s-1", 20)
    world.clock.set("frozen", START + 30 * DAY - 1)
    assert some(ledger(close("s-2", 0)), "current", "expired") == [20, 0]
    world.clock.set("frozen", START + 30 * DAY)
    assert some(ledger(close("s-3", 0)), "current", "expired") == [0, 20]


@pytest.mark.parametrize(
    ("validity", "expiry"),
    [
        ("unlimited", None),
        ("90s", "2026-01-05T09:01:30Z"),
        ("40m", "2026-01-05T09:40:00Z"),
        ("1h", "2026-01-05T10:00:00Z"),
        ("30d", "2026-02-04T09:00:00Z"),
        ("5D", "2026-01-10T09:00:00Z"),
        ("7W", "2026-02-23T09:00:00Z"),
        ("10M", "2026-11-05T09:00:00Z"),
        ("1D_D", "2026-01-06T00:00:00Z"),
        ("1D_U", "2026-01-07T00:00:00Z"),
        ("1W_U", "2026-01-19T00:00:00Z"),
        ("1M_U", "2026-03-01T00:00:00Z"),
        ("9999999W", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_rule_may_say_how_long_points_are_good_for(points, validity, expiry):
    props = points([*EARN, "ana", validity])("s-1", 20)["effects"][0]["props"]
    assert (props["expiryCondition"], props.get("expiryDate")) == (validity, expiry)


def test_nobody_adds_less_than_nothing(points):
    effect = points(["addLoyaltyPoints", "Points", 1, "", -1])("s-1", 20)["effects"][0]
    assert effect["props"] == {"message": "points are added, deductLoyaltyPoints takes them"}


@pytest.mark.parametrize("validity", ["soon", "30", "-1d", "30 d"])
def test_a_validity_that_says_nothing_is_an_error(points, validity):
    effect = points([*EARN, "ana", validity])("s-1", 20)["effects"][0]
    assert (effect["effectType"], effect["props"]["message"]) == (
        "error",
        f"{validity!r} is no duration such as 40m, 1h or 30d",
    )


def test_points_may_be_pending_at_first(points, world):
    close = points([*EARN, "ana", "30d", "2d"])
    answer = close("s-1", 20)
    assert answer["effects"][0]["props"]["startDate"] == "2026-01-07T09:00:00Z"
    assert answer["effects"][0]["props"]["expiryDate"] == "2026-02-06T09:00:00Z"
    assert some(ledger(answer), "current", "pending", "tentativePending") == [0, 20, 20]
    assert some(ledger(close("s-2", 5, "open")), "pending", "tentativePending") == [20, 25]
    world.clock.set("frozen", START + 2 * DAY)
    assert some(ledger(close("s-2", 0)), "current", "pending") == [20, 0]


def test_subledgers_are_kept_apart(points):
    close = points(EARN, ["addLoyaltyPoints", "Stars", 1, "stars", 3], ["addLoyaltyPoints", "Miles", 2, "", 7])
    programs = close("s-1", 20)["loyalty"]["programs"]
    assert programs["1"]["ledger"]["currentBalance"] == 20
    assert {name: one["currentBalance"] for name, one in programs["1"]["subLedgers"].items()} == {"stars": 3}
    assert programs["2"]["ledger"]["currentBalance"] == 7


def test_points_for_somebody_else_are_theirs(points, shop):
    close = points([*EARN, "bob"])
    assert close("s-1", 20)["loyalty"] == {"programs": {}}
    theirs = shop.session("s-2", "loyalty", "customerProfile", profileId="bob")
    assert ledger(theirs)["currentBalance"] == 20
    assert theirs["customerProfile"]["loyaltyMemberships"] == [
        {"joined": "2026-01-05T09:00:00Z", "loyaltyProgramId": 1}
    ]


@pytest.mark.parametrize("program", [3, 9])
def test_a_program_of_others_does_not_exist(points, program):
    effect = points(["addLoyaltyPoints", "Points", program, "", 1])("s-1", 20)["effects"][0]
    assert effect["props"]["message"] == f"there is no loyalty program {program}"


TAKE = ["deductLoyaltyPoints", "Redeem", 1, "", 15]


@pytest.fixture
def spend(shop, campaign, rule, points, cart, world):
    """ana has 20 points that expire in 30 days; sessions that spend, with this condition and these effects."""

    def opener(condition, *effects, **members):
        is_spending = ["=", ["count", [".", "Session", "Identifiers"]], 1]
        earning = rule(["not", is_spending], EARN)
        spending = rule(["and", is_spending, *condition], *effects)
        program = {"id": 1, "name": "points", "defaultValidity": "30d", "allowSubledger": True}
        shop.open(campaign(1, earning, spending), loyaltyPrograms=[program], **members)
        world.clock.set("frozen", START)
        shop.session("s-0", profileId="ana", cartItems=cart(20), state="closed")
        return lambda number, state="closed": shop.session(
            number, "loyalty", profileId="ana", identifiers=["spending"], state=state
        )

    return opener


def test_deducted_points_are_spent(spend):
    take = spend([], TAKE)
    answer = take("s-1", "open")
    props = answer["effects"][0]["props"]
    assert len(props.pop("transactionUUID")) == 36
    assert props == {"ruleTitle": "Redeem", "programId": 1, "subLedgerId": "", "value": 15, "name": "Redeem"}
    assert some(ledger(answer), "current", "tentativeCurrent", "spent") == [20, 5, 0]
    assert some(ledger(take("s-1")), "current", "tentativeCurrent", "spent") == [5, 5, 15]


@pytest.mark.proves("talonone.points_deducted")
def test_nobody_spends_more_than_there_is(spend):
    take = spend([], TAKE, ["setDiscount", "Points", 15])
    assert len(take("s-1")["effects"]) == 2
    assert take("s-2")["effects"] == []


def test_as_a_condition_a_deduction_asks_whether_it_can_be_made(spend, brief):
    take = spend([TAKE], ["setDiscount", "Points", 15])
    assert [one[0] for one in brief(take("s-1")["effects"])] == ["deductLoyaltyPoints", "setDiscount"]
    assert take("s-2")["effects"] == []


def test_deductions_of_one_evaluation_count_together(spend):
    take = spend([], TAKE, TAKE)
    assert take("s-1")["effects"] == []


def test_expired_points_cannot_be_spent(spend, world):
    take = spend([], TAKE)
    world.clock.set("frozen", START + 30 * DAY)
    assert take("s-1")["effects"] == []


@pytest.mark.proves("talonone.loyalty_balances")
def test_what_expires_first_is_spent_first(spend, shop, cart, world):
    take = spend([], TAKE)
    world.clock.set("frozen", START + 10 * DAY)
    shop.session("s-9", profileId="ana", cartItems=cart(10), state="closed")
    take("s-1")
    world.clock.set("frozen", START + 30 * DAY)
    assert some(ledger(shop.session("s-2", "loyalty", profileId="ana")), "current", "expired", "spent") == [10, 5, 15]


def test_cancelling_takes_earned_points_back(points, shop):
    close = points()
    uuid = close("s-1", 20)["effects"][0]["props"]["transactionUUID"]
    answer = shop.session("s-1", "loyalty", state="cancelled")
    assert [(one["effectType"], one["props"]) for one in answer["effects"]] == [
        (
            "rollbackAddedLoyaltyPoints",
            {
                "programId": 1, "subLedgerId": "", "value": 20, "recipientIntegrationId": "ana",
                "transactionUUID": uuid,
            },
        )
    ]  # fmt: skip
    assert some(ledger(answer), "current", "spent", "negative") == [0, 0, 0]


def test_cancelling_an_open_session_has_no_points_to_take_back(points, shop):
    close = points()
    close("s-1", 20, "open")
    assert shop.session("s-1", "loyalty", state="cancelled") | {"createdCoupons": []} == {
        "effects": [], "createdCoupons": [], "createdReferrals": [], "loyalty": {"programs": {}}
    }  # fmt: skip


def test_cancelling_gives_spent_points_back(spend, shop):
    take = spend([], TAKE)
    take("s-1")
    answer = shop.session("s-1", "loyalty", state="cancelled")
    effect = answer["effects"][0]
    assert effect["effectType"] == "rollbackDeductedLoyaltyPoints"
    assert (effect["props"]["value"], effect["props"]["recipientIntegrationId"]) == (15, "ana")
    assert some(ledger(answer), "current", "spent") == [20, 0]


def test_points_that_were_spent_before_they_were_taken_back_are_owed(spend, shop, cart):
    take = spend([], TAKE)
    take("s-1")
    answer = shop.session("s-0", "loyalty", state="cancelled")
    assert some(ledger(answer), "current", "negative", "spent") == [0, 15, 15]
    answer = shop.session("s-2", "loyalty", profileId="ana", cartItems=cart(18), state="closed")
    assert some(ledger(answer), "current", "negative") == [3, 0]


def test_rules_read_balances(shop, campaign, rule, cart):
    seen = [
        [".", "Profile", "Loyalty", "points", "Balance"],
        [".", "Profile", "Loyalty", 1, "Balance"],
        ["loyaltyBalance", 1],
        ["loyaltyBalance", 1, "stars"],
    ]
    programs = [{"id": 1, "name": "points"}]
    effects = [["setDiscount", str(index), expression] for index, expression in enumerate(seen)]
    shop.open(campaign(1, rule(["and"], EARN), rule(["and"], *effects)), loyaltyPrograms=programs)
    shop.session("s-1", profileId="ana", cartItems=cart(20), state="closed")
    effects = shop.session("s-2", profileId="ana", cartItems=cart(5))["effects"]
    values = [one["props"]["value"] for one in effects if one["effectType"] == "setDiscount"]
    assert values == [20, 20, 20, 0]


def test_a_profile_tells_the_programs_it_has_joined(points, shop):
    close = points()
    before = shop.session("s-1", "customerProfile", profileId="ana")
    assert before["customerProfile"]["loyaltyMemberships"] is None
    close("s-1", 20)
    after = shop.session("s-2", "customerProfile", profileId="ana")
    assert after["customerProfile"]["loyaltyMemberships"] == [{"joined": "2026-01-05T09:00:00Z", "loyaltyProgramId": 1}]


def test_a_dry_run_books_nothing(points, shop, world):
    points()
    before = {table.name: world.store.dump(table) for table in world.store.tables}
    answer = shop.session("s-1", "loyalty", dry="true", profileId="ana", state="closed", cartItems=[])
    assert answer["effects"][0]["effectType"] == "addLoyaltyPoints"
    assert {table.name: world.store.dump(table) for table in world.store.tables} == before


def test_the_ledger_of_a_profile_is_found_by_an_index(points, world):
    from emulator.vendors.talonone.tables import LEDGER_OF_EVENT, LEDGER_OF_PROFILE, LEDGER_OF_SESSION

    points()
    for statement, values in (
        (LEDGER_OF_PROFILE, {"account_id": 1, "profile_id": "ana"}),
        (LEDGER_OF_SESSION, {"session_id": 1}),
        (LEDGER_OF_EVENT, {"event_id": 1}),
    ):
        assert all("SCAN" not in step for step in world.store.plan(statement, **values))
