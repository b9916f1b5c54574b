"""Control calls that only one vendor has."""

from typing import Any

import httpx
import pytest

CALL = "/_emulator/vendors/toybox/price"


def test_a_vendor_answers_its_own_call_from_the_rows_of_the_namespace(client: httpx.Client) -> None:
    client.put("/_emulator/clock", json={"mode": "frozen", "now": "1970-01-01T00:00:01Z"})
    answer = client.post(CALL, json={"name": "bear", "times": 2})
    assert (answer.status_code, answer.json()) == (200, {"price": 10, "now": 1_000_000})


def test_what_a_vendor_refuses_is_a_problem_document(client: httpx.Client) -> None:
    answer = client.post(CALL, json={"name": "yo-yo"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "No such toy",
        "status": 404,
        "detail": "there is no toy 'yo-yo'",
        "toy": "yo-yo",
    }


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"json": {"nmae": "bear"}}, "name: this key is required"),
        ({"json": {"name": "bear", "time": 1}}, "time: unknown key, did you mean times?"),
        ({"json": {"name": "bear", "times": "2"}}, "times: Input should be a valid integer, found '2'"),
        ({"content": b"name=bear"}, "the body is not JSON: "),
        ({"content": b"7"}, 'the body must be a JSON object: {"name": …, "times": …}'),
    ],
)
def test_a_body_that_the_call_does_not_take_is_refused(client: httpx.Client, body: Any, sentence: str) -> None:
    answer = client.post(CALL, **body)
    assert (answer.status_code, answer.json()["title"]) == (400, "Bad call")
    assert answer.json()["errors"][0].startswith(sentence)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("toybox/prize", "'prize' is no control call of toybox here; did you mean price?"),
        ("toyboks/price", "'toyboks' is no vendor here; did you mean toybox?"),
        ("toybox/xyz", "'xyz' is no control call of toybox here; known: price"),
    ],
)
def test_a_call_or_a_vendor_that_does_not_exist_is_not_found(client: httpx.Client, path: str, sentence: str) -> None:
    answer = client.post(f"/_emulator/vendors/{path}", json={"name": "bear"})
    assert (answer.status_code, answer.json()["detail"]) == (404, sentence)
