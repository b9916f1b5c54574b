"""``clock``, ``limits`` and ``fault``."""

import json

import pytest

from emulator.core.clock import parse_rfc3339

NOON = "2026-01-05T12:00:00Z"


@pytest.fixture
def frozen(talk) -> None:
    talk("clock", "freeze", NOON)


@pytest.mark.parametrize(
    ("duration", "moment"),
    [
        ("8h", "2026-01-05T20:00:00Z"),
        ("90s", "2026-01-05T12:01:30Z"),
        ("-3d", "2026-01-02T12:00:00Z"),
        ("-3h", "2026-01-05T09:00:00Z"),
        ("+1w", "2026-01-12T12:00:00Z"),
        ("1h30m", "2026-01-05T13:30:00Z"),
        ("1.5h", "2026-01-05T13:30:00Z"),
        ("500ms", "2026-01-05T12:00:00.5Z"),
        ("-28801", "2026-01-05T03:59:59Z"),
        ("60", "2026-01-05T12:01:00Z"),
    ],
)
def test_the_clock_is_moved_by_a_duration(frozen, told, duration: str, moment: str) -> None:
    assert told("clock", "advance", duration)["now"] == moment


@pytest.mark.parametrize("arguments", [("-3h", "--json"), ("--json", "-3h"), ("--json", "--", "-3h")], ids=" ".join)
def test_a_distance_back_may_stand_anywhere(frozen, talk, arguments: tuple[str, ...]) -> None:
    assert json.loads(talk("clock", "advance", *arguments).stdout)["now"] == "2026-01-05T09:00:00Z"


@pytest.mark.parametrize("moment", ["2026-12-24T00:00:00Z", "2026-12-24", "-2d", "+3h"])
def test_the_clock_runs_on_from_a_moment(frozen, told, moment: str) -> None:
    now = told("clock", "set", moment)
    expected = {"-2d": "2026-01-03T12:00:00Z", "+3h": "2026-01-05T15:00:00Z"}.get(moment, "2026-12-24T00:00:00Z")
    assert now["mode"] == "shifted"
    assert 0 <= parse_rfc3339(now["now"]) - parse_rfc3339(expected) < 60_000_000


def test_the_clock_stands_still_where_it_is(talk, told) -> None:
    talk("clock", "set", NOON)
    first = told("clock", "freeze")
    assert first["mode"] == "frozen"
    assert told("clock", "show") == first == told("clock")


def test_the_clock_is_the_machines_again(frozen, told) -> None:
    assert told("clock", "real")["mode"] == "real"


def test_a_moment_that_is_none_is_the_emulators_to_refuse(frozen, talk, told) -> None:
    assert "'tomorrow' is not a moment" in talk("clock", "set", "tomorrow", exit_code=1).stderr
    assert told("clock") == {"mode": "frozen", "now": NOON}


def test_a_limit_is_scaled_switched_off_and_observed(talk, told) -> None:
    assert told("limits", "set", "primedata", "requests", "--scale", "0.02")["quota"] == 2
    assert told("limits", "set", "primedata", "requests", "--observe")["enforce"] is False
    assert "2, observed" in talk("limits").stdout
    assert told("limits", "set", "primedata", "requests", "--off")["quota"] is None
    assert told("limits", "set", "primedata", "requests", "--on", "--enforce", "--scale", "1")["quota"] == 100


def test_limits_show_what_each_caller_has_left(frozen, client, talk) -> None:
    talk("limits", "set", "primedata", "requests", "--scale", "0.02")
    for _ in range(2):
        client.post(
            "/primedata/pub/profiles/advanced-search", headers={"x-api-key": "aGdqZ2tqaGtqZzoxMjM0NTY3"}, json={}
        )
    title, line = talk("limits", "show", "--vendor", "primedata").stdout.splitlines()
    assert title.split() == ["vendor", "limit", "calls", "per", "caller", "used", "left", "over"]
    assert line.split()[:3] == ["primedata", "requests", "2"]
    assert line.split()[-3:-1] == ["2", "0"]


def test_a_limit_needs_to_be_told_what_changes(talk) -> None:
    assert "say at least one of them" in talk("limits", "set", "primedata", "requests", exit_code=1).stderr


def test_a_fault_strikes_as_often_as_it_was_asked_to(client, talk, told) -> None:
    made = told("fault", "add", "talonone", "invalid_api_key", "--times", "1")
    assert (made["vendor"], made["fault"], made["times"]) == ("talonone", "invalid_api_key", 1)
    assert client.put("/talonone/v2/customer_sessions/s-1", json={}).status_code == 401
    assert told("fault", "list")["faults"][0]["fired"] == 1
    assert "1 of 1" in talk("fault").stdout


def test_all_that_a_fault_can_be_told(told) -> None:
    made = told(
        "fault", "add", "talonone", "drop", "--operation", "updateCustomerSessionV2", "--probability", "0.5",
        "--header", "X-Session: s-1", "--header", "X-Odd:a:b",
    )  # fmt: skip
    assert (made["operation"], made["probability"]) == ("updateCustomerSessionV2", 0.5)
    assert made["headers"] == {"X-Session": "s-1", "X-Odd": "a:b"}


def test_headers_in_a_variable_stand_on_lines(told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMULATOR_HEADER", "X-Session: s 1\nX-Odd: b")
    assert told("fault", "add", "talonone", "drop")["headers"] == {"X-Session": "s 1", "X-Odd": "b"}


def test_faults_are_removed_all_or_none(told) -> None:
    told("fault", "add", "talonone", "drop")
    refused = told("fault", "remove", "f1", "f9", exit_code=1)
    assert refused["detail"].startswith("'f9' is no standing fault here")
    assert [one["id"] for one in told("fault", "list")["faults"]] == ["f1"]
    assert told("fault", "remove", "f1", "f1") == {"removed": ["f1"]}


def test_faults_are_removed_and_cleared(talk, told) -> None:
    for vendor in ("talonone", "talonone", "primedata", "algonomy"):
        talk("fault", "add", vendor, "drop")
    assert told("fault", "remove", "f1", "f2") == {"removed": ["f1", "f2"]}
    talk("fault", "clear", "--vendor", "primedata")
    assert [one["vendor"] for one in told("fault", "list")["faults"]] == ["algonomy"]
    talk("fault", "clear")
    assert talk("fault", "list").stdout == "there are no standing faults\n"


def test_an_unknown_fault_offers_the_nearest(talk) -> None:
    assert "did you mean invalid_api_key?" in talk("fault", "add", "talonone", "invalid_api_kee", exit_code=1).stderr


def test_the_failures_that_can_be_provoked_are_named(talk, told) -> None:
    names = {one["name"] for one in told("fault", "names", "--vendor", "talonone")["errors"]}
    assert "invalid_api_key" in names
    assert "treasuredata" not in talk("fault", "names", "--vendor", "talonone").stdout


def test_a_drill_is_gone_through_and_ended(client, talk, told) -> None:
    assert "retry-storm" in talk("fault", "drill").stdout
    arranged = told("fault", "drill", "retry-storm", "--vendor", "primedata", "--times", "1")
    assert {one["vendor"] for one in arranged["faults"]} == {"primedata"}
    headers = {"x-api-key": "aGdqZ2tqaGtqZzoxMjM0NTY3"}
    assert client.post("/primedata/pub/profiles/advanced-search", headers=headers, json={}).status_code == 429
    talk("fault", "drill", "retry-storm", "--end")
    assert told("fault", "list")["faults"] == []


def test_an_unknown_drill_offers_the_nearest(talk) -> None:
    assert "did you mean retry-storm?" in talk("fault", "drill", "retry-strom", exit_code=1).stderr
