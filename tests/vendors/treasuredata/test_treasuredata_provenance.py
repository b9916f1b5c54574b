"""What an answer relies on, choice by choice, and what becomes of it where guesses are not wanted."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.server import Background
from emulator.settings import Options
from tests.vendors.treasuredata.shop import Shop, about, column, section, sections, shop

ANA = {"client": "c-1", "email": "ana@example.com", "p": "shoe", "time": 1_767_603_600}
DAY = {"value": 1, "unit": "day"}
FED = {"realtimeKeyEventId": "views"}
LAST = {**FED, "identifier": "last", "type": "single", "valueColumn": "p", "dataType": "string"}
COUNT = {
    **FED,
    "identifier": "count",
    "type": "counter",
    "counterType": "total",
    "increment": {"type": "const", "value": 1},
}
SEEN = {
    **FED,
    "identifier": "seen",
    "type": "list",
    "idColumn": "p",
    "maxItems": 10,
    "duration": DAY,
    "aggregations": [{"name": "All", "identifier": "all", "column": "p", "aggregationType": "distinct_list"}],
}
BATCH = {"key": "ana@example.com", "attributes": {"name": "Ana"}, "segments": ["7"]}


@pytest.fixture
def fail_on(td: Shop) -> Callable[[str | None], None]:
    def order(level: str | None) -> None:
        answer = td.client.patch("/_emulator/provenance", json={"fail_on": level})
        assert answer.json() == {"fail_on": level}

    return order


@pytest.fixture
def guesses(td: Shop) -> Callable[[], list[str]]:
    """What the last call's answer relied on that is assumed."""

    def told() -> list[str]:
        [call] = td.client.get("/_emulator/requests", params={"limit": 1}).json()["requests"]
        explained = td.client.get(f"/_emulator/requests/{call['id']}/explain").json()
        return sorted(one["id"] for one in explained["provenance"]["entries"] if one["level"] == "assumed")

    return told


def offering(td: Shop, *made: Any, **parts: Any) -> None:
    segment = shop(
        realtime_attributes=[LAST, COUNT, SEEN],
        realtime_imported_attributes=[{"column": "name", "identifier": "name"}],
        batch_profiles=[BATCH],
        realtime_personalizations=sections(*made),
    )
    td.open(segment, **parts)


def refused_as_a_guess(response: httpx.Response, entry: str) -> None:
    assert response.status_code == 501
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (problem["title"], problem["entry"], problem["level"]) == ("Only a guess", entry, "assumed")
    assert entry in problem["detail"]
    assert "x-emulator-provenance" not in response.headers


def test_the_documented_event_relies_on_no_guess(td: Shop, fail_on: Any, guesses: Any) -> None:
    known = {"profileCriteria": about("count", "GreaterEqual", rightValue=1)}
    shown = {"name": "name", "last": "last", "count": "count", "seen": ("seen", "all")}
    offering(td, section(attributes=shown, texts={"text": "hello"}, segments=["7"], criteria=known))
    fail_on("assumed")
    response = td.send(ANA)
    assert response.json() == {
        "offers": {
            "offer": {
                "attributes": {"name": "Ana", "last": "shoe", "count": 1, "seen": ["shoe"], "text": "hello"},
                "batch_segments": [{"id": "7"}],
            }
        }
    }
    assert response.headers["x-emulator-provenance"] == "inferred"
    assert guesses() == []


def test_an_event_that_earns_nothing_yet_relies_on_no_guess(td: Shop, fail_on: Any) -> None:
    offering(td, section(criteria={"profileCriteria": about("count", "GreaterEqual", rightValue=3)}))
    fail_on("assumed")
    assert [td.send({"client": "c-1"}).status_code for _ in range(3)] == [204, 204, 200]


def test_a_page_and_an_import_rely_on_no_guess_either(td: Shop, fail_on: Any) -> None:
    td.open_to_pages()
    fail_on("assumed")
    assert td.send({"client": "c-1"}).status_code == 204
    td.headers["Content-Type"] = "application/vnd.treasuredata.v1.js+json"
    answer = td.send({"events": [{"client": "c-1"}]}, "/treasuredata/records/shop_db/views")
    assert answer.json() == {"receipts": [{"success": True}]}


@pytest.mark.parametrize(
    ("operator", "operands", "event", "expected"),
    [
        ("Equal", {"rightValue": "x"}, {}, []),
        ("Equal", {"rightValue": "x"}, {"q": "x"}, []),
        pytest.param(
            "Equal",
            {"rightValue": "x", "not": True},
            {},
            ["treasuredata.coercion"],
            marks=pytest.mark.proves("treasuredata.coercion"),
        ),
        ("Equal", {"rightValue": 1}, {"q": "1"}, ["treasuredata.coercion"]),
        ("Regexp", {"rightValue": "^[a-z]+$"}, {"q": "x"}, []),
        pytest.param(
            "Regexp",
            {"rightValue": "[a-z]"},
            {"q": "1x"},
            ["treasuredata.regexps"],
            marks=pytest.mark.proves("treasuredata.regexps"),
        ),
        ("Regexp", {"rightValue": "[a-z]"}, {}, []),
        ("TimeToday", {}, {"q": 0}, ["treasuredata.times"]),
        ("TimeToday", {}, {}, []),
    ],
)
def test_a_filter_is_a_guess_only_where_its_meaning_could_be_doubted(
    td: Shop, guesses: Any, operator: str, operands: dict[str, Any], event: dict[str, Any], expected: list[str]
) -> None:
    filters = {"keyEventId": "views", "keyEventFilters": column("q", operator, **operands)}
    offering(td, section(criteria={"keyEventCriteria": filters}))
    td.send({"client": "c-1", **event})
    assert guesses() == expected


@pytest.mark.parametrize(("pattern", "doubtful"), [("^c-[0-9]+$", False), ("c-", True)])
def test_where_a_keys_pattern_is_looked_for_matters_unless_it_takes_the_whole_text(
    td: Shop, guesses: Any, pattern: str, doubtful: bool
) -> None:
    setting = {**shop()["realtime_setting"], "keyColumns": [{"name": "client", "validRegexp": pattern}]}
    td.open(shop(realtime_setting={**setting, "extLookupKey": None}))
    td.send({"client": "c-1"})
    assert guesses() == (["treasuredata.regexps"] if doubtful else [])


@pytest.mark.parametrize(
    ("value", "converted"), [("shoe", False), (None, False), (5, True), (True, True), ({"a": 1}, True)]
)
def test_a_value_of_another_type_is_a_guess_whatever_becomes_of_it(
    td: Shop, guesses: Any, value: Any, converted: bool
) -> None:
    td.open(shop(realtime_attributes=[LAST]))
    td.send({"client": "c-1", "p": value})
    assert guesses() == (["treasuredata.data_types"] if converted else [])


@pytest.mark.proves("treasuredata.check_order")
def test_the_order_of_checks_is_a_guess_only_where_two_of_them_fail(td: Shop, guesses: Any) -> None:
    assert td.send(WP13n_Token=None).json()["code"] == 3000
    assert guesses() == []
    assert td.send(WP13n_Token=None, body=b"[]").json()["code"] == 3000
    assert guesses() == ["treasuredata.check_order"]
    assert td.send(WP13n_Token=f"2/8/{'0123456789abcdef' * 2}", body=b"[]").json()["code"] == 3002
    assert guesses() == ["treasuredata.check_order"]


@pytest.mark.proves("treasuredata.check_order")
def test_so_it_is_for_a_preflight(td: Shop, guesses: Any) -> None:
    path = "/treasuredata/public/shop_db/views"
    assert td.client.options(path, headers={"Access-Control-Request-Method": "POST"}).json()["code"] == 3007
    assert guesses() == []
    assert td.client.options(path).json()["code"] == 3007
    assert guesses() == ["treasuredata.check_order"]


def test_two_faults_at_once_are_refused_where_guesses_are_not_wanted(td: Shop, fail_on: Any) -> None:
    fail_on("assumed")
    assert td.send(WP13n_Token=None).json()["code"] == 3000
    refused_as_a_guess(td.send(WP13n_Token=None, body=b"[]"), "treasuredata.check_order")


def test_a_refusal_that_is_a_guess_is_refused_itself_and_changes_nothing(td: Shop, fail_on: Any) -> None:
    fail_on("assumed")
    refused_as_a_guess(td.send(Authorization=None), "treasuredata.error.unauthorized")
    refused_as_a_guess(td.send(Content_Type="text/plain"), "treasuredata.error.unsupported_media_type")
    assert td.stored("events") == []


def test_an_accepted_answer_that_is_a_guess_is_refused_and_changes_nothing(td: Shop, fail_on: Any) -> None:
    fail_on("assumed")
    refused_as_a_guess(td.send({"p": "x"}), "treasuredata.no_id")
    assert (td.stored("events"), td.stored("profiles")) == ([], [])
    fail_on(None)
    assert td.send({"p": "x"}).status_code == 204
    assert len(td.stored("events")) == 1


@pytest.mark.proves("treasuredata.event_kept")
def test_a_failure_that_would_leave_the_event_leaves_nothing_where_that_is_a_guess(td: Shop, fail_on: Any) -> None:
    fail_on("assumed")
    td.break_with("1004", times=1)
    refused_as_a_guess(td.send(ANA), "treasuredata.event_kept")
    assert td.stored("events") == []
    fail_on(None)
    td.break_with("1004", times=1)
    assert td.send(ANA).json()["code"] == 1004
    assert len(td.stored("events")) == 1


def test_a_failure_that_leaves_nothing_comes_as_ever(td: Shop, fail_on: Any) -> None:
    fail_on("assumed")
    td.break_with("2003", times=1)
    response = td.send(ANA)
    assert (response.status_code, response.json()["code"]) == (429, 2003)
    assert response.headers["x-emulator-provenance"] == "documented"


def test_inferred_is_stricter_than_assumed(td: Shop, fail_on: Any) -> None:
    fail_on("assumed")
    assert td.send({"client": "c-1"}).status_code == 204
    assert td.send(body=b"[]").json()["code"] == 3004
    fail_on("inferred")
    assert td.send({"client": "c-1"}).json()["entry"] == "treasuredata.stitching"
    assert td.send(body=b"[]").json()["entry"] == "treasuredata.error.3004"
    assert td.send(WP13n_Token=None).json()["code"] == 3000


def test_a_reset_puts_the_processs_own_choice_back(td: Shop, fail_on: Any) -> None:
    fail_on("assumed")
    assert td.client.post("/_emulator/reset").status_code == 204
    assert td.client.get("/_emulator/provenance").json()["fail_on"] is None
    assert td.send({"p": "x"}).status_code == 204


def test_a_process_may_want_no_guesses_in_any_namespace() -> None:
    with Background(Options(port=0, fail_on="assumed")) as strict, httpx.Client(base_url=strict.url) as client:
        for place in ("", "/ns/other"):
            response = client.put(f"{place}/treasuredata/shop_db/views")
            refused_as_a_guess(response, "treasuredata.error.method_not_allowed")
        client.patch("/_emulator/provenance", json={"fail_on": None})
        assert client.put("/treasuredata/shop_db/views").status_code == 405
        assert client.put("/ns/other/treasuredata/shop_db/views").status_code == 501
        client.post("/_emulator/reset")
        assert client.get("/_emulator/provenance").json()["fail_on"] == "assumed"
