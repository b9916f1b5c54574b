"""How the control plane refuses: problem documents of one shape, whatever was wrong."""

import socket
from typing import Any

import httpx
import pytest

from emulator.control import clock
from emulator.server import Background


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document, after checking what all of them have in common."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert list(document)[:4] == ["type", "title", "status", "detail"]
    assert document["status"] == status
    return document


def test_an_unknown_call_is_404_and_names_the_nearest(client: httpx.Client) -> None:
    assert problem(client.get("/_emulator/vendor"), 404)["nearest"] == "GET /_emulator/vendors"
    assert problem(client.post("/_emulator/rest"), 404)["nearest"] == "POST /_emulator/reset"
    assert problem(client.get("/_emulator/%00%ff"), 404)["title"] == "No such control call"


@pytest.mark.parametrize(
    "path", ["vendors/", "clock/", "openapi/toybox.json/", "faults//", "docs", "redoc", "openapi.json"]
)
def test_there_are_no_redirects_and_no_pages_of_the_framework(client: httpx.Client, path: str) -> None:
    problem(client.get(f"/_emulator/{path}"), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "clock", "GET, PUT"),
        ("PUT", "faults", "DELETE, GET, POST"),
        ("GET", "reset", "POST"),
        ("PATCH", "requests/1", "GET"),
        ("POST", "health", "GET"),
        ("OPTIONS", "state", "GET"),
    ],
)
def test_a_wrong_method_is_405_with_all_that_are_right(
    client: httpx.Client, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, f"/_emulator/{path}")
    assert problem(answer, 405)["title"] == "Wrong method"
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "the body is not JSON: EOF while parsing"),
        (b'{"mode":"real",}', "the body is not JSON: trailing comma"),
        (b"mode=real", "the body is not JSON: expected value"),
        (b'{"mode":"\xff"}', "the body is not JSON: invalid unicode"),
        (b"[" * 100_000, "the body is not JSON: recursion limit"),
        (b"[]", 'the body must be a JSON object: {"mode": …, "now": …}'),
        (b'"real"', "the body must be a JSON object"),
        (b"null", "the body must be a JSON object"),
        (b"", "mode: this key is required"),
        (b"  ", "mode: this key is required"),
        (b"{}", "mode: this key is required"),
        (b'{"mode":"reel"}', "mode: Input should be 'real', 'frozen' or 'shifted', found 'reel'"),
        (b'{"mode":null}', "mode: Input should be 'real', 'frozen' or 'shifted', found None"),
        (b'{"mode":"real","nwo":1}', "nwo: unknown key, did you mean now?"),
        (b'{"mode":"real","xyz":1}', "xyz: unknown key; known: mode, now"),
        (b'{"mode":"frozen","now":5}', "now: Input should be a valid string, found 5"),
    ],
)
def test_a_bad_body_is_told_in_sentences(client: httpx.Client, body: bytes, sentence: str) -> None:
    (found,) = problem(client.put("/_emulator/clock", content=body), 400)["errors"]
    assert found.startswith(sentence)
    assert client.get("/_emulator/clock").json()["now"] == "2026-01-05T09:00:00Z"


def test_all_that_is_wrong_is_told_at_once(client: httpx.Client) -> None:
    document = problem(client.post("/_emulator/faults", json={"times": 0, "probability": 2, "vendr": "toybox"}), 400)
    assert document["errors"] == [
        "vendor: this key is required",
        "fault: this key is required",
        "times: Input should be greater than or equal to 1, found 0",
        "probability: Input should be less than or equal to 1, found 2",
        "vendr: unknown key, did you mean vendor?",
    ]
    assert document["detail"] == "; ".join(document["errors"])


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "", "nonsense"],
)
def test_a_body_is_json_whatever_its_content_type_says(client: httpx.Client, content_type: str) -> None:
    body = b'{"mode":"frozen","now":"2026-02-01T00:00:00Z"}'
    answer = client.put("/_emulator/clock", content=body, headers={"content-type": content_type})
    assert (answer.status_code, answer.json()["now"]) == (200, "2026-02-01T00:00:00Z")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("vendr=toybox", "vendr: unknown key, did you mean vendor?"),
        ("vendor=toybx", "vendor: 'toybx' is no vendor here; did you mean toybox?"),
        ("vendor=toybox&vendor=toybox", "vendor: given more than once"),
    ],
)
@pytest.mark.parametrize("path", ["errors", "state", "limits", "settings", "requests"])
def test_a_bad_query_is_told_in_sentences(client: httpx.Client, path: str, query: str, sentence: str) -> None:
    (found,) = problem(client.get(f"/_emulator/{path}?{query}"), 400)["errors"]
    assert found.startswith(sentence)


@pytest.mark.parametrize("path", ["errors", "state", "limits", "settings", "requests"])
def test_a_parameter_without_a_value_counts_as_not_given(client: httpx.Client, path: str) -> None:
    assert client.get(f"/_emulator/{path}?vendor=").json() == client.get(f"/_emulator/{path}").json()


def test_a_crash_of_ours_is_500_and_the_connection_stays(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*_: Any) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(clock, "told", crash)
    for _ in range(3):
        answer = client.get("/_emulator/clock")
        assert problem(answer, 500)["title"] == "Crashed"
        assert "secret" not in answer.text
        assert "connection" not in answer.headers
    assert "RuntimeError: secret inside" in caplog.text


def test_a_body_beyond_all_bounds_is_413(server: Background, namespace: str) -> None:
    """Refused before it has all been sent."""
    url = httpx.URL(server.url)
    head = f"POST /ns/{namespace}/_emulator/scenarios HTTP/1.1\r\nHost: x\r\nContent-Length: {2**40}\r\n\r\n"
    with socket.create_connection((url.host, url.port or 80), timeout=30) as connection:
        connection.sendall(head.encode())
        received = b""
        try:
            for _ in range(66):
                connection.sendall(b" " * 1024 * 1024)
        except OSError:
            pass
        while b"bytes, and this is more" not in received:
            received += connection.recv(65_536)
    assert received.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in received


def test_a_namespace_outside_the_rules_is_a_problem_too(client: httpx.Client) -> None:
    problem(client.get("/_emulator/clock", headers={"X-Emulator-Namespace": "a b"}), 400)
