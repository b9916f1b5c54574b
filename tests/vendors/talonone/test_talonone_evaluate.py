"""The control call that evaluates an expression, without a rule or a session."""

from typing import Any

import httpx
import pytest

CALL = "/_emulator/vendors/talonone/evaluate"


@pytest.fixture
def ask(client: httpx.Client):
    def asker(expression: Any, **bindings: Any) -> httpx.Response:
        return client.post(CALL, json={"expression": expression, "bindings": bindings})

    return asker


@pytest.fixture
def problem(client: httpx.Client):
    def finder(**body: Any) -> dict[str, Any]:
        response = client.post(CALL, **body)
        assert response.status_code == 400, response.text
        assert response.headers["content-type"] == "application/problem+json"
        document = response.json()
        assert (document["type"], document["status"]) == ("about:blank", 400)
        return document

    return finder


@pytest.mark.parametrize(
    ("expression", "value", "kind"),
    [
        (["+", 0.1, 0.2], 0.3, "Decimal"),
        (["*", 2, 21], 42, "Decimal"),
        (["*", 1e20, 10], 1e21, "Decimal"),
        (["+", "a", "b"], "ab", "String"),
        (["and"], True, "Boolean"),
        (["noop"], None, "Null"),
        (["list", 1, "a"], [1, "a"], "List"),
        (["kv", ["a", ["list"]]], {"a": []}, "Map"),
        (["parseTime", "2024-05-01T12:00:00+02:00"], "2024-05-01T10:00:00Z", "Time"),
        (7, 7, "Decimal"),
        ("text", "text", "String"),
        (None, None, "Null"),
        ([["set", "x", 1], [".", "x"]], 1, "Decimal"),
    ],
)
def test_an_expression_is_answered_with_its_value_and_kind(ask, expression, value, kind):
    response = ask(expression)
    assert response.status_code == 200
    assert response.json() == {"value": value, "kind": kind}


def test_whole_numbers_have_no_decimal_point_and_exact_decimals_no_noise(ask):
    assert ask(["*", 2.5, 2]).content == b'{"value":5,"kind":"Decimal"}'
    assert ask(["+", 0.1, 0.2]).content == b'{"value":0.3,"kind":"Decimal"}'
    assert ask(["-", 0.3, 0.1, 0.2]).content == b'{"value":0,"kind":"Decimal"}'


def test_bindings_are_read_by_paths(ask):
    session = {"Total": 99.9, "CartItems": [{"Price": 10, "Quantity": 2}, {"Price": 0.5, "Quantity": 3}]}
    total = ["sum", [".", "Session", "CartItems"], "item", ["*", [".", "item", "Price"], [".", "item", "Quantity"]]]
    assert ask(total, Session=session).json()["value"] == 21.5
    assert ask([">", [".", "Session", "Total"], 50], Session=session).json()["value"] is True
    assert ask([".", "Session"], Session=session).json() == {"value": session, "kind": "Map"}


def test_now_is_the_clock_of_the_world(client, ask):
    client.put("/_emulator/clock", json={"mode": "frozen", "now": "2031-02-03T04:05:06Z"})
    assert ask([".", "Now"]).json() == {"value": "2031-02-03T04:05:06Z", "kind": "Time"}
    assert ask(["days", "2031-02-04T16:05:06Z"]).json()["value"] == 1.5
    client.post("/_emulator/clock/advance", json={"seconds": 3600})
    assert ask(["hour", [".", "Now"]]).json()["value"] == "5"


def test_a_binding_may_take_the_place_of_now(ask):
    assert ask(["year", [".", "Now"]], Now="1999-12-31T00:00:00Z").json()["value"] == "1999"


def test_namespaces_have_clocks_of_their_own(client, ask, server):
    client.put("/_emulator/clock", json={"mode": "frozen", "now": "2031-02-03T04:05:06Z"})
    with httpx.Client(base_url=f"{server.url}/ns/another-evaluate") as other:
        other.put("/_emulator/clock", json={"mode": "frozen", "now": "2001-01-01T00:00:00Z"})
        body = {"expression": ["year", [".", "Now"]]}
        assert other.post(CALL, json=body).json()["value"] == "2001"
        assert client.post(CALL, json=body).json()["value"] == "2031"
        other.delete("/_emulator/namespaces/another-evaluate")


def test_nothing_is_left_behind(client, ask):
    before = client.get("/_emulator/state").json()["vendors"]
    assert ask(["set", "x", 1]).status_code == 200
    assert client.get("/_emulator/state").json()["vendors"] == before
    assert client.get("/_emulator/requests").json()["requests"] == []


@pytest.mark.parametrize(
    ("expression", "place", "message"),
    [
        (["and", ["nope"]], "expression[1]", "unknown function `nope'"),
        (["and", ["couponVaild"]], "expression[1]", "unknown function `couponVaild', did you mean `couponValid'?"),
        (["and", ["couponValid"]], "expression[1]", "`couponValid' is for rules: there is no session here"),
        (["setDiscount", "a"], "expression", "`setDiscount' takes 2 arguments"),
        (["+", 1, ["/", 1, 0]], "expression[2]", "division by zero"),
        ([".", "Session", "Total"], "expression", "Unable to find `Session.Total'"),
        ([], "expression", "empty expression"),
        ({"a": 1}, "expression", "an object is not an expression"),
        (["and", {"a": 1}], "expression[1]", "an object is not an expression"),
        (
            [[["setTemplate", "f", ["!", "f"]], ["!", "f"]]],
            "expression[0][0][2]",
            "the expression is nested too deeply",
        ),
        (["*", 1e300, 1e300], "expression", "the number is too large to be written as JSON"),
    ],
)
def test_a_mistake_is_a_problem_that_names_its_place(problem, expression, place, message):
    document = problem(json={"expression": expression})
    assert document["title"] == "Bad expression"
    assert document["place"] == place
    assert document["detail"].startswith(f"{place}: {message}")
    assert document["errors"] == [document["detail"]]


def test_work_without_end_is_a_problem_too(problem):
    items = [".", "items"]
    document = problem(
        json={"expression": ["map", items, "x", ["map", items, "y", [".", "y"]]], "bindings": {"items": [1] * 2_000}}
    )
    assert document["detail"].endswith("the step budget of the evaluation is spent")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"content": b"{"}, "the body is not JSON: "),
        ({"content": b"[]"}, 'the body must be a JSON object: {"expression": …, "bindings": …}'),
        ({"content": b""}, "expression: this key is required"),
        ({"json": {"bindings": {}}}, "expression: this key is required"),
        ({"json": {"expression": ["and"], "binding": {}}}, "binding: unknown key, did you mean bindings?"),
        ({"json": {"expression": ["and"], "bindings": []}}, "bindings: Input should be an object, found []"),
    ],
)
def test_a_bad_body_is_refused_like_that_of_any_control_call(problem, body, sentence):
    document = problem(**body)
    assert document["title"] == "Bad call"
    assert document["errors"][0].startswith(sentence)


def test_the_vendor_lists_the_call(client):
    vendors = {vendor["slug"]: vendor for vendor in client.get("/_emulator/vendors").json()["vendors"]}
    (call,) = vendors["talonone"]["controls"]
    assert call["call"] == f"POST {CALL}"
    assert "expression" in call["does"]


def test_other_methods_are_refused(client):
    response = client.get(CALL)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
