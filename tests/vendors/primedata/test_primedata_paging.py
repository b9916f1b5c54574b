"""Cursors: every event exactly once, from any page size, at the same cost on every page."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.core.store import LEAST_INTEGER, MOST_INTEGER
from emulator.vendors.primedata.contract.cursors import Place
from emulator.vendors.primedata.tables import EVENTS_PAGE, EVENTS_PAGE_OF_NAME, FIND_EVENTS_OF_ID
from tests.vendors.primedata.workspace import Caller, validation_error

MINUTE = 60 * 10**9
NEW_YEAR = 1_704_067_200 * 10**9  # 2024-01-01T00:00:00Z
ORDERS = pytest.mark.parametrize("sort", ["asc", "desc", None])
Events = list[tuple[str, int, str]]


def cursor(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def decoded(text: str) -> str:
    return base64.b64decode(text).decode()


@pytest.fixture
def plant(caller: Caller, workspace: Callable[..., None]) -> Callable[[Events], Caller]:
    """Ann's events as (id, minute, name), in order of arrival."""

    def planter(events: Events) -> Caller:
        rows = [
            {
                "id": event_id,
                "profile_id": "ann",
                "event_name": name,
                "time_stamp": f"2024-01-01T{minute // 60:02}:{minute % 60:02}:00Z",
            }
            for event_id, minute, name in events
        ]
        bobs = {"id": "bobs", "profile_id": "bob", "event_name": "Viewed", "time_stamp": "2024-01-01T00:01:00Z"}
        workspace(events=[*rows, bobs])
        return caller

    return planter


FIVE = [("a", 4, "Viewed"), ("b", 1, "Bought"), ("c", 3, "Viewed"), ("d", 2, "Viewed"), ("e", 5, "Bought")]


@pytest.fixture
def five(plant: Callable[[Events], Caller]) -> Caller:
    return plant(FIVE)


def test_the_known_vector_of_a_cursor() -> None:
    text = "MTY3MjYwMzIwMDAwMDAwMDAwMDo6MzBTaGluZU1TU1FMLkJvb2tpbmdDb21wbGV0ZWQuMTc0ODQ1NjM="
    place = Place(1_672_603_200_000_000_000, "30ShineMSSQL.BookingCompleted.17484563")
    assert str(place) == text
    assert Place.parse(text) == place


def test_the_documented_cursor_reads_as_time_and_message_id() -> None:
    text = "MTUxMzc1NTQzNjg2NzAwMDAwMDo6YWpzLTcyMWFhNzFjNDM2ZWJhOTUyYmI1ZmNiMzJlZWI3MWMzLWNsZWFu"
    assert Place.parse(text) == (1_513_755_436_867_000_000, "ajs-721aa71c436eba952bb5fcb32eeb71c3-clean")


@pytest.mark.proves("primedata.cursor")
def test_the_cursor_names_the_first_event_of_the_next_page(five: Caller) -> None:
    answer = five.events(profile_id="ann", sort="asc", limit=2).json()
    assert [event["id"] for event in answer["data"]] == ["b", "d"]
    assert answer["cursor"] == {"has_more": True, "next": cursor(f"{NEW_YEAR + 3 * MINUTE}::c")}


@ORDERS
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 100])
def test_pages_tile_the_whole_in_every_order(five: Caller, sort: str | None, limit: int) -> None:
    whole = five.ids(profile_id="ann", sort=sort)
    pages = list(five.pages(profile_id="ann", sort=sort, limit=limit))
    assert [event_id for page in pages for event_id in page] == whole
    assert len(whole) == 5
    assert len(pages) == -(-5 // limit)


def test_the_last_page_has_no_more_and_an_empty_next(five: Caller) -> None:
    answer = five.events(profile_id="ann", limit=5).json()
    assert answer["cursor"] == {"has_more": False, "next": ""}


@pytest.mark.parametrize(
    "sent",
    [
        lambda text: text.rstrip("="),
        lambda text: text.replace("+", "-").replace("/", "_"),
        lambda text: text.replace("+", "-").replace("/", "_").rstrip("="),
    ],
)
def test_a_cursor_may_come_back_unpadded_and_url_safe(plant: Callable[[Events], Caller], sent: Any) -> None:
    caller = plant([("first", 1, "Viewed"), ("??>>~~~", 2, "Viewed")])
    following = caller.events(profile_id="ann", limit=1).json()["cursor"]["next"]
    assert {"+", "/"} & set(following)
    assert following.endswith("=")
    assert caller.ids(profile_id="ann", cursor=sent(following)) == ["??>>~~~"]


@pytest.mark.parametrize(
    "text",
    [
        "", "xyz", "not base64!", "é", "====", cursor(""), cursor("abc"), cursor("::b"), cursor("abc::b"),
        cursor(f"{NEW_YEAR + MINUTE}:b"), cursor(f"+{NEW_YEAR + MINUTE}::b"), cursor(f"{NEW_YEAR + MINUTE}.0::b"),
        cursor(f"{10**30}::b"), cursor(f"{2**63}::b"), cursor("１::b"),
        base64.b64encode(b"\xff::b").decode(),
        cursor(f"{NEW_YEAR + MINUTE}::nobody"), cursor(f"{NEW_YEAR + MINUTE}::B"), cursor(f"{NEW_YEAR + MINUTE}::"),
        cursor(f"{NEW_YEAR + MINUTE + 1}::b"), cursor(f"{NEW_YEAR + MINUTE}::b::99"),
        cursor(f"{NEW_YEAR + MINUTE}::b::"),
        cursor(f"{NEW_YEAR + MINUTE}::bobs"),
    ],
)  # fmt: skip
def test_a_cursor_that_names_none_of_the_profiles_events_is_refused(five: Caller, text: str) -> None:
    response = five.events(profile_id="ann", cursor=text)
    assert (response.status_code, response.json()) == (400, validation_error(f"Invalid Cursor {text}"))


def test_another_profiles_cursor_is_refused_and_its_own_is_not(five: Caller) -> None:
    bobs = cursor(f"{NEW_YEAR + MINUTE}::bobs")
    assert five.events(profile_id="ann", cursor=bobs).status_code == 400
    assert five.ids(profile_id="bob", cursor=bobs) == ["bobs"]


def test_an_unknown_profile_is_told_before_an_unknown_event(five: Caller) -> None:
    assert five.events(profile_id="nobody", cursor=cursor("1::b")).status_code == 404
    assert five.events(profile_id="nobody", cursor="xyz").status_code == 400


@pytest.mark.parametrize(
    ("changed", "ids"),
    [
        ({"sort": "asc"}, ["c", "a", "e"]),
        ({"sort": "desc"}, ["c", "d", "b"]),
        ({}, ["c", "d", "e"]),
        ({"sort": "asc", "include": ["Bought"]}, ["e"]),
        ({"sort": "desc", "include": ["Bought"]}, ["b"]),
        ({"include": ["Bought"]}, ["e"]),
        ({"sort": "asc", "start": "2024-01-01T00:03:00Z"}, ["a", "e"]),
        ({"sort": "asc", "end": "2024-01-01T00:05:00Z"}, ["c", "a"]),
        ({"sort": "asc", "start": "2024-01-01T00:04:00Z"}, ["e"]),
        ({"sort": "desc", "end": "2024-01-01T00:02:00Z"}, ["b"]),
        ({"sort": "asc", "end": "2024-01-01T00:02:00Z"}, []),
        ({"end": "2024-01-01T00:05:00Z"}, ["c", "d"]),
    ],
)
def test_a_cursor_is_a_position_in_whatever_order_and_filter_comes_with_it(
    five: Caller, changed: Any, ids: list[str]
) -> None:
    assert five.ids(profile_id="ann", cursor=cursor(f"{NEW_YEAR + 3 * MINUTE}::c"), **changed) == ids


def test_a_cursor_survives_a_change_of_the_clock(five: Caller) -> None:
    following = five.events(profile_id="ann", sort="asc", limit=2).json()["cursor"]["next"]
    five.world.clock.advance(10**15)
    assert five.ids(profile_id="ann", sort="asc", cursor=following) == ["c", "a", "e"]


def test_events_that_share_time_and_id_are_told_apart_by_a_number(plant: Callable[[Events], Caller]) -> None:
    caller = plant([("x", 1, "Viewed"), ("x", 1, "Bought"), ("x", 1, "Viewed"), ("y", 1, "Viewed")])
    following = caller.events(profile_id="ann", sort="asc", limit=1).json()["cursor"]["next"]
    assert decoded(following) == f"{NEW_YEAR + MINUTE}::x::2"
    answer = caller.events(profile_id="ann", sort="asc", limit=2, cursor=following).json()
    assert [event["event_name"] for event in answer["data"]] == ["Bought", "Viewed"]
    assert decoded(answer["cursor"]["next"]) == f"{NEW_YEAR + MINUTE}::y"


def test_without_the_number_the_first_of_them_is_meant(plant: Callable[[Events], Caller]) -> None:
    caller = plant([("x", 1, "Viewed"), ("x", 1, "Bought")])
    data = caller.events(profile_id="ann", sort="asc", cursor=cursor(f"{NEW_YEAR + MINUTE}::x")).json()["data"]
    assert [event["event_name"] for event in data] == ["Viewed", "Bought"]


def test_an_id_may_contain_the_separator(plant: Callable[[Events], Caller]) -> None:
    caller = plant([("a", 1, "Viewed"), ("b::c::7", 2, "Viewed")])
    following = caller.events(profile_id="ann", limit=1).json()["cursor"]["next"]
    assert decoded(following) == f"{NEW_YEAR + 2 * MINUTE}::b::c::7"
    assert caller.ids(profile_id="ann", cursor=following) == ["b::c::7"]


_some_events = st.lists(
    st.tuples(
        st.sampled_from(["x", "y", "x::1", "x::2", "x::2::3", "::", "x::02"]),
        st.integers(0, 3),
        st.sampled_from(["Viewed", "Bought", "Refunded"]),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=_some_events,
    sort=st.sampled_from(["asc", "desc", None]),
    limit=st.integers(1, 5),
    include=st.sets(st.sampled_from(["Viewed", "Bought", "Refunded"])),
)
def test_paging_visits_every_event_exactly_once_whatever_their_ids_and_times(
    plant: Callable[[Events], Caller], events: Events, sort: str | None, limit: int, include: set[str]
) -> None:
    caller = plant(events)
    arrived = [(minute, arrival, event_id) for arrival, (event_id, minute, name) in enumerate(events)
               if not include or name in include]  # fmt: skip
    if sort is not None:
        arrived.sort(reverse=sort == "desc")
    pages = list(caller.pages(profile_id="ann", sort=sort, limit=limit, include=sorted(include)))
    assert [event_id for page in pages for event_id in page] == [event_id for _, _, event_id in arrived]


# cost -----------------------------------------------------------------------------------------------------------------

COUNT = 6_000
CROWD = 3_000  # of them at one moment
STEPS = [*EVENTS_PAGE.items(), *EVENTS_PAGE_OF_NAME.items()]


@pytest.fixture
def crowded(caller: Caller, workspace: Callable[..., None]) -> Caller:
    """Six thousand events of Ann: a minute apart, but for every second one, which are all of one moment."""
    names = ["Viewed", "Bought", "Refunded"]
    series = {"profile_id": "ann", "count": COUNT - CROWD, "event_names": names}
    workspace(
        event_series=[
            {**series, "start": "2024-01-01", "every": "1m", "id": "spread.{i}"},
            {**series, "start": "2024-01-02T00:00:30Z", "every": 0, "id": "crowd.{i}"},
        ]
    )
    return caller


def bounds(**changed: Any) -> dict[str, Any]:
    return {
        "profile": 1, "most": 26, "after_ts": LEAST_INTEGER, "after_seq": LEAST_INTEGER, "before_ts": MOST_INTEGER,
        "before_seq": MOST_INTEGER, "arrived_after": 0, "event_name": "Viewed", **changed,
    }  # fmt: skip


CROWD_MOMENT = NEW_YEAR + 1_440 * MINUTE + MINUTE // 2
FAR = {
    "asc": [{"after_ts": NEW_YEAR + 2_900 * MINUTE}, {"after_ts": CROWD_MOMENT, "after_seq": 5_500}],
    "desc": [{"before_ts": NEW_YEAR + 99 * MINUTE}, {"before_ts": CROWD_MOMENT, "before_seq": 3_500}],
    "arrival": [{"arrived_after": 5_800}],
}


@pytest.mark.parametrize(("order", "statement"), STEPS)
def test_a_page_costs_the_same_wherever_it_lies(crowded: Caller, order: str, statement: Any) -> None:
    store = crowded.world.store
    first = store.steps(statement, **bounds())
    assert first > 10
    for far in FAR[order]:
        assert len(store.all(statement, **bounds(**far))) == 26
        assert store.steps(statement, **bounds(**far)) <= first * 1.1


@pytest.mark.parametrize(("order", "statement"), STEPS)
def test_no_page_scans_or_sorts(crowded: Caller, order: str, statement: Any) -> None:
    plan = crowded.world.store.plan(statement, **bounds())
    assert len(plan) == 1
    assert plan[0].startswith("SEARCH primedata_event USING")
    if order != "arrival":
        assert "(ts_ns,seq)>(?,?) AND (ts_ns,seq)<(?,?)" in plan[0]


def test_the_event_behind_a_cursor_is_found_by_an_index(crowded: Caller) -> None:
    sought = {"profile": 1, "ts_ns": CROWD_MOMENT, "id": "crowd.2999", "most": 2}
    assert crowded.world.store.plan(FIND_EVENTS_OF_ID, **sought) == [
        "SEARCH primedata_event USING COVERING INDEX primedata_event_by_id (id=? AND profile=? AND ts_ns=?)"
    ]


@ORDERS
@pytest.mark.parametrize("include", [[], ["Viewed"], ["Viewed", "Bought", "Refunded"]])
def test_a_whole_call_costs_the_same_on_the_first_and_on_the_last_page(
    crowded: Caller, sort: str | None, include: list[str]
) -> None:
    def cost(at: str | None) -> int:
        def call() -> None:
            assert len(crowded.ids(profile_id="ann", sort=sort, include=include, cursor=at)) == 25

        return crowded.world.store.cost(call)

    ends = {
        "asc": (f"{NEW_YEAR}::spread.0", f"{CROWD_MOMENT}::crowd.2900"),
        "desc": (f"{CROWD_MOMENT}::crowd.2999", f"{NEW_YEAR + 200 * MINUTE}::spread.200"),
        None: (f"{NEW_YEAR}::spread.0", f"{CROWD_MOMENT}::crowd.2800"),
    }
    first, last = (cost(cursor(place)) for place in ends[sort])
    assert last <= first * 1.5  # comparing equal moments takes a few steps more; walking there would take fifty times


def test_a_crowd_of_one_moment_is_paged_through_without_loss(crowded: Caller) -> None:
    seen = [one for page in crowded.pages(profile_id="ann", sort="desc", limit=100) for one in page]
    assert len(seen) == len(set(seen)) == COUNT
