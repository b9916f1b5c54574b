"""The gateway in front: how it reads paths, and what it says when things go wrong."""

from typing import Any

import httpx
import pytest

from emulator.vendors.algonomy import VENDOR
from emulator.vendors.algonomy.router import normalise

TRUE = b'{"type":"optOut","enableOptOut":true}'

FRAME = {"date", "server", "connection", "content-type", "content-length"}
ONLY_PROVOKED = [
    pytest.param(
        "no_route",
        404,
        b'{"message":"no Route matched with those values"}',
        {},
        marks=pytest.mark.proves("algonomy.error.no_route"),
        id="no_route",
    ),
    pytest.param(
        "header_too_large",
        400,
        b'{"message":"Request header or cookie too large"}',
        {},
        marks=pytest.mark.proves("algonomy.error.header_too_large"),
        id="header_too_large",
    ),
    pytest.param(
        "uri_too_long",
        414,
        b'{"message":"URI too long"}',
        {},
        marks=pytest.mark.proves("algonomy.error.uri_too_long"),
        id="uri_too_long",
    ),
    pytest.param(
        "upgrade_required",
        426,
        b'{"message":"Please use HTTPS protocol"}',
        {"connection": "Upgrade", "upgrade": "TLS/1.2, HTTP/1.1"},
        marks=pytest.mark.proves("algonomy.error.upgrade_required"),
        id="upgrade_required",
    ),
    pytest.param(
        "unexpected_error",
        500,
        b'{"message":"An unexpected error occurred"}',
        {},
        marks=pytest.mark.proves("algonomy.error.unexpected_error"),
        id="unexpected_error",
    ),
    pytest.param(
        "invalid_upstream_response",
        502,
        b'{"message":"An invalid response was received from the upstream server"}',
        {},
        marks=pytest.mark.proves("algonomy.error.invalid_upstream_response"),
        id="invalid_upstream_response",
    ),
    pytest.param(
        "upstream_unavailable",
        503,
        b'{"message":"The upstream server is currently unavailable"}',
        {},
        marks=pytest.mark.proves("algonomy.error.upstream_unavailable"),
        id="upstream_unavailable",
    ),
    pytest.param(
        "no_peer",
        503,
        b'{"message":"failure to get a peer from the ring-balancer"}',
        {},
        marks=pytest.mark.proves("algonomy.error.no_peer"),
        id="no_peer",
    ),
    pytest.param(
        "name_resolution_failed",
        503,
        b'{"message":"name resolution failed"}',
        {},
        marks=pytest.mark.proves("algonomy.error.name_resolution_failed"),
        id="name_resolution_failed",
    ),
    pytest.param(
        "upstream_timeout",
        504,
        b'{"message":"The upstream server is timing out"}',
        {},
        marks=pytest.mark.proves("algonomy.error.upstream_timeout"),
        id="upstream_timeout",
    ),
]


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


@pytest.mark.proves("algonomy.error.bad_request")
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


@pytest.mark.proves("algonomy.error.payload_too_large")
def test_a_body_over_the_limit_is_the_gateways_413(gateway: Any) -> None:
    body = b'{"type":"optOut","enableOptOut":true,"x":"' + b"x" * 1024 * 1024 + b'"}'
    response = gateway.send("PUT", "shop/optOut/u-1", f"Bearer {gateway.token()}", content=body)
    assert (response.status_code, response.content) == (413, b'{"message":"Payload too large"}')
    assert gateway.opted_out() == {"gone"}


@pytest.mark.parametrize("path", ["shop/optOut/ana", "oauth2/token"])
@pytest.mark.parametrize(("name", "status", "body", "headers"), ONLY_PROVOKED)
def test_the_gateways_own_failures_can_be_provoked(
    gateway: Any, name: str, status: int, body: bytes, headers: dict[str, str], path: str
) -> None:
    provoke = {"X-Emulator-Fault": name}
    answer = gateway.send("PUT", path, f"Bearer {gateway.token()}", content=TRUE, headers=provoke)
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert {name: answer.headers[name] for name in headers} == headers
    assert {name for name in answer.headers if not name.startswith("x-emulator-")} - FRAME == headers.keys() - FRAME
    assert gateway.opted_out() == {"gone"}


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("bad_request", 400, b'{"message":"Bad request"}'),
        ("payload_too_large", 413, b'{"message":"Payload too large"}'),
        ("rate_limit_exceeded", 429, b'{"message":"API rate limit exceeded"}'),
        ("invalid_token", 401, b'{"error_description":"The access token is invalid or has expired",'
         b'"error":"invalid_token"}'),
        ("invalid_client", 400, b'{"error_description":"Invalid client authentication","error":"invalid_client"}'),
        ("unknown_site", 404, b'{"error_description":"The apiKey is unknown","error":"not_found"}'),
    ],
)  # fmt: skip
def test_failures_with_a_cause_can_be_provoked_without_it(gateway: Any, name: str, status: int, body: bytes) -> None:
    provoke = {"X-Emulator-Fault": name}
    answer = gateway.send("PUT", "shop/optOut/ana", f"Bearer {gateway.token()}", content=TRUE, headers=provoke)
    assert (answer.status_code, answer.content) == (status, body)
    assert gateway.opted_out() == {"gone"}


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
