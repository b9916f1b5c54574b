"""What a page of another origin may read: seen through the toy vendor with a policy of its own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.core.answers import Answer, empty_answer
from emulator.core.cors import Cors, is_origin
from emulator.core.exchange import Exchange, Manners
from emulator.core.faults import Fault, parse_damage
from emulator.core.request import Request
from emulator.core.routes import Routes
from emulator.core.vendor import Host, Vendor
from emulator.core.work import Work
from emulator.core.world import World
from emulator.server import Background
from emulator.settings import Options
from tests.toy_server import TOYS
from tests.toy_vendor import VENDOR

PAGE = "https://shop.example:8443"
GRANTED = {
    "access-control-allow-origin": PAGE,
    "access-control-allow-credentials": "true",
    "vary": "Origin",
}
ASKED = [(b"access-control-request-method", b"PUT"), (b"access-control-request-headers", b"authorization, X-Toy")]


def _with_preflight() -> Routes:
    routes = Routes()
    for one in VENDOR.routes:
        routes.operation(one.method, one.path, one.id, guarded=one.guarded, status=one.status)(one.endpoint)

    @routes.operation("OPTIONS", "/shelf/{name}", "preflight", guarded=False, status=204)
    def preflight(work: Work, name: str) -> Answer:
        return empty_answer()

    return routes


POLICY = Cors(prefixes=("/shelf/",), methods=("PUT", "GET"), headers=("authorization", "x-toy"))
SHELF = Host("shelf.example", prefix="/shelf")
OPEN = replace(VENDOR, cors=POLICY, routes=_with_preflight(), hosts=(*VENDOR.hosts, SHELF))


def call(
    world: World,
    path: str = "/shelf/bear",
    method: str = "GET",
    *headers: tuple[bytes, bytes],
    vendor: Vendor = OPEN,
    bare: bool = False,
    key: bytes = b"Toy k-1",
    **about: Any,
) -> Answer:
    sent = [(b"authorization", key), (b"origin", PAGE.encode()), *headers]
    answer, _ = Exchange(Manners(bare=bare)).turn(world, vendor, Request(method, path, headers=sent, **about))
    return answer


def told(answer: Answer) -> dict[str, str]:
    """The headers that concern a browser."""
    named = [(name, value) for name, value in answer.headers if name.startswith("access-control") or name == "vary"]
    assert len(named) == len(dict(named))
    return dict(named)


@pytest.mark.parametrize(
    "text",
    [
        "https://shop.example",
        "http://localhost:8081",
        "http://127.0.0.1:1",
        "http://[::1]:8080",
        "capacitor://localhost",
        "chrome-extension://abcdefghijklmnop",
        "HTTPS://Shop.Example",
        "https://xn--bcher-kva.example",
    ],
)
def test_an_origin_is_a_scheme_and_a_host_and_maybe_a_port(text: str) -> None:
    assert is_origin(text)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "null", "*", "shop.example", "https://", "https:shop.example", "https://shop.example/", "file://",
        "https://shop.example/page", "https://shop.example:", "https://shop.example:x", "https://shop.example:123456",
        "https://a b", "https://user@shop.example", "https://shop.example?x", "https://shop.example https://b.example",
        "https://shop.example, https://b.example", "://shop.example", "1http://a", "https://büch.example", "https://[::1",
    ],
)  # fmt: skip
def test_anything_else_is_no_origin(text: str) -> None:
    assert not is_origin(text)


@pytest.mark.parametrize(
    ("status", "about"),
    [
        (200, {}),
        (404, {"path": "/shelf/fox"}),
        (401, {"key": b"Toy x"}),
        (400, {"method": "PUT", "path": "/shelf/duck", "body": b"{"}),
        (400, {"method": "PUT", "path": "/shelf/duck", "oversize": 10}),
        (400, {"path": "/shelf/%zz"}),
        (405, {"method": "DELETE"}),
        (500, {"method": "PUT", "path": "/shelf/grenade", "body": b'{"price":1}'}),
        (501, {"path": "/shelf/bear/no/such"}),
    ],
)
def test_every_answer_below_the_path_tells_a_page_that_it_may_read_it(
    world: World, status: int, about: dict[str, Any]
) -> None:
    answer = call(world, **about)
    assert answer.status == status
    assert told(answer) == GRANTED


def test_an_exhausted_limit_and_failures_on_request_tell_it_too(world: World) -> None:
    provoked = call(world, "/shelf/bear", "GET", (b"x-emulator-fault", b"fire"))
    assert (provoked.status, told(provoked)) == (500, GRANTED)
    misused = call(world, "/shelf/bear", "GET", (b"x-emulator-fault", b"fir"))
    assert (misused.status, told(misused)) == (400, GRANTED)
    cut = call(world, "/shelf/bear", "GET", (b"x-emulator-fault", b"truncate"))
    assert (cut.status, told(cut)) == (200, GRANTED)
    answers = [call(world) for _ in range(6)]
    assert (answers[-1].status, told(answers[-1])) == (429, GRANTED)


@pytest.mark.parametrize("path", ["/keys", "/shelf", "/nowhere"])
def test_a_path_outside_the_policy_tells_a_page_nothing(world: World, path: str) -> None:
    for method in ("POST", "OPTIONS"):
        assert told(call(world, path, method)) == {}


def test_a_path_counts_as_what_it_means(world: World) -> None:
    answer = call(world, "/%73helf/bear")
    assert (answer.status, told(answer)) == (200, GRANTED)


@pytest.mark.parametrize("origins", [[], ["null"], [""], [PAGE, PAGE], ["https://a.example", "https://b.example"]])
def test_without_one_usable_origin_nothing_is_granted(world: World, origins: list[str]) -> None:
    headers = [(b"authorization", b"Toy k-1"), *((b"origin", one.encode()) for one in origins)]
    for method in ("GET", "OPTIONS"):
        answer, _ = Exchange(Manners()).turn(world, OPEN, Request(method, "/shelf/bear", headers=headers))
        assert told(answer) == {}


def test_a_preflight_learns_methods_and_headers_by_name(world: World) -> None:
    answer = call(world, "/shelf/bear", "OPTIONS", *ASKED)
    assert answer.status == 204
    assert told(answer) == {
        **GRANTED,
        "access-control-allow-methods": "PUT, GET",
        "access-control-allow-headers": "authorization, x-toy",
    }


def test_a_preflight_that_asks_for_the_emulators_own_headers_gets_them_unless_it_is_to_be_bare(world: World) -> None:
    wanted = (b"access-control-request-headers", b"authorization,X-Emulator-Fault, x-emulator-namespace,x-other")
    asked = ("/shelf/bear", "OPTIONS", wanted)
    assert told(call(world, *asked))["access-control-allow-headers"] == (
        "authorization, x-toy, x-emulator-fault, x-emulator-namespace"
    )
    bare = call(world, *asked, bare=True)
    assert told(bare)["access-control-allow-headers"] == "authorization, x-toy"


def test_a_preflight_may_ask_for_headers_in_several_lines(world: World) -> None:
    lines = [(b"access-control-request-headers", one) for one in (b"x-emulator-namespace", b"X-Emulator-Fault")]
    assert told(call(world, "/shelf/bear", "OPTIONS", *lines))["access-control-allow-headers"] == (
        "authorization, x-toy, x-emulator-fault, x-emulator-namespace"
    )


def test_a_policy_without_credentials_does_not_speak_of_them(world: World) -> None:
    plain = replace(OPEN, cors=replace(POLICY, credentials=False))
    assert told(call(world, vendor=plain)) == {"access-control-allow-origin": PAGE, "vary": "Origin"}


def test_a_standing_fault_without_an_operation_misses_preflights(world: World) -> None:
    fault = Fault(id="f1", vendor="toybox", text="fire", damage=parse_damage("fire", VENDOR.catalogue), times=1)
    world.faults.add(fault)
    assert call(world, "/shelf/bear", "OPTIONS", *ASKED).status == 204
    assert fault.fired == 0
    assert call(world).status == 500
    assert call(world).status == 200


def test_a_standing_fault_that_names_the_preflight_hits_it(world: World) -> None:
    damage = parse_damage("fire", VENDOR.catalogue)
    world.faults.add(Fault(id="f1", vendor="toybox", operation="preflight", text="fire", damage=damage, times=1))
    answer = call(world, "/shelf/bear", "OPTIONS", *ASKED)
    assert answer.status == 500
    assert told(answer)["access-control-allow-methods"] == "PUT, GET"
    assert call(world, "/shelf/bear", "OPTIONS", *ASKED).status == 204


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    directory: Path = tmp_path_factory.mktemp("pages")
    (directory / "toys.yaml").write_text(TOYS, encoding="utf-8")
    options = Options(port=0, scenario="toys", fixtures=directory, max_namespaces=1)
    with Background(options, vendors=(OPEN,)) as one:
        yield one


def test_a_page_can_read_the_answer_to_a_call_that_reaches_no_world(running: Background) -> None:
    with httpx.Client(base_url=running.url, headers={"Origin": PAGE}) as client:
        assert client.get("/toybox/shelf/bear").status_code == 401
        refused = client.get("/ns/second/toybox/shelf/bear")
    assert refused.status_code == 507
    assert {name: refused.headers[name] for name in GRANTED} == GRANTED


def test_a_host_may_have_its_paths_below_a_prefix(running: Background) -> None:
    with httpx.Client(base_url=running.url, headers={"Authorization": "Toy k-1", "Host": "shelf.example"}) as client:
        assert client.get("/bear").json()["name"] == "bear"
        assert client.get("/shelf/bear").status_code == 501
