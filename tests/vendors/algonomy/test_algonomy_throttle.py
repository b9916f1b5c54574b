"""A hundred calls per client in one second of the clock, and how the gateway speaks of it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.core.clock import SECOND

HEADERS = (
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "x-ratelimit-limit-second",
    "x-ratelimit-remaining-second",
    "retry-after",
)


def names(response: httpx.Response) -> set[str]:
    return {name for name in response.headers if name in HEADERS}


@pytest.mark.proves("algonomy.limit.updates", "algonomy.default.updates_per_second")
def test_a_hundred_calls_pass_and_the_next_is_429_until_the_second_is_over(gateway: Any) -> None:
    token = gateway.token()
    answers = [gateway.opt_out(f"u-{number}", token=token) for number in range(100)]
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == [str(left) for left in range(99, -1, -1)]
    refused = gateway.opt_out("u-100", token=token)
    assert (refused.status_code, refused.content) == (429, b'{"message":"API rate limit exceeded"}')
    assert "u-100" not in gateway.opted_out()
    gateway.pass_time(SECOND)
    again = gateway.opt_out("u-100", token=token)
    assert (again.status_code, again.headers["ratelimit-remaining"]) == (200, "99")


@pytest.mark.proves("algonomy.error.rate_limit_exceeded")
def test_the_headers_are_kongs_on_passed_and_on_refused_calls(gateway: Any, switch: Callable[..., None]) -> None:
    switch(updates_per_second=2)
    token = gateway.token()
    answers = [gateway.opt_out(token=token) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [[answer.headers.get(name) for name in HEADERS] for answer in answers] == [
        ["2", "1", "1", "2", "1", None],
        ["2", "0", "1", "2", "0", None],
        ["2", "0", "1", "2", "0", "1"],
    ]
    assert answers[-1].headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.proves("algonomy.limit.updates")
def test_the_window_is_the_clocks_second_and_does_not_slide(gateway: Any, switch: Callable[..., None]) -> None:
    switch(updates_per_second=2)
    token = gateway.token()
    gateway.pass_time(900_000)
    late = [gateway.opt_out(token=token).status_code for _ in range(3)]
    gateway.pass_time(100_000)
    early = [gateway.opt_out(token=token).status_code for _ in range(3)]
    assert (late, early) == ([200, 200, 429], [200, 200, 429])


def test_a_refused_call_uses_no_quota_and_waiting_retry_after_is_enough(
    gateway: Any, switch: Callable[..., None]
) -> None:
    switch(updates_per_second=1)
    token = gateway.token()
    gateway.pass_time(400_000)
    statuses = [gateway.opt_out(token=token).status_code for _ in range(4)]
    assert statuses == [200, 429, 429, 429]
    gateway.pass_time(SECOND)
    assert gateway.opt_out(token=token).status_code == 200


def test_unauthenticated_calls_and_token_calls_do_not_count(gateway: Any, switch: Callable[..., None]) -> None:
    switch(updates_per_second=1)
    for _ in range(3):
        assert gateway.send("PUT", "shop/optOut/u-1").status_code == 401
        invalid = gateway.send("PUT", "shop/optOut/u-1", "Bearer nonsense")
        assert (invalid.status_code, names(invalid)) == (401, set())
        minted = gateway.ask({"grant_type": "client_credentials", **gateway.good})
        assert (minted.status_code, names(minted)) == (200, set())
        assert names(gateway.send("GET", "oauth2/token")) == set()
    assert gateway.opt_out().status_code == 200


def test_a_call_that_the_service_refuses_counts(gateway: Any, switch: Callable[..., None]) -> None:
    """The throttle comes before the service: bad bodies, wrong methods and unknown paths use quota."""
    switch(updates_per_second=5)
    token = gateway.token()
    bearer = f"Bearer {token}"
    answers = [
        gateway.send("PUT", "shop/optOut/u-1", bearer, content=b"{"),
        gateway.send("GET", "shop/optOut/u-1", bearer),
        gateway.send("PUT", "shop/optOut/", bearer),
        gateway.send("PUT", "other/optOut/u-1", bearer),
        gateway.send("PUT", "no/such/path/at/all", bearer),
    ]
    assert [answer.status_code for answer in answers] == [400, 405, 404, 403, 501]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["4", "3", "2", "1", "0"]
    for method, path in (("PUT", "shop/optOut/u-1"), ("GET", "shop/optOut/u-1"), ("PUT", "no/such/path/at/all")):
        assert gateway.send(method, path, bearer).status_code == 429


def test_every_client_and_every_environment_has_a_quota_of_its_own(gateway: Any, switch: Callable[..., None]) -> None:
    switch(updates_per_second=1)
    first, second = gateway.token(), gateway.token()
    assert [gateway.opt_out(token=token).status_code for token in (first, second)] == [200, 429]
    other = gateway.token(client_id="other-client", client_secret="other-secret")
    assert gateway.opt_out(site="other", token=other).status_code == 200
    bearer = {"Authorization": f"Bearer {gateway.token('staging')}"}
    path = "/algonomy/staging/profile-command/v1/shop/optOut/u-1"
    body = {"type": "optOut", "enableOptOut": True}
    assert gateway.client.put(path, json=body, headers=bearer).status_code == 200


@pytest.mark.proves("algonomy.default.updates_per_second")
def test_zero_switches_the_throttle_and_its_headers_off(gateway: Any, switch: Callable[..., None]) -> None:
    switch(updates_per_second=0)
    token = gateway.token()
    answers = [gateway.opt_out(token=token) for _ in range(3)]
    assert [(answer.status_code, names(answer)) for answer in answers] == [(200, set())] * 3
