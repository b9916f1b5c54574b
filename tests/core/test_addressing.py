"""Who is meant: by path, by header, by host."""

import json
from dataclasses import replace

import httpx
import pytest

from emulator.core.addressing import Address, Addressing
from emulator.core.errors import Misuse
from emulator.server import Background
from tests.toy_server import KEY, toy_server
from tests.toy_vendor import VENDOR

LOCAL = "127.0.0.1:4680"


@pytest.fixture
def addressing() -> Addressing:
    return Addressing([VENDOR])


@pytest.mark.parametrize(
    ("path", "host", "header", "expected"),
    [
        ("/toybox/shelf/bear", LOCAL, None, ("default", "/shelf/bear", "")),
        ("/toybox", LOCAL, None, ("default", "/", "")),
        ("/toybox/", LOCAL, None, ("default", "/", "")),
        ("/toybox//shelf", LOCAL, None, ("default", "//shelf", "")),
        ("/toybox/shelf%2Fbear", LOCAL, None, ("default", "/shelf%2Fbear", "")),
        ("/toybox/toybox/shelf", LOCAL, None, ("default", "/toybox/shelf", "")),
        ("/ns/a/toybox/shelf/bear", LOCAL, None, ("a", "/shelf/bear", "")),
        ("/ns/a.B-c_9/toybox/x", LOCAL, None, ("a.B-c_9", "/x", "")),
        ("/toybox/shelf/bear", LOCAL, "a", ("a", "/shelf/bear", "")),
        ("/ns/a/toybox/shelf/bear", LOCAL, "a", ("a", "/shelf/bear", "")),
        ("/shelf/bear", "toybox.localhost", None, ("default", "/shelf/bear", "")),
        ("/shelf/bear", "toybox.localhost:4680", None, ("default", "/shelf/bear", "")),
        ("/shelf/bear", "TOYBOX.LOCALHOST:4680", None, ("default", "/shelf/bear", "")),
        ("/shelf/bear", "api.toybox.example.:443", None, ("default", "/shelf/bear", "")),
        ("/shelf/bear", "a.toybox.localhost", None, ("a", "/shelf/bear", "")),
        ("/shelf/bear", "a.b.toybox.localhost", None, ("a.b", "/shelf/bear", "")),
        ("/shelf/bear", "a.toybox.localhost", "a", ("a", "/shelf/bear", "")),
        ("/shelf/bear", "api.toybox.example", None, ("default", "/shelf/bear", "")),
        ("/shelf/bear", "api.toybox.example:443", "a", ("a", "/shelf/bear", "")),
        ("/shelf/bear", "shop.eu.toybox.example", None, ("default", "/shelf/bear", "eu")),
        ("/toybox/eu/shelf/bear", LOCAL, None, ("default", "/shelf/bear", "eu")),
        ("/toybox/us/shelf/bear", LOCAL, None, ("default", "/shelf/bear", "us")),
        ("/toybox/eu", LOCAL, None, ("default", "/", "eu")),
        ("/toybox/europe/shelf", LOCAL, None, ("default", "/europe/shelf", "")),
        ("/us/shelf/bear", "shop.eu.toybox.example", None, ("default", "/us/shelf/bear", "eu")),
        ("/ns/a/shelf", "toybox.localhost", None, ("default", "/ns/a/shelf", "")),
        ("/toybox/x", "[::1]:4680", None, ("default", "/x", "")),
        ("/toybox/x", "", None, ("default", "/x", "")),
    ],
)
def test_an_address_names_namespace_path_and_realm(
    addressing: Addressing, path: str, host: str, header: str | None, expected: tuple[str, str, str]
) -> None:
    namespace, rest, realm = expected
    assert addressing.resolve(path, host, header) == Address(namespace, VENDOR, rest, realm)


@pytest.mark.parametrize(
    ("path", "host", "expected"),
    [
        ("/", LOCAL, ("default", "/_emulator/")),
        ("/ns/a/", LOCAL, ("a", "/_emulator/")),
        ("/ns/a", LOCAL, ("a", "/_emulator/")),
        ("/_emulator", LOCAL, ("default", "/_emulator")),
        ("/_emulator/clock", LOCAL, ("default", "/_emulator/clock")),
        ("/ns/a/_emulator/clock", LOCAL, ("a", "/_emulator/clock")),
        ("/_emulator/clock", "a.toybox.localhost", ("a", "/_emulator/clock")),
        ("/_emulator/clock", "api.toybox.example", ("default", "/_emulator/clock")),
        ("/ns/a/_emulator/clock", "api.toybox.example", ("a", "/_emulator/clock")),
        ("/ns/a/_emulator", "a.toybox.localhost", ("a", "/_emulator")),
    ],
)
def test_the_control_plane_answers_on_every_host(
    addressing: Addressing, path: str, host: str, expected: tuple[str, str]
) -> None:
    assert addressing.resolve(path, host, None) == Address(expected[0], None, expected[1])


@pytest.mark.parametrize(
    ("path", "host", "header"),
    [
        ("/ns/a/toybox/x", LOCAL, "b"),
        ("/x", "a.toybox.localhost", "b"),
        ("/ns/a/_emulator/clock", LOCAL, "default"),
        ("/ns/b/_emulator/clock", "a.toybox.localhost", None),
    ],
)
def test_two_different_namespaces_in_one_call_are_refused(
    addressing: Addressing, path: str, host: str, header: str | None
) -> None:
    with pytest.raises(Misuse, match="names two namespaces") as caught:
        addressing.resolve(path, host, header)
    assert caught.value.status == 400


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a%2Fb", "ü", "x" * 64, "a\x00", "a:b"])
def test_a_name_outside_the_rules_is_refused(addressing: Addressing, name: str) -> None:
    with pytest.raises(Misuse, match="cannot be a namespace") as caught:
        addressing.resolve("/toybox/x", LOCAL, name)
    assert caught.value.status == 400


def test_a_namespace_header_sent_twice_is_refused(server: Background) -> None:
    twice = [("X-Emulator-Namespace", "a"), ("X-Emulator-Namespace", "b")]
    refused = httpx.get(f"{server.url}/toybox/shelf/bear", headers=twice)
    assert refused.status_code == 400
    assert "'a, b' cannot be a namespace" in refused.json()["detail"]


def test_the_longest_name_is_63_characters(addressing: Addressing) -> None:
    assert addressing.resolve("/toybox/x", LOCAL, "x" * 63).namespace == "x" * 63


@pytest.mark.parametrize("path", ["/nowhere", "/toyboxes/x", "/ns/a/nowhere/x", "/_emulators", "//toybox/x"])
def test_a_path_that_is_nobodys_is_501_and_names_who_lives_here(addressing: Addressing, path: str) -> None:
    with pytest.raises(Misuse, match="/toybox") as caught:
        addressing.resolve(path, LOCAL, None)
    assert caught.value.status == 501


def test_a_vendors_front_door_may_rewrite_the_raw_path() -> None:
    tidy = replace(VENDOR, normalise=lambda path: path.replace("//", "/"))
    assert Addressing([tidy]).resolve("/toybox//eu//shelf", LOCAL, None).path == "/shelf"


def test_very_many_hosts_are_still_told_apart(addressing: Addressing) -> None:
    for number in range(1_500):
        address = addressing.resolve("/x", f"n{number}.toybox.localhost", None)
        assert address.namespace == f"n{number}"


def test_a_namespace_has_rows_of_its_own_however_it_is_named(server: Background, namespace: str) -> None:
    with httpx.Client(base_url=server.url, headers=KEY) as client:
        client.put(f"/ns/{namespace}/toybox/shelf/duck", json={"price": 1})
        found = [
            client.get(f"/ns/{namespace}/toybox/shelf/duck"),
            client.get("/toybox/shelf/duck", headers={"X-Emulator-Namespace": namespace}),
            client.get("/shelf/duck", headers={"Host": f"{namespace}.toybox.localhost"}),
            client.get("/shelf/duck", headers={"Host": "api.toybox.example", "X-Emulator-Namespace": namespace}),
        ]
        assert [response.status_code for response in found] == [200] * 4
        assert client.get("/toybox/shelf/duck").status_code == 404


@pytest.mark.parametrize(
    ("escaped", "name"),
    [
        ("a%2Fb", "a/b"),
        ("a%252Fb", "a%2Fb"),
        ("%E2%9C%93", "✓"),
        ("a%3Fb", "a?b"),
        ("a+b", "a+b"),
        ("a%20b", "a b"),
        ("%2e%2e", ".."),
    ],
)
def test_an_escaped_segment_arrives_as_one_and_is_decoded_once(server: Background, escaped: str, name: str) -> None:
    with httpx.Client(headers=KEY) as client:
        raw = httpx.URL(server.url).copy_with(raw_path=b"/ns/escaped/toybox/shelf/" + escaped.encode())
        answer = client.put(raw, json={"price": 1})
        client.delete(f"{server.url}/_emulator/namespaces/escaped")
    assert (answer.status_code, answer.json()["name"]) == (200, name)


@pytest.mark.parametrize("broken", [b"%", b"%2", b"%zz", b"%00", b"%FF", b"%C3"])
def test_a_broken_escape_is_the_vendors_bad_request(server: Background, broken: bytes) -> None:
    with httpx.Client() as client:
        raw = httpx.URL(server.url).copy_with(raw_path=b"/toybox/shelf/" + broken)
        answer = client.get(raw, headers=KEY)
    assert (answer.status_code, answer.content) == (400, b'{"no":"muddle"}')


def test_a_broken_escape_in_a_path_of_no_operation_is_the_emulators_501(server: Background) -> None:
    with httpx.Client() as client:
        raw = httpx.URL(server.url).copy_with(raw_path=b"/toybox/no/such/shelf/%zz")
        assert client.get(raw, headers=KEY).status_code == 501


def test_the_257th_namespace_is_refused_and_none_is_evicted(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        toy_server(tmp_path_factory.mktemp("few"), max_namespaces=256) as running,
        httpx.Client(base_url=running.url, headers=KEY) as client,
    ):
        for number in range(256):
            assert client.get(f"/ns/n{number}/toybox/shelf/bear").status_code == 200
        refused = client.get("/ns/n256/toybox/shelf/bear")
        assert refused.status_code == 507
        assert refused.headers["content-type"] == "application/problem+json"
        assert "256 namespaces" in json.loads(refused.content)["detail"]
        assert client.get("/ns/n0/toybox/shelf/bear").status_code == 200
        assert client.delete("/_emulator/namespaces/n7").status_code == 204
        assert client.get("/ns/n256/toybox/shelf/bear").status_code == 200


def test_a_path_that_is_nobodys_is_a_problem_over_http_too(client: httpx.Client, server: Background) -> None:
    with httpx.Client(base_url=server.url) as plain:
        answer = plain.get("/nowhere/at/all")
    assert answer.status_code == 501
    assert answer.headers["x-emulator-unimplemented"] == "true"
    assert answer.headers["content-type"] == "application/problem+json"
