"""Limits and settings of a world: shown, changed, brought back."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.toy_server import KEY, toy_server


def statuses(client: httpx.Client, calls: int) -> list[int]:
    return [client.get("/toybox/shelf/bear", headers=KEY).status_code for _ in range(calls)]


def change(client: httpx.Client, **order: Any) -> httpx.Response:
    return client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", **order})


def test_a_limit_is_shown_with_what_each_caller_has_left(client: httpx.Client) -> None:
    statuses(client, 2)
    assert client.get("/_emulator/limits").json() == {
        "limits": [
            {
                "vendor": "toybox",
                "name": "calls",
                "quota": 5,
                "configured": 5,
                "setting": "calls_per_second",
                "window_seconds": 1.0,
                "kind": "fixed",
                "operations": None,
                "scale": 1.0,
                "enabled": True,
                "enforce": True,
                "source": "",
                "headroom": [
                    {"caller": "maker", "used": 2, "remaining": 3, "resets_at": "2026-01-05T09:00:01Z", "over": 0}
                ],
            }
        ]
    }


def test_a_limit_scaled_down_is_reached_with_a_few_calls(client: httpx.Client) -> None:
    answer = change(client, scale=0.4)
    assert (answer.status_code, answer.json()["quota"], answer.json()["configured"]) == (200, 2, 5)
    assert statuses(client, 3) == [200, 200, 429]


def test_a_limit_scaled_up_lets_more_through(client: httpx.Client) -> None:
    change(client, scale=2)
    assert statuses(client, 11) == [200] * 10 + [429]


def test_a_limit_switched_off_lets_everything_through(client: httpx.Client) -> None:
    answer = change(client, enabled=False)
    assert (answer.json()["enabled"], answer.json()["quota"]) == (False, None)
    assert statuses(client, 20) == [200] * 20


def test_a_change_keeps_what_it_does_not_name(client: httpx.Client) -> None:
    change(client, scale=0.4)
    change(client, enabled=False)
    answer = change(client, enabled=True).json()
    assert (answer["scale"], answer["enabled"], answer["quota"]) == (0.4, True, 2)


def test_a_limit_out_of_force_lets_pass_what_it_would_have_refused_and_tells_so(client: httpx.Client) -> None:
    assert change(client, scale=0.4, enforce=False).json()["enforce"] is False
    answers = [client.get("/toybox/shelf/bear", headers=KEY) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert [answer.headers.get("x-emulator-would-refuse") for answer in answers] == [None, None, *["calls"] * 3]
    assert [answer.headers["x-calls-left"] for answer in answers] == ["1", "0", "0", "0", "0"]
    told = client.get("/_emulator/requests").json()["requests"]
    assert [(one["would_refuse"], one["refusal"]) for one in told] == [(None, None)] * 2 + [("calls", None)] * 3
    (limit,) = client.get("/_emulator/limits").json()["limits"]
    (row,) = limit["headroom"]
    assert (row["used"], row["remaining"], row["over"]) == (2, 0, 3)


def test_a_limit_back_in_force_refuses_again(client: httpx.Client) -> None:
    change(client, enforce=False)
    assert statuses(client, 6) == [200] * 6
    change(client, enforce=True)
    assert statuses(client, 1) == [429]


def test_a_refused_call_over_a_limit_out_of_force_tells_both(client: httpx.Client) -> None:
    change(client, scale=0.2, enforce=False)
    statuses(client, 1)
    answer = client.get("/toybox/shelf/fox", headers=KEY)
    assert (answer.status_code, answer.headers["x-emulator-would-refuse"]) == (404, "calls")


def test_a_reset_puts_limits_back_in_force(client: httpx.Client) -> None:
    change(client, enforce=False)
    statuses(client, 7)
    client.post("/_emulator/reset", json={"vendor": "toybox"})
    (limit,) = client.get("/_emulator/limits").json()["limits"]
    assert (limit["enforce"], limit["headroom"]) == (True, [])
    assert statuses(client, 6) == [200] * 5 + [429]


def test_a_bare_answer_does_not_tell_that_it_would_have_been_refused(tmp_path: Path) -> None:
    with toy_server(tmp_path, bare=True) as running, httpx.Client(base_url=running.url) as client:
        change(client, enforce=False)
        answers = [client.get("/toybox/shelf/bear", headers=KEY) for _ in range(6)]
        assert [name for answer in answers for name in answer.headers if name.startswith("x-emulator")] == []
        last = client.get("/_emulator/requests").json()["requests"][-1]
    assert last["would_refuse"] == "calls"


def test_scaling_back_to_one_is_as_if_nothing_had_been(client: httpx.Client) -> None:
    before = client.get("/_emulator/limits").json()
    change(client, scale=0.4)
    change(client, scale=1)
    assert client.get("/_emulator/limits").json() == before


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"vendor": "toybx", "scale": 1}, "vendor: 'toybx' is no vendor here; did you mean toybox?"),
        ({"name": "call", "scale": 1}, "name: 'call' is no limit here; did you mean calls?"),
        ({"name": "quux", "scale": 1}, "name: 'quux' is no limit here; known: calls"),
        ({"scale": 0}, "scale: Input should be greater than 0"),
        ({"scale": -1}, "scale: Input should be greater than 0"),
        ({"scale": 1e9}, "scale: Input should be less than or equal to 1000000"),
        ({"scale": "2"}, "scale: Input should be a valid number"),
        ({"enabled": 0}, "enabled: Input should be a valid boolean"),
        ({"enforce": "no"}, "enforce: Input should be a valid boolean"),
        ({"enforc": False}, "enforc: unknown key, did you mean enforce?"),
        ({}, "scale, enabled, enforce: say at least one of them"),
        ({"enforce": None}, "scale, enabled, enforce: say at least one of them"),
        ({"scal": 1}, "scal: unknown key, did you mean scale?"),
    ],
)
def test_a_change_that_cannot_be_is_refused(client: httpx.Client, order: dict[str, Any], sentence: str) -> None:
    before = client.get("/_emulator/limits").json()
    answer = change(client, **order)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0].startswith(sentence)
    assert client.get("/_emulator/limits").json() == before


def test_settings_are_shown_and_changed_until_the_next_reset(client: httpx.Client) -> None:
    assert client.get("/_emulator/settings").json() == {"settings": {"toybox": {"calls_per_second": 5}}}
    answer = client.patch("/_emulator/settings", json={"vendor": "toybox", "settings": {"calls_per_second": 1}})
    assert (answer.status_code, answer.json()) == (200, {"vendor": "toybox", "settings": {"calls_per_second": 1}})
    assert statuses(client, 2) == [200, 429]
    client.post("/_emulator/reset")
    assert client.get("/_emulator/settings?vendor=toybox").json() == {"settings": {"toybox": {"calls_per_second": 5}}}
    assert statuses(client, 2) == [200, 200]


def test_settings_of_another_namespace_stay(client: httpx.Client, namespace: str) -> None:
    client.patch("/_emulator/settings", json={"vendor": "toybox", "settings": {"calls_per_second": 1}})
    with httpx.Client(base_url=str(client.base_url).replace(namespace, f"{namespace}-other")) as other:
        assert other.get("/_emulator/settings").json() == {"settings": {"toybox": {"calls_per_second": 5}}}
        assert statuses(other, 2) == [200, 200]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"vendor":"toybx","settings":{}}', "vendor: 'toybx' is no vendor here; did you mean toybox?"),
        (
            b'{"vendor":"toybox","settings":{"calls_per_secnd":1}}',
            "settings.calls_per_secnd: unknown key, did you mean calls_per_second?",
        ),
        (
            b'{"vendor":"toybox","settings":{"calls_per_second":"1"}}',
            "settings.calls_per_second: Input should be a valid integer, found '1'",
        ),
        (b'{"vendor":"toybox","settings":{"calls_per_second":NaN}}', "settings.calls_per_second: Input should be"),
        (
            b'{"vendor":"toybox","settings":{"calls_per_second":9223372036854775808}}',
            "settings.calls_per_second: the num",
        ),
        (b'{"vendor":"toybox","settings":5}', "settings: Input should be an object, found 5"),
        (b'{"vendor":"toybox"}', "settings: this key is required"),
    ],
)
def test_a_bad_setting_is_refused_and_changes_nothing(client: httpx.Client, body: bytes, sentence: str) -> None:
    answer = client.patch("/_emulator/settings", content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0].startswith(sentence)
    assert client.get("/_emulator/settings").json() == {"settings": {"toybox": {"calls_per_second": 5}}}
