"""A test turns the clock of its own world."""

from typing import Any

import httpx
import pytest

from emulator.core.clock import SECOND, machine_now, parse_rfc3339
from tests.toy_server import KEY

START = "2026-01-05T09:00:00Z"


def seconds_off(answer: httpx.Response, expected: int) -> float:
    return abs(parse_rfc3339(answer.json()["now"]) - expected) / SECOND


def test_the_clock_tells_its_mode_and_its_moment(client: httpx.Client) -> None:
    assert client.get("/_emulator/clock").json() == {"mode": "frozen", "now": START}


def test_a_real_clock_is_the_machines(client: httpx.Client) -> None:
    answer = client.put("/_emulator/clock", json={"mode": "real"})
    assert (answer.status_code, answer.json()["mode"]) == (200, "real")
    assert seconds_off(answer, machine_now()) < 60


def test_a_frozen_clock_stops_at_its_moment(client: httpx.Client) -> None:
    answer = client.put("/_emulator/clock", json={"mode": "frozen", "now": "2030-01-01T00:00:00.25+01:00"})
    assert (answer.status_code, answer.json()) == (200, {"mode": "frozen", "now": "2029-12-31T23:00:00.25Z"})
    assert client.get("/_emulator/clock").json() == answer.json()


def test_frozen_without_a_moment_stops_now(client: httpx.Client) -> None:
    client.put("/_emulator/clock", json={"mode": "real"})
    stopped = client.put("/_emulator/clock", json={"mode": "frozen"})
    assert seconds_off(stopped, machine_now()) < 60
    assert client.get("/_emulator/clock").json() == stopped.json()


def test_a_shifted_clock_runs_on_from_its_moment(client: httpx.Client) -> None:
    answer = client.put("/_emulator/clock", json={"mode": "shifted", "now": "2030-01-01T00:00:00Z"})
    assert answer.json()["mode"] == "shifted"
    assert seconds_off(answer, parse_rfc3339("2030-01-01T00:00:00Z")) < 60
    ahead = parse_rfc3339("2030-01-01T00:00:00Z") - machine_now()
    assert abs(answer.json()["offset_seconds"] - ahead / SECOND) < 60


def test_a_moment_may_be_a_date_or_a_distance_from_the_clocks_own(client: httpx.Client) -> None:
    assert client.put("/_emulator/clock", json={"mode": "frozen", "now": "-1d"}).json()["now"] == "2026-01-04T09:00:00Z"
    answer = client.put("/_emulator/clock", json={"mode": "frozen", "now": "2026-02-01"})
    assert answer.json()["now"] == "2026-02-01T00:00:00Z"


@pytest.mark.parametrize(
    ("seconds", "now"),
    [
        (28_801, "2026-01-05T17:00:01Z"),
        (0.5, "2026-01-05T09:00:00.5Z"),
        (0.000001, "2026-01-05T09:00:00.000001Z"),
        (-3_600, "2026-01-05T08:00:00Z"),
        (0, START),
    ],
)
def test_a_frozen_clock_moves_by_seconds_and_back(client: httpx.Client, seconds: float, now: str) -> None:
    answer = client.post("/_emulator/clock/advance", json={"seconds": seconds})
    assert (answer.status_code, answer.json()) == (200, {"mode": "frozen", "now": now})


def test_a_real_clock_that_is_moved_is_shifted(client: httpx.Client) -> None:
    client.put("/_emulator/clock", json={"mode": "real"})
    answer = client.post("/_emulator/clock/advance", json={"seconds": 3_600})
    assert (answer.json()["mode"], answer.json()["offset_seconds"]) == ("shifted", 3_600)


def test_the_vendors_follow_the_clock(client: httpx.Client) -> None:
    client.put("/_emulator/clock", json={"mode": "frozen", "now": "2030-01-01T00:00:00Z"})
    answer = client.put("/toybox/shelf/duck", json={"price": 1}, headers=KEY)
    assert answer.json()["at"] == parse_rfc3339("2030-01-01T00:00:00Z")


def test_an_exhausted_limit_recovers_when_the_clock_moves(client: httpx.Client) -> None:
    statuses = [client.get("/toybox/shelf/bear", headers=KEY).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    client.post("/_emulator/clock/advance", json={"seconds": 1})
    assert client.get("/toybox/shelf/bear", headers=KEY).status_code == 200


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"mode": "shifted"}, "now: mode shifted needs now, the moment from which the clock runs on"),
        ({"mode": "real", "now": START}, "now: the real clock cannot be set; use mode frozen or shifted"),
        ({"mode": "frozen", "now": "soon"}, "now: 'soon' is not a moment: write 2026-01-05T09:00:00Z, 2026-01-05, or"),
        ({"mode": "frozen", "now": "2026-02-30T00:00:00Z"}, "now: "),
        ({"mode": "frozen", "now": "+999999999w"}, "now: the moment lies outside the years 1 to 9999"),
    ],
)
def test_a_bad_setting_leaves_the_clock_as_it_was(client: httpx.Client, body: dict[str, Any], sentence: str) -> None:
    answer = client.put("/_emulator/clock", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0].startswith(sentence)
    assert client.get("/_emulator/clock").json() == {"mode": "frozen", "now": START}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"seconds":3e11}', "seconds: the moment lies outside the years 1 to 9999"),
        (b'{"seconds":-1e11}', "seconds: the moment lies outside the years 1 to 9999"),
        (b'{"seconds":1e300}', "seconds: Input should be less than or equal to 1000000000000"),
        (b'{"seconds":NaN}', "seconds: Input should be a finite number"),
        (b'{"seconds":Infinity}', "seconds: Input should be a finite number"),
        (b'{"seconds":"60"}', "seconds: Input should be a valid number, found '60'"),
        (b'{"seconds":true}', "seconds: Input should be a valid number, found True"),
        (b'{"minutes":1}', "seconds: this key is required"),
    ],
)
def test_a_bad_advance_leaves_the_clock_as_it_was(client: httpx.Client, body: bytes, sentence: str) -> None:
    answer = client.post("/_emulator/clock/advance", content=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(sentence)
    assert client.get("/_emulator/clock").json() == {"mode": "frozen", "now": START}
