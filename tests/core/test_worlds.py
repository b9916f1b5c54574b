"""Namespaces do not feel each other, and the same story told twice gives the same bytes."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from emulator.core.clock import ClockState
from emulator.core.errors import Misuse
from emulator.core.faults import Fault, parse_damage
from emulator.core.limits import Adjustment
from emulator.core.world import Bounds, World
from emulator.core.worlds import Worlds
from emulator.server import Background
from tests.toy_server import KEY
from tests.toy_vendor import VENDOR, toys

Story = list[tuple[int, bytes, list[tuple[str, str]]]]
_OF_THE_PLACE = ("date", "x-emulator-explain")  # the one tells the machine's time, the other is an address


def story(url: str) -> Story:
    """Twenty calls that make keys, store, find, fail and crash."""
    told: Story = []
    with httpx.Client(base_url=url, headers=KEY, timeout=30) as client:
        client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", "enabled": False})
        client.post("/_emulator/faults", json={"vendor": "toybox", "fault": "fire", "probability": 0.5})
        for number in range(5):
            answers = (
                client.post("/toybox/keys"),
                client.put(f"/toybox/shelf/toy-{number}", json={"price": number}),
                client.get(f"/toybox/shelf/toy-{number}"),
                client.get("/toybox/shelf/fox"),
            )
            for answer in answers:
                headers = [(name, value) for name, value in answer.headers.multi_items() if name not in _OF_THE_PLACE]
                told.append((answer.status_code, answer.content, headers))
    return told


def test_a_frozen_clock_and_a_seed_give_byte_identical_answers_twice(server: Background, namespace: str) -> None:
    url = f"{server.url}/ns/{namespace}"
    first = story(url)
    httpx.post(f"{url}/_emulator/reset")
    assert story(url) == first
    assert {status for status, _, _ in first} == {200, 201, 404, 500}


def test_another_namespace_tells_the_same_story(server: Background, namespace: str) -> None:
    first = story(f"{server.url}/ns/{namespace}-a")
    assert story(f"{server.url}/ns/{namespace}-b") == first


def test_ten_namespaces_in_parallel_threads_answer_as_one_alone(server: Background, namespace: str) -> None:
    alone = story(f"{server.url}/ns/{namespace}-alone")
    barrier = threading.Barrier(10)

    def together(number: int) -> Story:
        barrier.wait(30)
        return story(f"{server.url}/ns/{namespace}-{number}")

    with ThreadPoolExecutor(10) as pool:
        assert all(told == alone for told in pool.map(together, range(10)))


def test_ten_threads_in_one_namespace_lose_no_write(server: Background, world: World, namespace: str) -> None:
    world.limits.adjust("toybox", "calls", Adjustment(enabled=False))

    def put(number: int) -> int:
        url = f"{server.url}/ns/{namespace}/toybox/shelf/toy-{number}"
        return httpx.put(url, json={"price": number}, headers=KEY, timeout=30).status_code

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(put, range(50))) == {200}
    assert len(world.store.dump(toys)) == 1 + 50
    assert sorted(entry.id for entry in world.journal) == list(range(1, 51))


def test_without_a_seed_every_reset_draws_new_tokens(
    load: Callable[[dict[str, Any]], None], client: httpx.Client
) -> None:
    load({"toybox": {}})
    first = client.post("/toybox/keys").json()["key"]
    client.post("/_emulator/reset")
    assert client.post("/toybox/keys").json()["key"] != first


def test_a_reset_brings_back_everything(world: World, client: httpx.Client) -> None:
    before = world.store.dump(toys)
    client.put("/toybox/shelf/duck", json={"price": 1}, headers=KEY)
    world.clock.advance(1_000_000)
    world.settings["toybox"] = VENDOR.settings(calls_per_second=1)
    world.faults.add(Fault(id="f1", vendor="toybox", text="fire", damage=parse_damage("fire", VENDOR.catalogue)))
    world.limits.adjust("toybox", "calls", Adjustment(scale=0.2))
    world.reset()
    assert world.store.dump(toys) == before
    assert world.clock.state == world.seed.clock
    assert world.settings == world.seed.settings
    assert list(world.faults) == []
    assert world.limits.adjustment("toybox", "calls") == Adjustment()
    assert (len(world.journal), world.journal.next_id()) == (0, 1)


def test_a_reset_of_one_vendor_leaves_clock_and_journal(world: World, client: httpx.Client) -> None:
    before = world.store.dump(toys)
    client.put("/toybox/shelf/duck", json={"price": 1}, headers=KEY)
    world.clock.advance(1_000_000)
    world.settings["toybox"] = VENDOR.settings(calls_per_second=1)
    moved = world.clock.state
    world.reset_vendor(VENDOR)
    assert world.store.dump(toys) == before
    assert world.settings == world.seed.settings
    assert (world.clock.state, len(world.journal)) == (moved, 1)


def test_no_world_comes_into_being_before_the_scenario_is_there() -> None:
    worlds = Worlds([VENDOR], Bounds())
    assert not worlds.ready
    with pytest.raises(Misuse, match="still being loaded") as caught:
        worlds["default"]
    assert caught.value.status == 503


def test_a_dropped_namespace_is_seeded_anew_when_it_is_named_again(server: Background, namespace: str) -> None:
    worlds = server.emulator.worlds
    worlds[namespace].clock.state = ClockState("real", 0)
    assert worlds.drop(namespace)
    assert not worlds.drop(namespace)
    assert worlds[namespace].clock.state.mode == "frozen"


def test_random_ids_have_their_forms(world: World) -> None:
    work = world.work(VENDOR)
    assert re.fullmatch(r"[0-9A-Za-z]{12}", work.token(12))
    assert re.fullmatch(r"[0-9a-f]{32}", work.hex(32))
    ids = [work.uuid4() for _ in range(200)]
    assert len(set(ids)) == 200
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one) for one in ids)


def test_the_streams_of_a_world_do_not_disturb_each_other(world: World) -> None:
    undisturbed = [world.stream("a").random() for _ in range(3)]
    world.reset()
    disturbed = []
    for _ in range(3):
        disturbed.append(world.stream("a").random())
        world.stream("b").random()
    assert disturbed == undisturbed
