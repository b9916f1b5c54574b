"""Snapshots over HTTP: saved, listed, gone back to, carried away and brought in."""

import gzip
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.control import snapshots
from emulator.control.router import snapshots as calls
from emulator.core.snapshots import file
from emulator.core.world import World
from emulator.server import Background
from tests.toy_server import KEY, toy_server

TYPE = "application/vnd.martech-emulator.snapshot+gzip"
SNAPSHOTS = "/_emulator/snapshots"
Story = list[tuple[int, bytes, list[tuple[str, str]]]]


@pytest.fixture
def root(server: Background) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=KEY, timeout=30) as one:
        yield one


def save(client: httpx.Client, name: str = "one", at: str = "") -> dict[str, Any]:
    answer = client.post(f"{at}{SNAPSHOTS}", json={"name": name})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def restore(client: httpx.Client, name: str = "one", at: str = "") -> None:
    answer = client.post(f"{at}{SNAPSHOTS}/{name}/restore")
    assert (answer.status_code, answer.content) == (204, b"")


def carried(client: httpx.Client, name: str = "one", at: str = "") -> bytes:
    answer = client.get(f"{at}{SNAPSHOTS}/{name}")
    assert answer.status_code == 200, answer.text
    return answer.content


def problem(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    detail: str = answer.json()["detail"]
    return detail


def put_toy(client: httpx.Client, name: str, price: int, at: str = "") -> None:
    assert client.put(f"{at}/toybox/shelf/{name}", json={"price": price}, headers=KEY).status_code == 200


def everything(client: httpx.Client, at: str = "") -> dict[str, Any]:
    """All that can be seen of a namespace from outside, but for its journal and its name."""
    paths = ("state", "clock", "faults", "limits", "settings", "scenarios")
    seen = {path: client.get(f"{at}/_emulator/{path}").json() for path in paths}
    del seen["state"]["namespace"]
    return seen


def arranged(client: httpx.Client, at: str = "") -> None:
    """A namespace in which nothing is as it was at the start."""
    control = f"{at}/_emulator"
    posted = {"name": "posted", "seed": "p", "toybox": {"keys": {"k-1": "maker"}, "toys": [{"name": "fox"}]}}
    assert client.post(f"{control}/scenarios", json={**posted, "clock": "2026-03-01"}).status_code == 200
    settings = {"vendor": "toybox", "settings": {"calls_per_second": 30}}
    client.patch(f"{control}/settings", json=settings).raise_for_status()
    client.patch(f"{control}/limits", json={"vendor": "toybox", "name": "calls", "scale": 0.5}).raise_for_status()
    for fault in ({"fault": "lost", "operation": "getToy", "times": 6}, {"fault": "fire", "probability": 0.5}):
        client.post(f"{control}/faults", json={"vendor": "toybox", **fault}).raise_for_status()
    client.post(f"{control}/clock/advance", json={"seconds": 0.25}).raise_for_status()
    for _ in range(4):
        client.post(f"{at}/toybox/keys")
        client.get(f"{at}/toybox/shelf/fox", headers=KEY)


def story(client: httpx.Client, at: str = "") -> Story:
    """Calls that draw ids, meet faults by chance, and run into a limit."""
    told: Story = []
    for number in range(12):
        answers = (
            client.post(f"{at}/toybox/keys"),
            client.put(f"{at}/toybox/shelf/toy-{number}", json={"price": number}, headers=KEY),
            client.get(f"{at}/toybox/shelf/fox", headers=KEY),
            client.post(f"{at}/_emulator/faults", json={"vendor": "toybox", "fault": "tired", "times": 1}),
        )
        for answer in answers:
            mine = [pair for pair in answer.headers.multi_items() if pair[0] not in ("date", "x-emulator-explain")]
            told.append((answer.status_code, answer.content, mine))
    return told


# saving and listing ---------------------------------------------------------------------------------------------------


def test_saving_tells_what_has_been_kept(client: httpx.Client) -> None:
    put_toy(client, "duck", 1)
    told = save(client)
    assert told.pop("bytes") > 0
    assert told == {
        "name": "one",
        "taken_at": "2026-01-05T09:00:00Z",
        "scenario": "toys",
        "rows": {"toybox": 3},
        "format": 1,
        "made_by": client.get("/_emulator/health").json()["version"],
        "replaced": False,
    }


def test_the_list_has_them_oldest_first(client: httpx.Client) -> None:
    assert client.get(SNAPSHOTS).json() == {"snapshots": [], "most": 100}
    first = save(client, "b")
    client.post("/_emulator/clock/advance", json={"seconds": 60})
    second = save(client, "a")
    assert second["taken_at"] == "2026-01-05T09:01:00Z"
    listed = client.get(SNAPSHOTS).json()["snapshots"]
    assert listed == [{key: value for key, value in one.items() if key != "replaced"} for one in (first, second)]


def test_saving_under_a_name_that_is_taken_replaces_and_says_so(client: httpx.Client) -> None:
    save(client)
    put_toy(client, "duck", 1)
    assert save(client)["replaced"] is True
    (listed,) = client.get(SNAPSHOTS).json()["snapshots"]
    assert listed["rows"] == {"toybox": 3}


def test_one_can_be_forgotten(client: httpx.Client) -> None:
    save(client, "one")
    save(client, "two")
    assert client.delete(f"{SNAPSHOTS}/one").status_code == 204
    assert [one["name"] for one in client.get(SNAPSHOTS).json()["snapshots"]] == ["two"]
    problem(client.delete(f"{SNAPSHOTS}/one"), 404)


@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("DELETE", ""), ("POST", "/restore")])
def test_an_unknown_one_is_404_with_the_nearest(client: httpx.Client, method: str, tail: str) -> None:
    assert (
        problem(client.request(method, f"{SNAPSHOTS}/frist{tail}"), 404) == "'frist' is no snapshot here; known: none"
    )
    save(client, "first")
    detail = problem(client.request(method, f"{SNAPSHOTS}/frist{tail}"), 404)
    assert detail == "'frist' is no snapshot here; did you mean first?"


NAMES = ["", ".", "..", "a b", "ä", "a/b", "x" * 64, "a\n", "a;", '"']


@pytest.mark.parametrize("name", NAMES)
def test_a_name_outside_the_rules_is_refused(client: httpx.Client, name: str) -> None:
    detail = problem(client.post(SNAPSHOTS, json={"name": name}), 400)
    rule = "1 to 63 letters, digits, '.', '_' or '-', and neither '.' nor '..'"
    assert detail == f"name: {name!r} cannot be a snapshot: write {rule}"
    encoded = "".join(f"%{octet:02x}" for octet in name.encode())
    if "/" not in name and name:
        for method, tail in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/restore")):
            assert rule in problem(client.request(method, f"{SNAPSHOTS}/{encoded}{tail}"), 400)
    assert client.get(SNAPSHOTS).json()["snapshots"] == []


@pytest.mark.parametrize("name", ["a", "...", ".a", "-", "_", "A.b-c_9", "x" * 63, "restore"])
def test_a_name_within_the_rules_is_taken(client: httpx.Client, name: str) -> None:
    assert save(client, name)["name"] == name
    restore(client, name)
    assert client.put(f"{SNAPSHOTS}/{name}", content=carried(client, name)).status_code == 200
    assert client.delete(f"{SNAPSHOTS}/{name}").status_code == 204


@pytest.mark.parametrize("namespace", [".", ".."])
def test_namespaces_and_scenarios_follow_the_same_rule(root: httpx.Client, namespace: str) -> None:
    assert "neither '.' nor '..'" in problem(
        root.get("/_emulator/clock", headers={"X-Emulator-Namespace": namespace}), 400
    )
    assert "neither '.' nor '..'" in problem(root.post("/_emulator/scenarios", json={"name": namespace}), 400)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "name: this key is required"),
        (b"{}", "name: this key is required"),
        (b"[]", 'the body must be a JSON object: {"name": …}'),
        (b"{", "the body is not JSON: EOF while parsing an object at line 1 column 1"),
        (b'{"name":5}', "name: Input should be a valid string, found 5"),
        (b'{"name":null}', "name: Input should be a valid string, found None"),
        (b'{"name":"a","nmae":"b"}', "nmae: unknown key, did you mean name?"),
    ],
)
def test_a_bad_body_is_told_in_sentences(client: httpx.Client, body: bytes, sentence: str) -> None:
    assert problem(client.post(SNAPSHOTS, content=body), 400) == sentence
    assert client.get(SNAPSHOTS).json()["snapshots"] == []


def test_a_return_takes_no_arguments(client: httpx.Client) -> None:
    save(client)
    put_toy(client, "duck", 1)
    answer = client.post(f"{SNAPSHOTS}/one/restore", json={"vendor": "toybox"})
    assert problem(answer, 400).startswith("vendor: unknown key")
    assert client.get("/toybox/shelf/duck", headers=KEY).status_code == 200
    assert client.post(f"{SNAPSHOTS}/one/restore", json={}).status_code == 204


def test_there_are_as_many_as_allowed(
    client: httpx.Client, server: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds = server.emulator.worlds
    monkeypatch.setattr(worlds, "bounds", replace(worlds.bounds, snapshots=2))
    save(client, "one")
    save(client, "two")
    content = carried(client)
    for refused in (
        client.post(SNAPSHOTS, json={"name": "three"}),
        client.put(f"{SNAPSHOTS}/three", content=content),
    ):
        assert problem(refused, 507) == (
            "this namespace has 2 snapshots, as many as allowed; delete one with DELETE /_emulator/snapshots/NAME, "
            "or replace one by saving under its name"
        )
    assert save(client, "two")["replaced"] is True
    client.delete(f"{SNAPSHOTS}/one")
    save(client, "three")


def test_they_take_up_as_much_as_allowed(
    client: httpx.Client, server: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds = server.emulator.worlds
    size = save(client, "one")["bytes"]
    monkeypatch.setattr(worlds, "bounds", replace(worlds.bounds, snapshot_bytes=size * 3))
    save(client, "two")  # the scenario that all go back to counts once
    before = client.get(SNAPSHOTS).json()
    assert "would take up more than" in problem(client.post(SNAPSHOTS, json={"name": "three"}), 507)
    assert client.get(SNAPSHOTS).json() == before
    assert save(client, "two")["replaced"] is True


# going back -----------------------------------------------------------------------------------------------------------


def test_going_back_brings_back_everything(client: httpx.Client) -> None:
    arranged(client)
    before = everything(client)
    assert [fault["id"] for fault in before["faults"]["faults"]] == ["f1", "f2"]
    save(client)
    story(client)
    client.post("/_emulator/scenarios", json={"name": "other"})
    client.put("/_emulator/clock", json={"mode": "real"})
    assert everything(client) != before
    restore(client)
    assert everything(client) == before


def test_the_same_calls_get_the_same_answers_after_every_return(client: httpx.Client) -> None:
    """Ids, faults by chance, refusals of a limit, and the ids of the requests."""
    arranged(client)
    save(client)
    first = story(client)
    assert {status for status, _, _ in first} >= {200, 201, 404, 429, 500}
    for _ in range(2):
        restore(client)
        assert story(client) == first


def test_another_namespace_tells_the_same_story(root: httpx.Client, namespace: str) -> None:
    here, there = f"/ns/{namespace}", f"/ns/{namespace}-b"
    arranged(root, here)
    save(root, at=here)
    assert root.put(f"{there}{SNAPSHOTS}/theirs", content=carried(root, at=here)).status_code == 201
    restore(root, "theirs", there)
    assert everything(root, there) == everything(root, here)
    assert story(root, there) == story(root, here)
    root.delete(f"/_emulator/namespaces/{namespace}-b")


def test_another_process_tells_the_same_story_and_can_reset(
    client: httpx.Client, namespace: str, tmp_path: Path
) -> None:
    """It has never seen the scenario."""
    arranged(client)
    save(client)
    content = carried(client)
    at = f"/ns/{namespace}"
    with toy_server(tmp_path) as other, httpx.Client(base_url=other.url, timeout=30) as there:
        assert there.put(f"{at}{SNAPSHOTS}/mine", content=content).status_code == 201
        restore(there, "mine", at)
        assert everything(there, at) == everything(client)
        assert story(there, at) == story(client)
        for one, place in ((there, at), (client, "")):
            assert one.post(f"{place}/_emulator/reset").status_code == 204
        assert everything(there, at)["state"] == everything(client)["state"]
        assert there.get(f"{at}/_emulator/state").json()["scenario"] == "posted"
        assert there.get(f"{at}/toybox/shelf/fox", headers=KEY).status_code == 200
        assert there.post(f"{at}/toybox/keys").content == client.post("/toybox/keys").content


def test_a_shifted_clock_runs_on_by_its_offset(client: httpx.Client) -> None:
    client.put("/_emulator/clock", json={"mode": "shifted", "now": "2031-01-01T00:00:00Z"})
    before = client.get("/_emulator/clock").json()
    save(client)
    client.put("/_emulator/clock", json={"mode": "real"})
    restore(client)
    after = client.get("/_emulator/clock").json()
    assert (after["mode"], after["offset_seconds"]) == ("shifted", before["offset_seconds"])
    assert after["now"].startswith("2031-01-01T00:0")


def test_the_journal_is_no_part_of_it_and_begins_anew(client: httpx.Client) -> None:
    put_toy(client, "duck", 1)
    save(client)
    put_toy(client, "fox", 1)
    restore(client)
    assert client.get("/_emulator/requests").json()["requests"] == []
    put_toy(client, "fox", 1)
    assert [one["id"] for one in client.get("/_emulator/requests").json()["requests"]] == ["2"]
    assert b"duck" not in b"".join(
        line for line in gzip.decompress(carried(client)).splitlines() if line.startswith(b'{"format')
    )


def test_a_reset_keeps_them_and_a_deleted_namespace_takes_them_along(root: httpx.Client, namespace: str) -> None:
    at = f"/ns/{namespace}"
    put_toy(root, "duck", 1, at)
    save(root, at=at)
    root.post(f"{at}/_emulator/reset")
    assert root.get(f"{at}/toybox/shelf/duck").status_code == 404
    restore(root, at=at)
    assert root.get(f"{at}/toybox/shelf/duck").status_code == 200
    root.delete(f"/_emulator/namespaces/{namespace}")
    assert root.get(f"{at}{SNAPSHOTS}").json()["snapshots"] == []


def test_namespaces_do_not_see_each_others(root: httpx.Client, namespace: str) -> None:
    save(root, at=f"/ns/{namespace}")
    problem(root.post(f"/ns/{namespace}-b{SNAPSHOTS}/one/restore"), 404)
    root.delete(f"/_emulator/namespaces/{namespace}-b")


def test_a_snapshot_can_be_gone_back_to_any_number_of_times(client: httpx.Client) -> None:
    save(client)
    for price in range(3):
        put_toy(client, "duck", price)
        restore(client)
        assert client.get("/toybox/shelf/duck", headers=KEY).status_code == 404
        client.post("/_emulator/clock/advance", json={"seconds": 2})


# the file -------------------------------------------------------------------------------------------------------------


def test_the_file_has_a_name_and_a_kind(client: httpx.Client) -> None:
    save(client, "my.first_one")
    answer = client.get(f"{SNAPSHOTS}/my.first_one")
    assert answer.headers["content-type"] == TYPE
    assert answer.headers["content-disposition"] == 'attachment; filename="my.first_one.snapshot.gz"'
    assert answer.headers["content-length"] == str(len(answer.content))
    assert gzip.decompress(answer.content).startswith(b'{"format":"martech-emulator snapshot","version":1,')


def test_bringing_a_file_in_restores_nothing(client: httpx.Client) -> None:
    put_toy(client, "duck", 1)
    saved = save(client)
    content = carried(client)
    client.post("/_emulator/reset")
    before = everything(client)
    answer = client.put(f"{SNAPSHOTS}/two", content=content, headers={"Content-Type": TYPE})
    assert answer.status_code == 201
    assert answer.json() == {**saved, "name": "two", "bytes": answer.json()["bytes"]}
    assert everything(client) == before
    assert [one["name"] for one in client.get(SNAPSHOTS).json()["snapshots"]] == ["one", "two"]
    restore(client, "two")
    assert client.get("/toybox/shelf/duck", headers=KEY).status_code == 200


def test_bringing_a_file_in_under_a_name_that_is_taken_replaces(client: httpx.Client) -> None:
    save(client, "one")
    content = carried(client)
    put_toy(client, "duck", 1)
    save(client, "two")
    answer = client.put(f"{SNAPSHOTS}/two", content=content)
    assert (answer.status_code, answer.json()["replaced"]) == (200, True)
    restore(client, "two")
    assert client.get("/toybox/shelf/duck", headers=KEY).status_code == 404


def test_a_file_brought_in_and_carried_away_again_is_the_same_file(client: httpx.Client) -> None:
    arranged(client)
    save(client)
    content = carried(client)
    client.put(f"{SNAPSHOTS}/two", content=content)
    assert carried(client, "two") == content


def test_a_refused_file_leaves_the_snapshot_of_that_name_and_the_world(client: httpx.Client) -> None:
    arranged(client)
    save(client)
    content = carried(client)
    before = everything(client), client.get(SNAPSHOTS).json()
    chance = random.Random(5)
    for _ in range(60):
        broken = bytearray(content)
        place = chance.randrange(len(broken))
        if chance.random() < 0.5:
            broken[place] ^= 1 << chance.randrange(8)
        else:
            del broken[place:]
        detail = problem(client.put(f"{SNAPSHOTS}/one", content=bytes(broken)), 400)
        assert detail.startswith("the file is refused and nothing has changed: it is ")
    assert (everything(client), client.get(SNAPSHOTS).json()) == before
    assert carried(client) == content


def test_a_file_of_a_newer_version_is_refused_with_the_reason(client: httpx.Client) -> None:
    save(client)
    newer = gzip.decompress(carried(client)).replace(b'"version":1,', b'"version":2,', 1)
    detail = problem(client.put(f"{SNAPSHOTS}/one", content=gzip.compress(newer)), 400)
    assert detail.endswith("it was made by a newer version (format 2; this version reads up to 1)")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"name: demo", b"\x1f\x8b", b"\x00" * 100, gzip.compress(b"{}\n", mtime=0)]
)
def test_a_foreign_file_is_refused_and_brings_no_namespace_into_being(
    root: httpx.Client, namespace: str, content: bytes
) -> None:
    answer = root.put(f"/ns/{namespace}{SNAPSHOTS}/one", content=content)
    assert problem(answer, 400).startswith("the file is refused and nothing has changed: it is ")
    assert namespace not in root.get("/_emulator/namespaces").json()["namespaces"]


def test_a_file_beyond_the_bounds_is_413(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    save(client)
    content = carried(client)
    monkeypatch.setattr(snapshots, "MOST_FILE", len(content) - 1)
    assert "may carry" in problem(client.put(f"{SNAPSHOTS}/two", content=content), 413)


# together with others -------------------------------------------------------------------------------------------------


def test_no_call_sees_half_of_a_return(client: httpx.Client, server: Background, namespace: str) -> None:
    """Two worlds, told apart by rows and clock; while one goes back and forth between them, others look."""
    for name, price in (("one", 1), ("two", 2)):
        client.put("/_emulator/clock", json={"mode": "frozen", "now": f"2026-01-0{price}T00:00:00Z"})
        for toy in ("duck", "fox", "hen"):
            put_toy(client, toy, price)
        save(client, name)
    stop = threading.Event()

    def look() -> set[str]:
        seen = set()
        with httpx.Client(base_url=f"{server.url}/ns/{namespace}", timeout=30) as mine:
            while not stop.is_set():
                state = mine.get("/_emulator/state").json()
                toys = [toy for toy in state["vendors"]["toybox"]["toys"] if toy["name"] != "bear"]
                seen.add(f"{state['clock']['now'][:10]} {[toy['details']['price'] for toy in toys]}")
        return seen

    with ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(look) for _ in range(3)]
        for _ in range(15):
            restore(client, "one")
            restore(client, "two")
        stop.set()
        seen = set().union(*(one.result(30) for one in looking))
    assert seen <= {"2026-01-01 [1, 1, 1]", "2026-01-02 [2, 2, 2]"}


def test_threads_that_save_and_go_back_all_at_once_are_all_served(
    client: httpx.Client, server: Background, namespace: str
) -> None:
    save(client)
    content = carried(client)

    def act(number: int) -> set[int]:
        with httpx.Client(base_url=f"{server.url}/ns/{namespace}", timeout=30) as mine:
            answers = (
                mine.post(SNAPSHOTS, json={"name": f"n{number % 3}"}),
                mine.post(f"{SNAPSHOTS}/one/restore"),
                mine.put(f"{SNAPSHOTS}/n{number % 3}", content=content),
                mine.get(f"{SNAPSHOTS}/one"),
                mine.post("/toybox/keys"),
            )
        return {answer.status_code for answer in answers}

    with ThreadPoolExecutor(6) as pool:
        assert set().union(*pool.map(act, range(24))) <= {200, 201, 204}


@pytest.mark.parametrize("work", ["read", "write"])
def test_others_are_served_while_a_file_is_made_or_read(
    root: httpx.Client, namespace: str, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    """In the same namespace too."""
    at = f"/ns/{namespace}"
    save(root, at=at)
    content = carried(root, at=at)
    begun, go_on = threading.Event(), threading.Event()

    def slow(*arguments: Any) -> Any:
        begun.set()
        assert go_on.wait(30)
        return getattr(file, work)(*arguments)

    monkeypatch.setattr(calls, work, slow)
    with ThreadPoolExecutor(1) as pool:
        if work == "read":
            waiting = pool.submit(root.put, f"{at}{SNAPSHOTS}/two", content=content)
        else:
            waiting = pool.submit(root.get, f"{at}{SNAPSHOTS}/one")
        assert begun.wait(30)
        try:
            for place in (at, f"{at}-b"):
                assert root.get(f"{place}/toybox/shelf/bear").status_code == 200
        finally:
            go_on.set()
        assert waiting.result(30).status_code in (200, 201)
    root.delete(f"/_emulator/namespaces/{namespace}-b")


def test_a_namespace_deleted_meanwhile_is_told(world: World, client: httpx.Client) -> None:
    """By whoever had looked it up before and comes too late."""
    save(client)
    world.close()
    for path, body in ((SNAPSHOTS, {"name": "two"}), (f"{SNAPSHOTS}/one/restore", {})):
        assert "was deleted in the meantime" in problem(client.post(path, json=body), 409)
