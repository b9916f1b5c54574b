"""The life of a request, seen through the toy vendor."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from emulator.core.addressing import Address
from emulator.core.answers import Answer
from emulator.core.errors import BodyTooLarge
from emulator.core.exchange import Exchange, Manners
from emulator.core.faults import Damage, Fault, parse_damage
from emulator.core.request import Request
from emulator.core.world import World
from emulator.server import Background
from tests.toy_server import KEY, toy_server
from tests.toy_vendor import FIRE, JAMMED, LOST, VENDOR, toys

GOOD = {"price": 5}


@pytest.fixture
def client(client: httpx.Client) -> httpx.Client:
    client.headers.update(KEY)
    return client


def names(world: World) -> list[str]:
    return [row["name"] for row in world.store.dump(toys)]


def used(world: World) -> int:
    (limit,) = VENDOR.limits
    headroom = world.limits.headroom("toybox", limit, world.clock.now(), world.settings["toybox"])
    return sum(row["used"] for row in headroom)


def stand(world: World, text: str, **about: Any) -> Fault:
    fault = Fault(id="f1", vendor="toybox", text=text, damage=parse_damage(text, VENDOR.catalogue), **about)
    world.faults.add(fault)
    return fault


def test_without_a_key_the_answer_is_401(client: httpx.Client) -> None:
    answer = client.get("/toybox/shelf/bear", headers={"Authorization": ""})
    assert (answer.status_code, answer.content) == (401, b'{"no":"stranger"}')
    assert answer.headers["www-authenticate"] == "Toy"


def test_an_accepted_call_carries_its_journal_id_and_provenance(client: httpx.Client) -> None:
    answer = client.get("/toybox/shelf/bear")
    assert (answer.status_code, answer.json()) == (200, {"name": "bear", "details": {"price": 5}})
    assert answer.headers["x-emulator-request-id"] == "1"
    assert answer.headers["x-emulator-provenance"] == "documented"
    assert answer.headers["x-calls-left"] == "4"


def test_the_provenance_is_that_of_the_weakest_rule_relied_on(client: httpx.Client) -> None:
    assert client.get("/toybox/shelf/bear/twins").headers["x-emulator-provenance"] == "assumed"


def test_the_provenance_of_a_refusal_is_the_failures_own(client: httpx.Client) -> None:
    assert client.get("/toybox/shelf/bear/twins?limit=x").headers["x-emulator-provenance"] == "inferred"


@pytest.mark.parametrize("body", [b"{", b"", b'{"price":-1}', b"x" * 2_000_000])
def test_a_missing_key_beats_a_bad_body(client: httpx.Client, body: bytes) -> None:
    assert client.put("/toybox/shelf/duck", content=body, headers={"Authorization": "x"}).status_code == 401
    assert client.put("/toybox/shelf/duck", content=body).status_code == 400


def test_a_missing_key_uses_up_no_quota(client: httpx.Client, world: World) -> None:
    client.get("/toybox/shelf/bear", headers={"Authorization": "x"})
    assert used(world) == 0


def test_a_refused_call_leaves_no_rows_and_its_quota_spent(client: httpx.Client, world: World) -> None:
    answer = client.put("/toybox/shelf/ghost", json=GOOD)
    assert (answer.status_code, answer.json()) == (404, {"no": "lost", "toy": "ghost"})
    assert names(world) == ["bear"]
    assert used(world) == 1


def test_a_call_over_the_limit_is_refused_in_the_vendors_words(client: httpx.Client) -> None:
    answers = [client.get("/toybox/shelf/bear") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1].content == b'{"no":"tired"}'
    assert answers[-1].headers["retry-after"] == "1"


def test_a_public_operation_needs_no_key_and_no_quota(client: httpx.Client, world: World) -> None:
    made = [client.post("/toybox/keys", headers={"Authorization": ""}) for _ in range(10)]
    assert {answer.status_code for answer in made} == {201}
    assert used(world) == 0
    found = client.get("/toybox/shelf/bear", headers={"Authorization": f"Toy {made[0].json()['key']}"})
    assert found.status_code == 200


def test_a_crash_is_the_vendors_500_leaves_no_rows_and_tells_stderr(
    client: httpx.Client, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.put("/toybox/shelf/grenade", json=GOOD)
    assert (answer.status_code, answer.content) == (500, b'{"no":"fire"}')
    assert names(world) == ["bear"]
    assert "RuntimeError: bang" in caplog.text
    (entry,) = world.journal
    assert "RuntimeError: bang" in (entry.crash or "")


def test_a_call_whose_commit_fails_is_undone_and_the_next_one_is_accepted(
    client: httpx.Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError("no space left on device")

    before = names(world)
    with monkeypatch.context() as trouble:
        trouble.setattr(world.store, "commit", full)
        assert client.put("/toybox/shelf/duck", json=GOOD).status_code == FIRE.status
    assert names(world) == before
    assert client.put("/toybox/shelf/duck", json=GOOD).status_code == 200
    assert names(world) == [*before, "duck"]


def test_a_refusal_that_lacks_a_word_is_a_crash_and_not_a_bare_server_error(
    client: httpx.Client, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse_badly(*_: Any) -> None:
        raise LOST(wrong_word="x")

    operation = next(one for one in VENDOR.routes if one.id == "getToy")
    monkeypatch.setattr(operation, "call", refuse_badly)
    answer = client.get("/toybox/shelf/bear")
    assert (answer.status_code, answer.content) == (500, b'{"no":"fire"}')
    assert "KeyError" in caplog.text
    assert len(world.journal) == 1


def test_a_dry_run_answers_as_usual_and_writes_nothing(client: httpx.Client, world: World) -> None:
    answer = client.put("/toybox/shelf/dream", json=GOOD)
    assert (answer.status_code, answer.json()["name"]) == (200, "dream")
    assert names(world) == ["bear"]


def test_a_dry_run_draws_nothing_that_the_next_call_would_miss(
    client: httpx.Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = next(one for one in VENDOR.routes if one.id == "makeKey")
    make = operation.call

    def dry(work: Any, found: Any) -> Any:
        work.discard()
        return make(work, found)

    with monkeypatch.context() as trouble:
        trouble.setattr(operation, "call", dry)
        tried = [client.post("/toybox/keys").json()["key"] for _ in range(2)]
    real = [client.post("/toybox/keys").json()["key"] for _ in range(2)]
    assert tried == [real[0], real[0]]
    assert real[0] != real[1]


def test_an_unknown_path_is_501_and_names_the_nearest_operation(client: httpx.Client) -> None:
    answer = client.get("/toybox/shelf/bear/twin")
    assert answer.status_code == 501
    assert answer.headers["x-emulator-unimplemented"] == "true"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["nearest"] == "GET /shelf/{name}/twins"


def test_a_wrong_method_is_refused_in_the_vendors_words(client: httpx.Client) -> None:
    answer = client.delete("/toybox/shelf/bear")
    assert (answer.status_code, answer.content) == (405, b'{"no":"wrong hand"}')
    assert answer.headers["allow"] == "PUT, GET"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server that leaves its own headers out and lets the vendor answer for unknown paths."""
    with (
        toy_server(tmp_path_factory.mktemp("plain"), bare=True, unimplemented="vendor", max_body=1_000) as running,
        httpx.Client(base_url=running.url, headers=KEY) as client,
    ):
        yield client


def test_the_vendor_may_answer_for_unknown_paths(plain: httpx.Client) -> None:
    answer = plain.get("/toybox/nowhere")
    assert (answer.status_code, answer.content) == (404, b'{"no":"lost","toy":"?"}')
    assert "x-emulator-unimplemented" not in answer.headers


def test_a_bare_answer_has_no_header_of_the_emulators(plain: httpx.Client) -> None:
    for path in ("/toybox/shelf/bear", "/toybox/shelf/fox", "/toybox/nowhere"):
        assert not [name for name in plain.get(path).headers if name.startswith("x-emulator")]


def test_the_largest_body_is_taken_and_one_byte_more_is_not(plain: httpx.Client) -> None:
    body = b'{"price":5,"colours":["%s"]}'
    largest = body % (b"x" * (1_000 - len(body) + 2))
    assert len(largest) == 1_000
    assert plain.put("/toybox/shelf/duck", content=largest).status_code == 200
    assert plain.put("/toybox/shelf/duck", content=largest + b" ").status_code == 400


@pytest.mark.parametrize(("chosen", "largest"), [(None, 10), (4, 4), (20, 20)])
def test_the_vendor_says_how_large_a_body_may_be_unless_the_process_does(chosen: int | None, largest: int) -> None:
    roomy = replace(VENDOR, largest_body=10)
    scope = {"method": "PUT", "query_string": b"", "headers": [], "path": "/toybox/shelf/duck"}

    def read(size: int) -> Request:
        async def receive() -> Any:
            return {"type": "http.request", "body": b"x" * size}

        exchange = Exchange(Manners(most_body=chosen))
        return asyncio.run(exchange.read(Address("a", roomy, "/shelf/bear"), roomy, scope, receive))

    assert read(largest).body == b"x" * largest
    with pytest.raises(BodyTooLarge) as caught:
        _ = read(largest + 1).body
    assert caught.value.limit == largest


@pytest.mark.parametrize("failure", VENDOR.failures, ids=lambda failure: failure.name)
def test_a_failure_asked_for_by_header_changes_nothing(client: httpx.Client, world: World, failure: Any) -> None:
    answer = client.put("/toybox/shelf/duck", json=GOOD, headers={"X-Emulator-Fault": failure.name})
    expected = failure.provoked().answer()
    assert (answer.status_code, answer.content) == (expected.status, expected.body)
    assert names(world) == ["bear"]
    assert used(world) == 0


def test_an_unknown_failure_asked_for_is_a_problem_that_names_the_nearest(client: httpx.Client, world: World) -> None:
    answer = client.put("/toybox/shelf/duck", json=GOOD, headers={"X-Emulator-Fault": "los"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["detail"] == "'los' is no fault here; did you mean lost?"
    assert names(world) == ["bear"]


def test_a_standing_failure_hits_as_often_as_asked_and_then_no_more(client: httpx.Client, world: World) -> None:
    fault = stand(world, "fire", times=2)
    assert [client.get("/toybox/shelf/bear").status_code for _ in range(3)] == [500, 500, 200]
    assert fault.fired == 2


def test_a_standing_failure_that_keeps_rows_strikes_after_they_are_written(client: httpx.Client, world: World) -> None:
    fault = stand(world, "jammed", times=1)
    answer = client.put("/toybox/shelf/duck", json=GOOD)
    assert (answer.status_code, answer.content) == (500, b'{"no":"jammed"}')
    assert JAMMED.keeps_rows
    assert names(world) == ["bear", "duck"]
    assert fault.fired == 1


def test_a_failure_that_waits_for_its_milestone_misses_a_call_that_never_gets_there(
    client: httpx.Client, world: World
) -> None:
    fault = stand(world, "jammed", times=1)
    assert client.put("/toybox/shelf/duck", content=b"{").status_code == 400
    assert client.get("/toybox/shelf/bear").status_code == 200
    assert fault.fired == 0
    assert client.put("/toybox/shelf/duck", json=GOOD).status_code == 500


def test_a_dropped_call_gets_no_answer_and_has_not_happened(client: httpx.Client, world: World) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        client.put("/toybox/shelf/duck", json=GOOD, headers={"X-Emulator-Fault": "drop"})
    assert names(world) == ["bear"]


def test_a_truncated_answer_is_cut_short_after_the_state_has_changed(client: httpx.Client, world: World) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="received 18 bytes, expected 37"):
        client.put("/toybox/shelf/duck", json=GOOD, headers={"X-Emulator-Fault": "truncate"})
    assert names(world) == ["bear", "duck"]


def test_the_connection_after_a_dropped_one_is_as_good_as_ever(client: httpx.Client, world: World) -> None:
    stand(world, "drop", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/toybox/shelf/bear")
    assert client.get("/toybox/shelf/bear").status_code == 200


def test_faults_of_several_headers_add_up(world: World) -> None:
    headers = [(b"x-emulator-fault", b"delay=500"), (b"x-emulator-fault", b"lost")]
    answer, damage = Exchange(Manners()).turn(world, VENDOR, Request("GET", "/shelf/bear", headers=headers))
    assert (answer.status, damage) == (404, Damage(LOST, delay_ms=500))


def test_a_delay_is_handed_on_with_the_answer(world: World) -> None:
    exchange = Exchange(Manners())
    headers = [(b"authorization", b"Toy k-1"), (b"x-emulator-fault", b"delay=500,lost")]
    answer, damage = exchange.turn(world, VENDOR, Request("GET", "/shelf/bear", headers=headers))
    assert (answer.status, damage) == (404, Damage(LOST, delay_ms=500))


def test_a_delayed_call_is_answered_all_the_same(client: httpx.Client) -> None:
    assert client.get("/toybox/shelf/bear", headers={"X-Emulator-Fault": "delay=1"}).status_code == 200


def test_a_delayed_answer_holds_up_nobody_else(world: World) -> None:
    """The first call sleeps for ten minutes of the machine's time while the second is answered."""
    exchange = Exchange(Manners())
    key = (b"authorization", b"Toy k-1")
    slow = Request("GET", "/shelf/bear", headers=[key, (b"x-emulator-fault", b"delay=600000")])
    quick = Request("GET", "/shelf/bear", headers=[key])

    async def both() -> Answer:
        waiting = asyncio.create_task(exchange.serve(world, VENDOR, slow, {}, _silence, _nowhere))
        await asyncio.sleep(0)
        assert len(world.journal) == 1
        answer, _ = exchange.turn(world, VENDOR, quick)
        assert not waiting.done()
        waiting.cancel()
        return answer

    assert asyncio.run(both()).status == 200


def test_a_delay_ends_when_the_caller_goes_away(world: World) -> None:
    headers = [(b"authorization", b"Toy k-1"), (b"x-emulator-fault", b"delay=600000")]
    slow = Request("GET", "/shelf/bear", headers=headers)
    asyncio.run(Exchange(Manners()).serve(world, VENDOR, slow, {}, _departure, _nowhere))
    assert [entry.status for entry in world.journal] == [200]


async def _silence() -> Any:
    await asyncio.Event().wait()


async def _departure() -> Any:
    return {"type": "http.disconnect"}


async def _nowhere(message: Any) -> None:
    raise AssertionError(f"nothing is sent yet, but {message}")


def test_every_call_is_in_the_journal_with_what_became_of_it(client: httpx.Client, world: World) -> None:
    client.get("/toybox/shelf/bear")
    client.get("/toybox/shelf/fox")
    client.get("/toybox/nowhere")
    client.get("/toybox/shelf/bear", headers={"Authorization": "x"})
    client.get("/toybox/shelf/bear", headers={"X-Emulator-Fault": "fire"})
    assert [(entry.id, entry.operation, entry.status, entry.refusal, entry.caller) for entry in world.journal] == [
        (1, "getToy", 200, None, "maker"),
        (2, "getToy", 404, "lost", "maker"),
        (3, None, 501, None, "anyone"),
        (4, "getToy", 401, "stranger", "anyone"),
        (5, "getToy", 500, FIRE.name, "anyone"),
    ]


def test_a_caller_that_goes_away_in_the_middle_of_a_body_has_not_called(
    server: Background, namespace: str, world: World
) -> None:
    head = b"PUT /ns/%s/toybox/shelf/duck HTTP/1.1\r\nHost: x\r\nAuthorization: Toy k-1\r\nContent-Length: 100\r\n\r\n"
    url = httpx.URL(server.url)
    with socket.create_connection((url.host, url.port or 80)) as connection:
        connection.sendall(head % namespace.encode() + b'{"price":5}')
    with httpx.Client(base_url=f"{server.url}/ns/{namespace}", headers=KEY) as client:
        for _ in range(3):
            assert client.get("/toybox/shelf/bear").status_code == 200
    assert names(world) == ["bear"]
    assert [entry.operation for entry in world.journal] == ["getToy"] * 3
