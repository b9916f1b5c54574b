"""What is known of an answer: which choices it relies on, and what is left of the API for who wants no guesses."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

TRUE = b'{"type":"optOut","enableOptOut":true}'
GRANT = {"grant_type": "client_credentials"}
JSON = {"Content-Type": "application/json"}


def relied(gateway: Any, answer: httpx.Response) -> list[str]:
    """The entries that shaped the answer, in the order in which they did."""
    told = gateway.client.get(f"/_emulator/requests/{answer.headers['x-emulator-request-id']}/explain").json()
    return [entry["id"].removeprefix("algonomy.") for entry in told["provenance"]["entries"]]


def distrust(gateway: Any, level: str = "assumed") -> None:
    assert gateway.client.patch("/_emulator/provenance", json={"fail_on": level}).status_code == 200


def command(gateway: Any, body: bytes = TRUE, user_id: str = "ana", **headers: str) -> httpx.Response:
    answer: httpx.Response = gateway.send(
        "PUT", f"shop/optOut/{user_id}", f"Bearer {gateway.token()}", content=body, headers={**JSON, **headers}
    )
    return answer


def test_the_documented_flow_rests_on_no_guess(gateway: Any) -> None:
    distrust(gateway)
    asked = {**GRANT, **gateway.good}
    by_query, by_form = gateway.ask(asked), gateway.ask(data=asked)
    assert [one.status_code for one in (by_query, by_form)] == [200, 200]
    assert [one.headers["x-emulator-provenance"] for one in (by_query, by_form)] == ["documented"] * 2
    token = by_query.json()["access_token"]
    opted_out = gateway.opt_out("ana", token=token)
    assert (opted_out.status_code, opted_out.content) == (200, b"{}")
    assert opted_out.headers["x-emulator-provenance"] == "inferred"
    assert (gateway.opted_out(), gateway.rows("profiles")) == ({"gone", "ana"}, [])


def test_the_documented_refusals_rest_on_no_guess(gateway: Any, switch: Callable[..., None]) -> None:
    switch(updates_per_second=1)
    distrust(gateway)
    token = gateway.token()
    answers = [
        gateway.ask({**GRANT, "client_id": "shop-client", "client_secret": "wrong"}),
        gateway.ask({**gateway.good, "grant_type": "magic"}),
        gateway.opt_out("ana", token="expired"),
        gateway.opt_out("ana", token=token),
        gateway.opt_out("ana", token=token),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 401, 200, 429]


def test_a_token_is_all_that_is_documented_to_the_letter(gateway: Any) -> None:
    """That an opt-out is answered 200, and how a 401 is, is inferred."""
    distrust(gateway, "inferred")
    token = gateway.token()
    assert gateway.opt_out("ana", token=token).json()["entry"] == "algonomy.operation.optOut"
    assert gateway.opt_out("ana", token="expired").json()["entry"] == "algonomy.error.invalid_token"
    assert gateway.opted_out() == {"gone"}


@pytest.mark.parametrize(
    ("how", "kongs"),
    [
        pytest.param({"query": {**GRANT, "client_id": "shop-client", "client_secret": "shop-secret"}}, [], id="query"),
        pytest.param({"data": {**GRANT, "client_id": "shop-client", "client_secret": "shop-secret"}}, [], id="form"),
        pytest.param(
            {"query": {**GRANT, "client_id": "shop-client", "client_secret": "shop-secret"}, "headers": JSON},
            [],
            id="a type without a body",
        ),
        pytest.param(
            {"json": {**GRANT, "client_id": "shop-client", "client_secret": "shop-secret"}}, ["kong"], id="JSON"
        ),
        pytest.param(
            {"query": GRANT, "data": {"client_id": "shop-client", "client_secret": "shop-secret"}},
            ["kong"],
            id="query and form",
        ),
        pytest.param({"query": GRANT, "auth": ("shop-client", "shop-secret")}, ["kong"], id="Basic"),
        pytest.param(
            {"query": {**GRANT, "client_id": "shop-client", "client_secret": "shop-secret", "scope": "x"}},
            ["kong"],
            id="more than the page names",
        ),
    ],
)
def test_a_token_relies_on_kong_only_for_what_the_page_does_not_say(
    gateway: Any, how: dict[str, Any], kongs: list[str]
) -> None:
    answer = gateway.ask(how.pop("query", None), **how)
    assert answer.status_code == 200
    assert relied(gateway, answer) == [*kongs, "operation.createToken"]


def test_a_refused_client_relies_on_kong_where_kong_told_where_to_look(gateway: Any) -> None:
    assert relied(gateway, gateway.ask(GRANT)) == ["error.invalid_client"]
    assert relied(gateway, gateway.ask(GRANT, auth=("nobody", "x"))) == ["kong", "error.invalid_client"]


@pytest.mark.parametrize(
    ("authorization", "rules"),
    [("Bearer {token}", []), ("bearer {token}", []), ("token {token}", ["kong"]), ("{token}", ["kong"])],
)
def test_with_leniencies_a_bearer_token_relies_on_none_of_them(
    gateway: Any, switch: Callable[..., None], authorization: str, rules: list[str]
) -> None:
    switch(kong_token_leniencies=True)
    header = authorization.format(token=gateway.token())
    answer = gateway.send("PUT", "shop/optOut/ana", header, content=TRUE, headers=JSON)
    assert relied(gateway, answer) == [*rules, "operation.optOut"]


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        (TRUE, []),
        (b'{"type":"optOut","enableOptOut":"true"}', []),
        (b'{"type":"optOut","enableOptOut":"True"}', ["enableOptOut.spelling"]),
        (b'{"type":"optOut","enableOptOut":"false"}', ["enableOptOut.false"]),
        (b'{"type":"optOut","enableOptOut":"FALSE"}', ["enableOptOut.spelling", "enableOptOut.false"]),
        (b'{"type":"optOut","enableOptOut":true,"why":1}', ["body"]),
    ],
)
def test_a_command_relies_on_what_its_body_makes_necessary(gateway: Any, body: bytes, rules: list[str]) -> None:
    assert relied(gateway, command(gateway, body)) == [*rules, "operation.optOut"]


def test_what_enable_is_not_does_not_depend_on_how_it_is_spelled(gateway: Any) -> None:
    answer = command(gateway, b'{"type":"optOut","enableOptOut":"Yes"}')
    assert relied(gateway, answer) == ["error.invalid_enable_opt_out"]


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "entry"),
    [
        ("PUT", "shop/optOut/never-seen", TRUE, JSON, "algonomy.unseen_user"),
        ("PUT", "shop/optOut/gone", TRUE, JSON, "algonomy.repeated"),
        ("PUT", "shop/optOut/ana", TRUE, {"Content-Type": "text/plain"}, "algonomy.content_type"),
        ("PUT", "shop/optOut/ana", b"\xef\xbb\xbf" + TRUE, JSON, "algonomy.body"),
        ("PUT", "shop/optOut/ana", b'{"type":"optOut","enableOptOut":false}', JSON, "algonomy.enableOptOut.false"),
        ("PUT", "shop/optOut/ana", TRUE.replace(b"true", b'"TRUE"'), JSON, "algonomy.enableOptOut.spelling"),
        ("PUT", "shop/optOut/ana", b"{", JSON, "algonomy.error.unreadable_body"),
        ("PUT", "shop/optOut/ana", b"{}", JSON, "algonomy.error.unsupported_type"),
        ("PUT", "shop/optOut/ana", b'{"type":"optOut"}', JSON, "algonomy.error.invalid_enable_opt_out"),
        ("PUT", "nowhere/optOut/ana", TRUE, JSON, "algonomy.error.unknown_site"),
        ("PUT", "other/optOut/ana", TRUE, JSON, "algonomy.error.foreign_site"),
        ("PUT", "shop/optOut/ana/more", TRUE, JSON, "algonomy.error.not_found"),
        ("DELETE", "shop/optOut/ana", b"", {}, "algonomy.error.method_not_allowed"),
        ("PUT", "shop/optOut/ana", b" " * 1024 * 1024 + TRUE, JSON, "algonomy.error.payload_too_large"),
    ],
)  # fmt: skip
def test_who_wants_no_guesses_is_told_which_one_it_would_be_and_nothing_changes(
    gateway: Any, method: str, path: str, body: bytes, headers: dict[str, str], entry: str
) -> None:
    token = gateway.token()
    distrust(gateway)
    before = gateway.client.get("/_emulator/state?vendor=algonomy").json()
    answer = gateway.send(method, path, f"Bearer {token}", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (501, "application/problem+json")
    told = answer.json()
    assert (told["title"], told["entry"], told["level"]) == ("Only a guess", entry, "assumed")
    assert entry in told["detail"]
    assert gateway.client.get("/_emulator/state?vendor=algonomy").json() == before


@pytest.mark.parametrize("setting", ["refuse_enable_false", "require_json_content_type"])
def test_a_refusal_that_a_setting_asks_for_is_a_guess_all_the_same(
    gateway: Any, switch: Callable[..., None], setting: str
) -> None:
    switch(**{setting: True})
    distrust(gateway)
    body = b'{"type":"optOut","enableOptOut":false}'
    kind = "application/json" if setting == "refuse_enable_false" else "text/plain"
    entry = {"refuse_enable_false": "opt_in_refused", "require_json_content_type": "unsupported_media_type"}[setting]
    answer = command(gateway, body, **{"Content-Type": kind})
    assert (answer.status_code, answer.json()["entry"]) == (501, f"algonomy.error.{entry}")


def test_a_provoked_guess_is_refused_too(gateway: Any) -> None:
    distrust(gateway)
    assert command(gateway, **{"X-Emulator-Fault": "unknown_site"}).json()["entry"] == "algonomy.error.unknown_site"
    assert command(gateway, **{"X-Emulator-Fault": "upstream_timeout"}).status_code == 504
    assert gateway.opted_out() == {"gone"}


def test_the_entries_tell_what_of_the_throttle_and_the_settings_is_documented(gateway: Any) -> None:
    told = gateway.client.get("/_emulator/provenance?vendor=algonomy").json()["entries"]
    levels = {entry["id"]: entry["level"] for entry in told if entry["kind"] in ("limit", "default")}
    assert levels == {
        "algonomy.limit.updates": "inferred",
        "algonomy.default.updates_per_second": "documented",
        "algonomy.default.require_https": "assumed",
        "algonomy.default.kong_token_leniencies": "inferred",
        "algonomy.default.refuse_enable_false": "assumed",
        "algonomy.default.require_json_content_type": "assumed",
        "algonomy.default.client_credentials_grant": "documented",
        "algonomy.default.scopes": "inferred",
        "algonomy.default.provision_key": "inferred",
    }
