"""An emulator called in its own process answers as it does over a socket, whatever runs around it."""

import asyncio
import inspect
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import trio

from emulator.app import Emulator
from emulator.client import Client, Refused
from emulator.direct import Call, DirectClient, answer
from emulator.server import Background
from emulator.settings import Options

KEY = "ApiKey-v1 " + "d1c2b3a4" * 8
NINE = "2026-01-05T09:00:00Z"
_numbers = itertools.count(1)


@pytest.fixture
def pair(server: Background) -> Iterator[list[Client]]:
    """The same emulator in process and over HTTP, in two namespaces that had the same call at the same moment."""
    names = [f"direct-{next(_numbers)}", f"socket-{next(_numbers)}"]
    clients = [DirectClient(server.emulator, names[0]), Client(server.url, names[1])]
    for client, name in zip(clients, names, strict=True):
        client.set_clock("frozen", NINE)
        url = f"{server.url}/ns/{name}/talonone/v2/customer_sessions/s-1"
        httpx.put(url, headers={"Authorization": KEY}, json={"customerSession": {"profileId": "ana@example.com"}})
        httpx.get(url, headers={"Authorization": "nobody"})
    yield clients
    for name in names:
        server.emulator.worlds.drop(name)


def snapshot(control: Client) -> Any:
    """Kept, carried away, brought in under another name, gone back to."""
    saved = control.save_snapshot("one")
    content = control.export_snapshot("one")
    control.import_snapshot("two", content)
    control.advance_clock(60)
    restored = control.restore_snapshot("two")
    control.delete_snapshot("one")
    return saved, restored, control.snapshots(), control.clock(), content[:8]


def fault(control: Client) -> Any:
    made = control.add_fault("talonone", "too_many_requests_for_session", times=2)
    listed = control.faults("talonone")
    control.remove_fault(made["id"])
    control.add_fault("primedata", "drop")
    control.clear_faults()
    return made, listed, control.faults()


def drill(control: Client) -> Any:
    made = control.drill("retry-storm", vendor="primedata")
    listed = control.drills()
    control.end_drill("retry-storm")
    return made, listed, control.faults()


def namespaces(control: Client) -> Any:
    """Its own among those that there are, until it is deleted."""
    control.clock()
    assert control.namespace in control.namespaces()["namespaces"]
    control.delete_namespace(str(control.namespace))
    return control.namespace in control.namespaces()["namespaces"]


def journal(control: Client) -> Any:
    last = control.requests(limit=1)["requests"][0]["id"]
    exported = control.export_requests(vendor="talonone")
    played = control.replay(exported)
    told = control.request(last), control.explain(last), [json.loads(line) for line in exported.splitlines()], played
    control.clear_requests()
    return told, control.requests()


def seeded(control: Client) -> Any:
    told = control.seed(b"name: mine\nextends: demo\n"), control.seed({"name": "other"}), control.scenarios()
    control.reset(scenario="edges")
    control.reset("talonone")
    return told, control.clock(), control.state("talonone")


CALLS: dict[str, Callable[[Client], Any]] = {
    "index": lambda control: control.index(),
    "health": lambda control: control.health(),
    "ready": lambda control: (control.read("ready"), control.ready(30)),
    "authority": lambda control: control.authority(),
    "vendors": lambda control: control.vendors(),
    "failures": lambda control: (control.failures(), control.failures("algonomy")),
    "provenance": lambda control: (control.provenance("talonone", kind="error"), control.provenance(level="assumed")),
    "trust": lambda control: (control.trust("assumed"), control.trust(None)),
    "openapi": lambda control: control.openapi("primedata"),
    "namespaces": namespaces,
    "scenarios": seeded,
    "state": lambda control: control.state(),
    "snapshots": snapshot,
    "clock": lambda control: (control.clock(), control.set_clock("frozen", "+3d"), control.advance_clock(-1.5)),
    "faults": fault,
    "drills": drill,
    "limits": lambda control: (control.change_limit("primedata", "requests", scale=0.1), control.limits("primedata")),
    "settings": lambda control: (
        control.change_settings("primedata", time_format="iso"),
        control.settings("primedata"),
        control.settings(),
    ),
    "journal": journal,
    "evaluate": lambda control: control.write(
        "POST", "vendors/talonone/evaluate", {"expression": ["+", 0.1, 0.2], "bindings": {}}
    ),
    # What is refused:
    "unknown path": lambda control: control.read("nothing/here"),
    "unknown query": lambda control: control.read("clock", colour="blue"),
    "unknown vendor": lambda control: control.state("talonon"),
    "unknown scenario": lambda control: control.reset(scenario="demoo"),
    "unknown fault": lambda control: control.add_fault("talonone", "too_many"),
    "unknown settings": lambda control: control.change_settings("primedata", tim_format="iso", nothing=None),
    "unknown request": lambda control: control.explain("999"),
    "unknown level": lambda control: control.trust("guessed"),
    "bad scenario": lambda control: control.seed({"name": "x", "clok": 1, "talonone": {"a": 1}}),
    "bad text": lambda control: control.seed(b"name: [\n"),
    "bad body": lambda control: control.call("POST", "reset", b"[1]"),
    "bad snapshot": lambda control: control.import_snapshot("x", b"nonsense" * 100),
    "bad journal": lambda control: control.replay(b"nonsense"),
    "too large": lambda control: control.call("POST", "reset", b" " * (65 * 1024 * 1024)),
    "wrong method": lambda control: control.call("DELETE", "clock"),
    "strange name": lambda control: control.restore_snapshot("ä/..%2F ?#"),
}


def said(client: Client, call: Callable[[Client], Any]) -> Any:
    """What came of it, without what must differ between two namespaces and two ways."""
    try:
        told: Any = call(client)
    except Refused as refused:
        told = ("Refused", refused.status, refused.problem, refused.sentences, str(refused))
    text = json.dumps(told, default=str)
    for mine, anybody_s in ((client.namespace, "ns"), (client.url, "URL"), ("testserver", "URL")):
        text = text.replace(str(mine), anybody_s)
    return without(json.loads(text), "duration_ms", "namespaces", "created", "size")


def without(told: Any, *keys: str) -> Any:
    if isinstance(told, dict):
        return {key: without(value, *keys) for key, value in told.items() if key not in keys}
    return [without(one, *keys) for one in told] if isinstance(told, list) else told


@pytest.mark.parametrize("name", CALLS)
def test_every_control_call_says_the_same_in_process_and_over_a_socket(pair: list[Client], name: str) -> None:
    in_process, over_http = (said(client, CALLS[name]) for client in pair)
    assert in_process == over_http


def test_every_call_of_the_client_is_among_them() -> None:
    asked = "".join(inspect.getsource(call) for call in [*CALLS.values(), snapshot, fault, drill, journal, seeded])
    machinery = {"base_url", "environment", "access", "read", "write", "call", "send", "carry"}
    calls = {name for name, one in vars(Client).items() if inspect.isfunction(one) and not name.startswith("_")}
    assert [name for name in sorted(calls - machinery) if f"control.{name}(" not in asked] == []


@pytest.fixture
def alone() -> Emulator:
    """One that nobody serves."""
    emulator = Emulator(Options())
    emulator.prepare()
    return emulator


QUICK = [name for name in CALLS if name != "too large"]


def ask_all(emulator: Emulator) -> list[Any]:
    control = DirectClient(emulator, "alone")
    threads = threading.active_count()
    told = []
    for name in QUICK:
        control.reset()
        control.set_clock("frozen", NINE)
        answer(emulator, Call("GET", "http", "localhost", "/ns/alone/talonone/v2/customer_sessions/s-1"))
        told.append(said(control, CALLS[name]))
    assert threading.active_count() == threads
    return told


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_a_running_loop_makes_no_difference_and_no_thread_is_started(alone: Emulator, library: str) -> None:
    async def inside() -> list[Any]:
        return ask_all(alone)

    outside = ask_all(alone)
    alone.worlds.drop("alone")
    assert (asyncio.run(inside()) if library == "asyncio" else trio.run(inside)) == outside


def test_many_threads_may_ask_at_once(alone: Emulator) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            control = DirectClient(alone, f"thread-{number}")
            for _ in range(10):
                control.reset()
                control.set_clock("frozen", NINE)
                assert control.clock()["now"] == NINE
                assert control.export_requests()
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_namespace_that_cannot_be_is_refused_in_the_same_words(server: Background) -> None:
    for name in ("a" * 64, "ä"):
        sentences = []
        for client in (DirectClient(server.emulator, name), Client(server.url, name)):
            with pytest.raises(Refused) as caught:
                client.clock()
            sentences.append(str(caught.value))
        assert sentences[0] == sentences[1]
        assert "cannot be a namespace" in sentences[0]


def test_an_emulator_that_is_not_prepared_says_so() -> None:
    control = DirectClient(Emulator(Options()))
    assert control.health()["ready"] is False
    with pytest.raises(Refused, match="the scenario is still being loaded") as caught:
        control.clock()
    assert caught.value.status == 503
