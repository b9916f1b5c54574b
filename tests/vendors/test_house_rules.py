"""What holds for every vendor, whoever it is: its own bytes for every failure, and state that can be relied on."""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest

from emulator.core.errors import FACTS, Crashed, MethodNotAllowed
from emulator.core.faults import Fault, parse_damage
from emulator.core.vendor import Vendor
from emulator.core.world import World
from emulator.server import Background
from emulator.settings import Options
from emulator.vendors import VENDORS
from tests.vendors.good_calls import GOOD_CALLS, OTHER_CALLS, Call

every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.slug)
_SLUGS = {vendor.slug: vendor for vendor in VENDORS}
every_other_call = pytest.mark.parametrize(
    ("vendor", "call"),
    [pytest.param(_SLUGS[slug], call, id=f"{slug}{call.path}") for slug, call in OTHER_CALLS if slug in _SLUGS],
)
Send = Callable[..., httpx.Response]

_UNFILLED = re.compile(r"\{\w+\}")
_FRAMEWORK_STATUSES = {307, 308, 422}
_BAD_BODIES = {
    "nothing": b"",
    "cut JSON": b'{"a":',
    "not JSON": b"hello",
    "array": b"[]",
    "null": b"null",
    "number": b"12",
    "not a number": b'{"a":NaN}',
    "invalid UTF-8": b'{"a":"\xff\xfe"}',
    "NUL": b'{"a":"\x00"}',
    "deep": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "deep array": b"[" * 100_000,
    "huge number": b'{"a":' + b"9" * 400 + b"}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "lone surrogate": rb'{"a":"\ud800"}',
}


@pytest.fixture
def send(client: httpx.Client) -> Send:
    def sender(vendor: Vendor, call: Call, **headers: str) -> httpx.Response:
        return client.request(
            call.method, f"/{vendor.slug}{call.path}", content=call.body, headers={**call.headers, **headers}
        )

    return sender


@pytest.fixture
def good_call(send: Send) -> Callable[[Vendor], Call]:
    """An accepted call; where the vendor wants a token first, it has been fetched."""

    def ready(vendor: Vendor) -> Call:
        call = GOOD_CALLS[vendor.slug]
        if call.token_call is None:
            return call
        token = send(vendor, call.token_call).json()["access_token"]
        return call.with_key(f"Bearer {token}")

    return ready


def assert_vendors_own(vendor: Vendor, response: httpx.Response) -> None:
    """Not a trace of a framework: its statuses, its bodies, its headers."""
    assert response.status_code not in _FRAMEWORK_STATUSES - {failure.status for failure in vendor.failures}
    assert b'"detail"' not in response.content
    assert "Traceback" not in response.text
    assert "server" not in response.headers
    assert response.headers["x-emulator-request-id"].isdigit()
    assert response.headers["x-emulator-provenance"] in ("documented", "observed", "inferred", "assumed")
    assert response.status_code in {failure.status for failure in vendor.failures} | {200, 201, 204}


def stored(world: World, vendor: Vendor) -> dict[str, list[dict[str, Any]]]:
    return {table.name: world.store.dump(table) for table in vendor.tables}


@every_vendor
def test_the_good_call_is_accepted(vendor: Vendor, send: Send, good_call: Callable[[Vendor], Call]) -> None:
    response = send(vendor, good_call(vendor))
    assert response.status_code == 200
    assert_vendors_own(vendor, response)


@every_vendor
def test_every_vendor_has_words_for_every_fact(vendor: Vendor) -> None:
    for fact in FACTS:
        refusal = vendor.dialect(fact)
        assert refusal.failure in vendor.failures
        assert 400 <= refusal.answer().status <= 599


@every_vendor
def test_an_unknown_path_is_501_and_names_the_nearest_operation(vendor: Vendor, client: httpx.Client) -> None:
    response = client.get(f"/{vendor.slug}/there/is/no/such/path/at/all")
    assert response.status_code == 501
    assert response.headers["x-emulator-unimplemented"] == "true"
    assert response.headers["content-type"] == "application/problem+json"
    nearest = response.json()["nearest"]
    assert nearest in {f"{operation.method} {operation.path}" for operation in vendor.routes}


@every_vendor
def test_an_unknown_path_speaks_like_the_vendor_where_asked_to(vendor: Vendor) -> None:
    with (
        Background(Options(port=0, unimplemented="vendor")) as running,
        httpx.Client(base_url=running.url) as client,
    ):
        response = client.get(f"/{vendor.slug}/there/is/no/such/path/at/all")
    assert "x-emulator-unimplemented" not in response.headers
    assert response.status_code == 404
    assert_vendors_own(vendor, response)


@every_vendor
def test_a_wrong_method_is_refused_in_the_vendors_words(
    vendor: Vendor, send: Send, good_call: Callable[[Vendor], Call]
) -> None:
    call = good_call(vendor)
    response = send(vendor, Call("PATCH", call.path, call.key, call.body, call.headers))
    expected = vendor.dialect(MethodNotAllowed("PATCH", (call.method,), call.path))
    assert response.status_code == expected.answer().status
    assert response.content == expected.answer().body
    assert_vendors_own(vendor, response)


@every_vendor
def test_a_call_without_a_key_is_401(vendor: Vendor, send: Send, good_call: Callable[[Vendor], Call]) -> None:
    response = send(vendor, good_call(vendor).without_key())
    assert response.status_code == 401
    assert_vendors_own(vendor, response)


@every_vendor
@pytest.mark.parametrize("key", ["", "wrong", "Bearer wrong", "TD1 1/" + "0" * 40, "ApiKey-v1 00", "Basic Og=="])
def test_a_call_with_a_wrong_key_is_401(
    vendor: Vendor, key: str, send: Send, good_call: Callable[[Vendor], Call]
) -> None:
    response = send(vendor, good_call(vendor).with_key(key))
    assert response.status_code == 401
    assert_vendors_own(vendor, response)


@every_vendor
def test_raw_octets_in_the_key_are_401_and_no_crash(
    vendor: Vendor, client: httpx.Client, good_call: Callable[[Vendor], Call]
) -> None:
    call = good_call(vendor)
    others = [(k.encode(), v.encode()) for k, v in call.without_key().headers.items()]
    response = client.request(
        call.method,
        f"/{vendor.slug}{call.path}",
        content=call.body,
        headers=[*others, (call.key.encode(), b"Bearer \xe2\x80\x99\xff\x80")],
    )
    assert response.status_code == 401
    assert_vendors_own(vendor, response)


@every_vendor
@pytest.mark.parametrize("body", _BAD_BODIES.values(), ids=_BAD_BODIES.keys())
def test_a_missing_key_is_reported_before_a_bad_body(
    vendor: Vendor, body: bytes, send: Send, good_call: Callable[[Vendor], Call]
) -> None:
    call = good_call(vendor).without_key()
    response = send(vendor, Call(call.method, call.path, call.key, body, call.headers))
    assert response.status_code == 401
    assert_vendors_own(vendor, response)


@every_vendor
@pytest.mark.parametrize("body", _BAD_BODIES.values(), ids=_BAD_BODIES.keys())
def test_a_bad_body_never_gets_a_frameworks_answer_nor_a_crash(
    vendor: Vendor, body: bytes, send: Send, good_call: Callable[[Vendor], Call]
) -> None:
    call = good_call(vendor)
    response = send(vendor, Call(call.method, call.path, call.key, body, call.headers))
    assert response.status_code < 500
    assert_vendors_own(vendor, response)


@every_other_call
def test_every_other_door_takes_its_good_call_and_refuses_others_in_the_vendors_words(
    vendor: Vendor, call: Call, send: Send
) -> None:
    accepted = send(vendor, call)
    assert accepted.status_code == 200
    assert_vendors_own(vendor, accepted)
    refused = send(vendor, call.without_key())
    assert refused.status_code == 401
    assert_vendors_own(vendor, refused)
    wrong_method = send(vendor, replace(call, method="PATCH"))
    assert (
        wrong_method.status_code == vendor.dialect(MethodNotAllowed("PATCH", (call.method,), call.path)).answer().status
    )
    assert_vendors_own(vendor, wrong_method)


@every_other_call
@pytest.mark.parametrize("body", _BAD_BODIES.values(), ids=_BAD_BODIES.keys())
def test_a_bad_body_at_another_door_never_gets_a_frameworks_answer_nor_a_crash(
    vendor: Vendor, call: Call, body: bytes, send: Send
) -> None:
    unreadable = send(vendor, replace(call, body=body))
    assert unreadable.status_code < 500
    assert_vendors_own(vendor, unreadable)
    unknown = send(vendor, replace(call.without_key(), body=body))
    assert unknown.status_code == 401


@every_vendor
def test_a_body_over_a_mebibyte_is_refused_in_the_vendors_words(
    vendor: Vendor, send: Send, good_call: Callable[[Vendor], Call]
) -> None:
    call = good_call(vendor)
    body = b'{"a":"' + b"x" * 1024 * 1024 + b'"}'
    response = send(vendor, Call(call.method, call.path, call.key, body, call.headers))
    assert 400 <= response.status_code < 500
    assert_vendors_own(vendor, response)


@every_vendor
def test_an_exhausted_limit_answers_429_and_recovers(
    vendor: Vendor, send: Send, world: World, good_call: Callable[[Vendor], Call]
) -> None:
    quotas = [world.limits.quota(vendor.slug, limit, world.settings[vendor.slug]) for limit in vendor.limits]
    quota = next(iter(quotas), None)
    if quota is None:
        pytest.skip(f"{vendor.title} publishes no limit, so none is on; its 429 can be provoked")
    world.clock.set("frozen")
    call = good_call(vendor)
    statuses = [send(vendor, call).status_code for _ in range(quota)]
    assert set(statuses) == {200}
    refused = send(vendor, call)
    assert refused.status_code == 429
    assert_vendors_own(vendor, refused)
    world.clock.advance(vendor.limits[0].window)
    assert send(vendor, call).status_code == 200


def _failures() -> Iterator[Any]:
    for vendor in VENDORS:
        for failure in vendor.failures:
            yield pytest.param(vendor, failure, id=f"{vendor.slug}-{failure.name}")


@pytest.mark.parametrize(("vendor", "failure"), list(_failures()))
def test_every_failure_can_be_provoked_by_header_and_changes_nothing(
    vendor: Vendor, failure: Any, send: Send, world: World, good_call: Callable[[Vendor], Call]
) -> None:
    call = good_call(vendor)
    before = stored(world, vendor)
    response = send(vendor, call, **{"X-Emulator-Fault": failure.name})
    expected = failure.provoked().answer()
    assert (response.status_code, response.content) == (expected.status, expected.body)
    assert all(response.headers[name] == value for name, value in expected.headers)
    assert not _UNFILLED.search(response.text)
    assert response.headers["x-emulator-provenance"] == failure.level
    assert stored(world, vendor) == before


@pytest.mark.parametrize(("vendor", "failure"), list(_failures()))
def test_every_failure_can_stand_for_the_next_call_only(
    vendor: Vendor, failure: Any, send: Send, world: World, good_call: Callable[[Vendor], Call]
) -> None:
    call = good_call(vendor)
    before = stored(world, vendor)
    damage = parse_damage(failure.name, vendor.catalogue)
    fault = Fault(id="f1", vendor=vendor.slug, text=failure.name, damage=damage, times=1)
    world.faults.add(fault)
    response = send(vendor, call)
    assert (response.status_code, response.content) == (failure.status, failure.provoked().answer().body)
    assert fault.fired == 1
    assert (stored(world, vendor) != before) == failure.keeps_rows
    assert send(vendor, call).status_code == 200


@every_vendor
def test_a_crash_of_ours_is_the_vendors_500_and_leaves_no_rows(
    vendor: Vendor,
    send: Send,
    world: World,
    good_call: Callable[[Vendor], Call],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    call = good_call(vendor)
    assert send(vendor, call).status_code == 200
    accepted = next(entry for entry in reversed(list(world.journal)))
    operation = next(one for one in vendor.routes if one.id == accepted.operation)
    work_then_crash = operation.call

    def crash(*arguments: Any) -> None:
        work_then_crash(*arguments)
        raise RuntimeError("secret inside")

    before = stored(world, vendor)
    monkeypatch.setattr(operation, "call", crash)
    response = send(vendor, call)
    expected = vendor.dialect(Crashed()).answer()
    assert (response.status_code, response.content) == (expected.status, expected.body)
    assert response.status_code == 500
    assert "secret" not in response.text
    assert stored(world, vendor) == before
    assert "secret inside" in caplog.text


@every_vendor
def test_a_reset_brings_every_table_back_to_the_scenario(
    vendor: Vendor, send: Send, world: World, client: httpx.Client, good_call: Callable[[Vendor], Call]
) -> None:
    before = stored(world, vendor)
    for number in range(3):
        call = good_call(vendor)
        send(vendor, Call(call.method, call.path + str(number), call.key, call.body, call.headers))
        send(vendor, call)
    assert client.post("/_emulator/reset", json={}).status_code == 204
    assert stored(world, vendor) == before


@every_vendor
def test_a_frozen_clock_and_a_seed_give_byte_identical_answers_twice(
    vendor: Vendor, client: httpx.Client, send: Send, good_call: Callable[[Vendor], Call]
) -> None:
    def story() -> list[tuple[int, bytes, list[tuple[str, str]]]]:
        client.put("/_emulator/clock", json={"mode": "frozen", "now": "2026-01-05T09:00:00Z"})
        answers = [send(vendor, good_call(vendor)) for _ in range(3)]
        client.post("/_emulator/reset")
        return [
            (a.status_code, a.content, [(k, v) for k, v in a.headers.multi_items() if k != "date"]) for a in answers
        ]

    assert story() == story()


@every_vendor
def test_ten_namespaces_in_parallel_threads_answer_as_one_alone(vendor: Vendor, server: Background) -> None:
    barrier = threading.Barrier(10)

    def story(name: str) -> list[tuple[int, bytes]]:
        with httpx.Client(base_url=f"{server.url}/ns/{vendor.slug}-{name}", timeout=30) as client:
            client.put("/_emulator/clock", json={"mode": "frozen", "now": "2026-01-05T09:00:00Z"})
            call = GOOD_CALLS[vendor.slug]
            if call.token_call is not None:
                made = client.post(f"/{vendor.slug}{call.token_call.path}")
                call = call.with_key(f"Bearer {made.json()['access_token']}")
            if name != "alone":
                barrier.wait(10)
            answers = [
                client.request(call.method, f"/{vendor.slug}{call.path}", content=call.body, headers=call.headers)
                for _ in range(10)
            ]
            return [(answer.status_code, answer.content) for answer in answers]

    alone = story("alone")
    with ThreadPoolExecutor(10) as pool:
        together = list(pool.map(story, [f"together-{number}" for number in range(10)]))
    assert all(answers == alone for answers in together)
    assert all(status == 200 for status, _ in alone)
