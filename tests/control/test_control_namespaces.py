"""Namespaces over HTTP: seen, left alone, forgotten."""

from collections.abc import Iterator

import httpx
import pytest

from emulator.server import Background
from tests.toy_server import KEY


@pytest.fixture
def root(server: Background) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=KEY) as one:
        yield one


def names(root: httpx.Client) -> list[str]:
    listed: list[str] = root.get("/_emulator/namespaces").json()["namespaces"]
    return listed


def test_a_namespace_is_there_once_it_has_been_named(root: httpx.Client, namespace: str) -> None:
    assert namespace not in names(root)
    root.get(f"/ns/{namespace}/toybox/shelf/bear")
    assert namespace in names(root)


@pytest.mark.parametrize("call", ["namespaces", "errors", "health", "openapi/toybox.json", ""])
def test_looking_around_brings_no_namespace_into_being(root: httpx.Client, namespace: str, call: str) -> None:
    assert root.get(f"/ns/{namespace}/_emulator/{call}").status_code == 200
    assert namespace not in names(root)


def test_a_forgotten_namespace_starts_anew(root: httpx.Client, namespace: str) -> None:
    duck = f"/ns/{namespace}/toybox/shelf/duck"
    root.put(duck, json={"price": 1})
    assert root.get(duck).status_code == 200
    assert root.delete(f"/_emulator/namespaces/{namespace}").status_code == 204
    assert namespace not in names(root)
    assert root.get(duck).status_code == 404


def test_a_namespace_may_be_forgotten_from_inside(root: httpx.Client, namespace: str) -> None:
    root.get(f"/ns/{namespace}/toybox/shelf/bear")
    assert root.delete(f"/ns/{namespace}/_emulator/namespaces/{namespace}").status_code == 204
    assert namespace not in names(root)


def test_a_name_may_be_percent_encoded(root: httpx.Client, namespace: str) -> None:
    root.get(f"/ns/{namespace}/toybox/shelf/bear")
    encoded = "".join(f"%{ord(letter):02x}" for letter in namespace)
    assert root.delete(f"/_emulator/namespaces/{encoded}").status_code == 204
    assert namespace not in names(root)


def test_an_unknown_namespace_is_404_with_the_nearest(root: httpx.Client, namespace: str) -> None:
    root.get(f"/ns/{namespace}/toybox/shelf/bear")
    answer = root.delete(f"/_emulator/namespaces/{namespace}x")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == f"'{namespace}x' is no namespace here; did you mean {namespace}?"


def test_the_listing_says_how_many_there_may_be(root: httpx.Client) -> None:
    assert root.get("/_emulator/namespaces").json()["most"] == 100_000
