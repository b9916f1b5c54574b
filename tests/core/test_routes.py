"""Which operation a path means, and what its endpoint is given."""

from typing import Any, Self

import pytest
from pydantic import BaseModel

from emulator.core.answers import Answer, empty_answer
from emulator.core.errors import (
    BodyTooLarge,
    InvalidBody,
    InvalidQuery,
    MalformedBody,
    MalformedPath,
    MethodNotAllowed,
    NoSuchOperation,
)
from emulator.core.request import Request
from emulator.core.routes import Query, Routes
from emulator.core.work import Work

ROUTES = Routes()


@ROUTES.get("/toys/{name}", "one")
@ROUTES.get("/toys/newest", "newest")
@ROUTES.put("/toys/{name}", "put")
@ROUTES.operation("*", "/any", "any")
@ROUTES.get("/files/{rest:path}", "file", catch=True)
def _endpoint(work: Work) -> Answer:
    return empty_answer()


def matched(method: str, path: str) -> tuple[str, dict[str, str]]:
    operation, found = ROUTES.match(method, Request(method, path).segments)
    return operation.id, dict(found)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/toys/bear", ("one", {"name": "bear"})),
        ("PUT", "/toys/bear", ("put", {"name": "bear"})),
        ("GET", "/toys/newest", ("newest", {})),
        ("GET", "/toys/a%2Fb", ("one", {"name": "a/b"})),
        ("GET", "/toys/%6eewest", ("newest", {})),
        ("GET", "/any", ("any", {})),
        ("BREW", "/any", ("any", {})),
        ("GET", "/files/a/b%2Fc/", ("file", {"rest": "a/b/c/"})),
        ("GET", "/files/", ("file", {"rest": ""})),
    ],
)
def test_a_path_means_one_operation(method: str, path: str, expected: tuple[str, dict[str, str]]) -> None:
    assert matched(method, path) == expected


@pytest.mark.parametrize(
    "path", ["/", "/toys", "/toys/", "/toys/bear/", "/toys//bear", "//toys/bear", "/Toys/bear", "/x"]
)
def test_other_paths_mean_none(path: str) -> None:
    with pytest.raises(NoSuchOperation):
        matched("GET", path)


def test_a_wrong_method_is_told_with_those_that_are_right() -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        matched("DELETE", "/toys/bear")
    assert (caught.value.method, set(caught.value.allowed)) == ("DELETE", {"GET", "PUT"})


def test_operations_that_only_refuse_are_not_listed() -> None:
    assert {operation.id for operation in ROUTES} == {"one", "newest", "put", "any"}


class Toy(BaseModel):
    price: int


class Page(Query):
    limit: int = 10


class Shouted:
    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(request.body.decode().upper())


ARGUED = Routes()
SEEN: list[tuple[Any, ...]] = []


@ARGUED.put("/toys/{name}", "put")
def _put(toy: Toy, work: Work, name: str, page: Page) -> Answer:
    SEEN.append((toy.price, name, page.limit))
    return empty_answer()


@ARGUED.post("/shouts", "shout")
def _shout(work: Work, shouted: Shouted) -> Answer:
    SEEN.append((shouted.text,))
    return empty_answer()


def call(request: Request) -> tuple[Any, ...]:
    operation, found = ARGUED.match(request.method, request.segments)
    work = Work(None, 0, None, None, request)  # type: ignore[arg-type] # these endpoints touch no store
    operation.call(work, found)
    return SEEN.pop()


def test_an_endpoint_gets_what_its_signature_names() -> None:
    request = Request("PUT", "/toys/bear", body=b'{"price":5}', query_string=b"limit=3&limit=4")
    assert call(request) == (5, "bear", 4)


def test_a_type_may_read_itself_from_the_request() -> None:
    assert call(Request("POST", "/shouts", body=b"bear")) == ("BEAR",)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"{} x", b'{"price":5,}'])
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        call(Request("PUT", "/toys/bear", body=body))


def test_json_of_the_wrong_shape_is_told_by_place_and_kind() -> None:
    with pytest.raises(InvalidBody) as caught:
        call(Request("PUT", "/toys/bear", body=b'{"price":"x"}'))
    (problem,) = caught.value.problems
    assert (problem.place, problem.kind, problem.found) == (("price",), "int_parsing", "x")


def test_a_query_of_the_wrong_shape_is_told_too() -> None:
    with pytest.raises(InvalidQuery):
        call(Request("PUT", "/toys/bear", body=b'{"price":5}', query_string=b"limit=x"))


def test_a_body_over_the_bound_is_told_when_somebody_reads_it() -> None:
    request = Request("PUT", "/toys/bear", body=b"{", oversize=1)
    assert request.segments == ("toys", "bear")
    with pytest.raises(BodyTooLarge):
        call(request)


@pytest.mark.parametrize("path", ["/%", "/%2", "/%zz", "/a%00b", "/%ff", "/%C3%28"])
def test_a_broken_path_is_malformed(path: str) -> None:
    with pytest.raises(MalformedPath):
        assert Request("GET", path).segments


def test_a_query_keeps_order_repetition_and_blanks() -> None:
    query = Request("GET", "/", query_string=b"b=1&a=&b=%20x&c&d=%ff").query
    assert query == [("b", "1"), ("a", ""), ("b", " x"), ("c", ""), ("d", "\ufffd")]


def test_headers_are_found_by_their_lower_case_names() -> None:
    request = Request("GET", "/", headers=[(b"a", b"1"), (b"a", b"2"), (b"content-type", b" Text/HTML ; q=1")])
    assert (request.header("a"), request.all_headers("a"), request.header("b")) == ("1", ["1", "2"], None)
    assert request.media_type == "text/html"
