"""The gateway in front: how it reads paths, and what it says when things go wrong."""

from typing import Any

import httpx
import pytest

from emulator.vendors.algonomy import VENDOR
from emulator.vendors.algonomy.router import normalise

TRUE = b'{"type":"optOut","enableOptOut":true}'

GATEWAY = {
    "no_route": (404, "no Route matched with those values"),
    "bad_request": (400, "Bad request"),
    "header_too_large": (400, "Request header or cookie too large"),
    "payload_too_large": (413, "Payload too large"),
    "uri_too_long": (414, "URI too long"),
    "upgrade_required": (426, "Please use HTTPS protocol"),
    "rate_limit_exceeded": (429, "API rate limit exceeded"),
    "unexpected_error": (500, "An unexpected error occurred"),
    "invalid_upstream_response": (502, "An invalid response was received from the upstream server"),
    "upstream_unavailable": (503, "The upstream server is currently unavailable"),
    "no_peer": (503, "failure to get a peer from the ring-balancer"),
    "name_resolution_failed": (503, "name resolution failed"),
    "upstream_timeout": (504, "The upstream server is timing out"),
}


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("/", "/"),
        ("/profile-command/v1/k/optOut/u", "/profile-command/v1/k/optOut/u"),
        ("//profile-command//v1///k/optOut/u", "/profile-command/v1/k/optOut/u"),
        ("/a//", "/a/"),
        ("//", "/"),
        ("/a/./b", "/a/b"),
        ("/a/../b", "/b"),
        ("/a//../b", "/b"),
        ("/../../b", "/b"),
        ("/a/b/..", "/a/"),
        ("/a/b/.", "/a/b/"),
        ("/a/..", "/"),
        ("/a/%2e%2E/b", "/b"),
        ("/a/.b/..c/...", "/a/.b/..c/..."),
        ("/%70rofile%2Dcommand", "/profile-command"),
        ("/a/%7E%5f%41", "/a/~_A"),
        ("/a%2Fb/%2f%2f", "/a%2Fb/%2f%2f"),
        ("/a/%252e%252e/b", "/a/%252e%252e/b"),
        ("/a%20b%zz%00%", "/a%20b%zz%00%"),
        ("/profile-command/v1/oauth2/token/", "/profile-command/v1/oauth2/token"),
        ("/qa/profile-command/v1/k/oauth2/token", "/qa/profile-command/v1/oauth2/token"),
        ("/profile-command/v2/oauth2/token/", "/profile-command/v2/oauth2/token/"),
        ("/profile-command/v1/k/oauth2/Token/", "/profile-command/v1/k/oauth2/Token/"),
    ],
)
def test_a_path_is_read_as_kong_reads_it(raw: str, seen: str) -> None:
    assert normalise(raw) == seen


@pytest.mark.parametrize(
    "target",
    [
        "/algonomy//qa//profile-command/v1/shop/optOut/u-1",
        "/algonomy/qa//profile-command//v1/shop///optOut/u-1",
        "/algonomy/staging/../qa/profile-command/v1/shop/optOut/./u-1",
        "/algonomy/qa/profile%2Dcommand/v1/shop/opt%4Fut/%75-1",
    ],
)
def test_untidy_paths_reach_the_resource(gateway: Any, target: str) -> None:
    status, _, body = gateway.raw("PUT", target, [("Authorization", f"Bearer {gateway.token()}")], TRUE)
    assert (status, body) == (200, b"{}")
    assert gateway.opted_out() == {"gone", "u-1"}


def test_the_documented_host_and_path_may_be_joined_as_they_stand(gateway: Any, server: Any, namespace: str) -> None:
    """The page writes hosts with a slash at the end and paths with one at the start."""
    at_host = {"Host": "qa-gateway.richrelevance.com", "X-Emulator-Namespace": namespace}
    query = {"grant_type": "client_credentials", **gateway.good}
    made = httpx.post(f"{server.url}//profile-command/v1/oauth2/token", params=query, headers=at_host)
    assert made.status_code == 200


@pytest.mark.parametrize("user_id", ["%zz", "a%", "a%2", "%00", "a%00b", "%FF", "%C3", "%ED%A0%80"])
@pytest.mark.parametrize("authorization", ["", "Bearer x"])
def test_a_malformed_path_is_the_gateways_400_whoever_calls(gateway: Any, user_id: str, authorization: str) -> None:
    target = f"/algonomy/qa/profile-command/v1/shop/optOut/{user_id}"
    status, headers, body = gateway.raw("PUT", target, [("Authorization", authorization)], TRUE)
    assert (status, body) == (400, b'{"message":"Bad request"}')
    assert headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("segment", [".", ".."])
def test_a_dot_segment_cannot_be_a_user_id(gateway: Any, segment: str) -> None:
    target = f"/algonomy/qa/profile-command/v1/shop/optOut/{segment}"
    status, *_ = gateway.raw("PUT", target, [("Authorization", f"Bearer {gateway.token()}")], TRUE)
    assert status == (404 if segment == "." else 501)
    assert gateway.opted_out() == {"gone"}


def test_paths_are_case_sensitive(gateway: Any) -> None:
    assert gateway.send("PUT", "shop/optout/u-1", f"Bearer {gateway.token()}", content=TRUE).status_code == 501


@pytest.mark.parametrize("path", ["/profile-command/v2/shop/optOut/u-1", "/profile-command/v2/oauth2/token", "/"])
def test_a_path_that_is_not_emulated_is_501(gateway: Any, path: str) -> None:
    response = gateway.client.put(f"/algonomy/qa{path}", content=TRUE)
    assert response.status_code == 501
    assert response.headers["x-emulator-unimplemented"] == "true"


def test_a_body_over_the_limit_is_the_gateways_413(gateway: Any) -> None:
    body = b'{"type":"optOut","enableOptOut":true,"x":"' + b"x" * 1024 * 1024 + b'"}'
    response = gateway.send("PUT", "shop/optOut/u-1", f"Bearer {gateway.token()}", content=body)
    assert (response.status_code, response.content) == (413, b'{"message":"Payload too large"}')
    assert gateway.opted_out() == {"gone"}


@pytest.mark.parametrize("name", GATEWAY)
@pytest.mark.parametrize("path", ["shop/optOut/ana", "oauth2/token"])
def test_the_gateways_own_failures_can_be_provoked(gateway: Any, name: str, path: str) -> None:
    status, message = GATEWAY[name]
    response = gateway.send("PUT", path, f"Bearer {gateway.token()}", content=TRUE, headers={"X-Emulator-Fault": name})
    assert response.status_code == status
    assert response.text == f'{{"message":"{message}"}}'
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert gateway.opted_out() == {"gone"}


def test_the_upgrade_names_the_protocols(gateway: Any) -> None:
    response = gateway.send("PUT", "shop/optOut/u-1", headers={"X-Emulator-Fault": "upgrade_required"})
    assert response.headers["connection"] == "Upgrade"
    assert response.headers["upgrade"] == "TLS/1.2, HTTP/1.1"


def test_every_refusal_has_one_of_the_two_shapes() -> None:
    shapes = {tuple(failure.provoked().failure.body) for failure in VENDOR.failures}
    assert shapes == {("error_description", "error"), ("message",)}


def test_the_names_of_failures_are_unique() -> None:
    assert len(VENDOR.catalogue) == len(VENDOR.failures)


@pytest.mark.parametrize("failure", VENDOR.failures, ids=lambda failure: failure.name)
def test_a_provoked_failure_has_no_gaps(failure: Any) -> None:
    answer = failure.provoked().answer()
    written = [value for _, value in answer.headers] + [answer.body.decode().strip("{}")]
    assert not any("{" in text or "}" in text for text in written)
    assert failure.says.endswith(".")
    assert failure.source


def test_no_gateway_version_is_claimed(gateway: Any) -> None:
    response = gateway.opt_out()
    for name in ("server", "via", "x-kong-proxy-latency", "x-kong-request-id"):
        assert name not in response.headers
