"""Events, sessions and profiles: whose an event is, and what identify makes of several profiles."""

from typing import Any

import pytest

from tests.vendors.primedata.tracking import ADDITIONS, Tracker, event, identify
from tests.vendors.primedata.workspace import WORKSPACE

OLDER = "2K7QRzns7Gpw4n4Q4RADtFpmhnm"
NEWER = "2YhQlO5kmTIRCu22QrO9BmgwbIy"


@pytest.fixture
def two(tracker: Tracker, workspace: Any) -> Tracker:
    """A workspace with an older profile that was updated last, and a newer one."""
    workspace(
        **ADDITIONS,
        profiles=[
            {
                "profile_id": NEWER,
                "last_updated": "2024-01-01T00:00:00Z",
                "identity": {"email": ["new@shop.example", "both@shop.example"], "phone_number": ["1"]},
                "trait": {"city": "Huế", "only_new": 1},
                "p_trait": {"ltv": 1, "orders": 2},
                "aliases": ["newest"],
            },
            {
                "profile_id": OLDER,
                "last_updated": "2024-02-02T00:00:00Z",
                "identity": {"email": ["old@shop.example"]},
                "trait": {"city": "Vinh", "only_old": 2},
                "p_trait": {"ltv": 10},
            },
        ],
        events=[
            {"id": f"{of[:2]}{n}", "profile_id": of, "event_name": "Viewed", "time_stamp": f"2024-03-0{n}"}
            for of in (NEWER, OLDER)
            for n in (1, 2)
        ],
    )
    return tracker


# sessions -------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("primedata.sessions")
def test_identify_binds_its_session_to_the_profile_that_is_there_already(tracker: Tracker) -> None:
    assert tracker.took(identify("s", email="ann@shop.example")) == "ann"
    assert tracker.took(event("Viewed", sessionId="s")) == "ann"
    assert "primedata.sessions" in tracker.relied()
    assert tracker.took(event("Bought"), sessionId="s") == "ann"
    assert tracker.took(event("Viewed", sessionId="another")) is None


def test_a_session_in_the_event_counts_before_that_of_the_body(tracker: Tracker) -> None:
    tracker.took(identify("a", email="ann@shop.example"), identify("b", email="bob@shop.example"))
    assert tracker.took(event("Viewed", sessionId="b"), sessionId="a") == "bob"
    assert tracker.took(event("Viewed", sessionId=""), sessionId="a") == "ann"
    assert tracker.took(event("Viewed", sessionId=None), sessionId="a") == "ann"


@pytest.mark.proves("primedata.processed_events")
def test_a_call_may_be_about_several_sessions_and_answers_the_last_profile(tracker: Tracker) -> None:
    events = [identify("a", email="ann@shop.example"), identify("b", email="bob@shop.example")]
    assert tracker.took(*events, event("Viewed", sessionId="c")) == "bob"


@pytest.mark.proves("primedata.anonymous_sessions")
def test_what_a_visitor_does_before_identify_arrives_with_it(tracker: Tracker) -> None:
    assert tracker.took(event("Viewed", id="1", sessionId="s"), event("Bought", id="2", sessionId="s")) is None
    assert "primedata.anonymous_sessions" in tracker.relied()
    tracker.took(event("Viewed", id="other", sessionId="t"))
    tracker.took(event("Viewed", id="0", profileId="ann"))
    assert tracker.caller.ids(profile_id="ann") == ["0"]
    assert tracker.took({**identify("s", email="ann@shop.example"), "id": "3"}) == "ann"
    assert "primedata.anonymous_sessions" in tracker.relied()
    assert tracker.caller.ids(profile_id="ann") == ["0", "1", "2", "3"]
    assert list(tracker.caller.pages(profile_id="ann", limit=3)) == [["0", "1", "2"], ["3"]]


def test_an_event_that_waits_is_known_when_it_is_sent_again(tracker: Tracker) -> None:
    waiting = event("Viewed", id="1", sessionId="s")
    assert [tracker.took(waiting), tracker.took(waiting)] == [None, None]
    tracker.took(identify("s", email="ann@shop.example"))
    assert tracker.took(waiting) == "ann"
    assert tracker.names(profile_id="ann") == ["Viewed", "identify"]


@pytest.mark.proves("primedata.lone_events")
def test_an_event_of_no_session_and_no_profile_is_kept_by_nobody(tracker: Tracker) -> None:
    assert tracker.took(identify(email="ann@shop.example"), event("Bought")) == "ann"
    assert "primedata.lone_events" in tracker.relied()
    assert tracker.names(profile_id="ann") == ["identify"]


@pytest.mark.proves("primedata.given_profiles")
def test_a_given_profile_counts_where_the_session_is_nobodys(tracker: Tracker) -> None:
    tracker.took(event("Viewed", sessionId="s"))
    assert tracker.took(event("Bought", sessionId="s"), profileId="ann-before-merge") == "ann"
    assert "primedata.given_profiles" in tracker.relied()
    assert tracker.names(profile_id="ann") == ["Viewed", "Bought"]
    assert tracker.took(event("Bought", sessionId="s", profileId="bob")) == "ann"
    assert tracker.took(event("Bought", profileId="bob"), profileId="ann") == "bob"


@pytest.mark.parametrize("unknown", ["nobody", "", None, 7])
def test_an_unknown_profile_counts_as_none(tracker: Tracker, unknown: Any) -> None:
    assert tracker.took(event("Viewed", profileId=unknown), sessionId="s") is None


# identify -------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("primedata.identification")
def test_configured_names_are_identities_and_the_others_overwrite_traits(tracker: Tracker) -> None:
    tracker.took(
        identify("s", email="ann@shop.example", phone_number=849, full_name="An", tags=None, new={"a": [1]}, id="u-1")
    )
    assert "primedata.identification" in tracker.relied()
    found = tracker.profile(email="ann@shop.example")
    assert found["identity"] == {
        "email": ["ann@shop.example", "a@shop.example"],
        "phone_number": ["0123456789", "849"],
    }
    assert list(found["trait"].items()) == [
        ("full_name", "An"),
        ("city", {"name": "Huế", "zip": 530000}),
        ("tags", None),
        ("new", {"a": [1]}),
        ("id", "u-1"),
    ]
    assert found["p_trait"] == {"ltv": 12.5}


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("x", ["x"]),
        (["x", "y", "x"], ["x", "y"]),
        ([7, True, 1.5], ["7", "true", "1.5"]),
        (["x", None, "", {"a": 1}, ["y"]], ["x"]),
    ],
)
def test_identities_are_texts_each_once(tracker: Tracker, told: Any, kept: list[str]) -> None:
    tracker.took(identify("s", phone_number=told))
    assert tracker.profile(phone_number=kept[0])["identity"] == {"phone_number": kept}


@pytest.mark.parametrize("unsaid", [None, "", [], {}, [None, ""]])
def test_an_identity_that_says_nothing_identifies_nobody(tracker: Tracker, unsaid: Any) -> None:
    assert tracker.took(identify("s", email=unsaid)) is None
    assert tracker.took(identify(email=unsaid)) is None


def test_identify_without_an_identity_speaks_of_the_sessions_profile(tracker: Tracker) -> None:
    tracker.took(identify("s", email="ann@shop.example"))
    assert tracker.took(identify("s", full_name="Anna")) == "ann"
    assert tracker.profile(email="ann@shop.example")["trait"]["full_name"] == "Anna"
    assert tracker.took(identify(full_name="Annie"), profileId="ann") == "ann"
    assert tracker.profile(email="ann@shop.example")["trait"]["full_name"] == "Annie"


@pytest.mark.parametrize("how", ["identify", "profileId"])
def test_traits_told_too_early_wait_with_the_session(tracker: Tracker, how: str) -> None:
    assert tracker.took(identify("s", full_name="A", city="B")) is None
    assert tracker.took(identify("s", city="C", nick="D")) is None
    if how == "identify":
        tracker.took(identify("s", email="ann@shop.example", nick="E"))
    else:
        tracker.took(event("Viewed", sessionId="s"), profileId="ann")
    trait = tracker.profile(email="ann@shop.example")["trait"]
    assert [trait[name] for name in ("full_name", "city", "nick")] == ["A", "C", "E" if how == "identify" else "D"]


def test_two_identifies_without_sessions_find_the_same_new_profile(tracker: Tracker) -> None:
    first = tracker.took(identify(email="new@shop.example", a=1), identify(email="new@shop.example", a=2, b=3))
    assert tracker.profile(email="new@shop.example")["profile_id"] == first
    assert tracker.profile(email="new@shop.example")["trait"] == {"a": 2, "b": 3}


# merging --------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("primedata.merging")
@pytest.mark.parametrize(
    "events",
    [
        pytest.param([identify("s", phone_number="1", email="old@shop.example")], id="one identify names both"),
        pytest.param(
            [identify("s", email="old@shop.example"), identify("s", phone_number="1")], id="a session says one each"
        ),
        pytest.param(
            [identify("s", phone_number="1"), identify("s", email="old@shop.example")], id="in the other order"
        ),
        pytest.param([{**identify("s", email="old@shop.example"), "profileId": "newest"}], id="a given profile"),
    ],
)
def test_profiles_that_turn_out_to_be_one_keep_the_older_id_and_everything_else(
    two: Tracker, events: list[dict[str, Any]]
) -> None:
    assert two.took(*events) == OLDER
    assert "primedata.merging" in two.relied()
    for profile_id in (OLDER, NEWER, "newest"):
        found = two.caller.profile(profile_id=profile_id).json()["data"]
        assert found["profile_id"] == OLDER
        assert found["identity"] == {
            "email": ["old@shop.example", "new@shop.example", "both@shop.example"],
            "phone_number": ["1"],
        }
        assert {**found["p_trait"], "ltv": 0} == {"ltv": 0, "orders": 2}
        assert {**found["trait"], "city": ""} == {"city": "", "only_new": 1, "only_old": 2}
    planted = [one for one in two.caller.ids(profile_id=NEWER) if len(one) == 3]
    assert planted == ["2K1", "2K2", "2Y1", "2Y2"]
    assert [id for page in two.caller.pages(profile_id=OLDER, limit=1, include=["Viewed"]) for id in page] == planted
    assert {one["profile_id"] for one in two.events(profile_id="newest")} == {OLDER}
    assert two.took(event("Viewed", sessionId="s")) == OLDER


def test_the_trait_of_the_profile_that_was_updated_last_wins_and_then_that_of_identify(two: Tracker) -> None:
    two.took(identify(phone_number="1", email="old@shop.example", only_new=3))
    found = two.profile(phone_number="1")
    assert found["trait"] == {"city": "Vinh", "only_new": 3, "only_old": 2}
    assert found["p_trait"] == {"ltv": 10, "orders": 2}


def test_sessions_of_a_merged_profile_go_on_with_the_one_that_is_left(two: Tracker) -> None:
    two.took(identify("of-new", phone_number="1"), identify("of-old", email="old@shop.example"))
    two.took(identify(phone_number="1", email="old@shop.example"))
    assert two.took(event("Viewed", sessionId="of-new")) == OLDER
    assert two.took(event("Viewed", sessionId="of-old")) == OLDER


def test_three_profiles_become_one(two: Tracker) -> None:
    third = two.took(identify(email="third@shop.example"))
    assert third is not None
    assert third > NEWER
    two.took(identify(email=["third@shop.example", "new@shop.example", "old@shop.example"]))
    assert {one["profile_id"] for id in (third, OLDER, NEWER) for one in two.events(profile_id=id)} == {OLDER}
    assert two.profile(email="third@shop.example")["profile_id"] == OLDER


def test_an_ordinary_identify_merges_nothing(tracker: Tracker) -> None:
    tracker.took(identify("s", email="ann@shop.example", phone_number="0123456789"))
    assert "primedata.merging" not in tracker.relied()
    assert [one["profile_id"] for one in WORKSPACE["profiles"]] == ["ann", "bob"]
    assert tracker.profile(email="bob@shop.example")["profile_id"] == "bob"
