"""State that survives: what a data directory brings back after an end in peace, and after one that is not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.app import Emulator
from emulator.core.keeping import KeepingError
from emulator.server import Background, StartError
from emulator.settings import Options
from tests.cli.program import run
from tests.lives import as_killed, call, everything, living, process, refused
from tests.toy_server import KEY, TOYS
from tests.toy_vendor import VENDOR
from tests.vendors.good_calls import GOOD_CALLS

CONTROL = "/_emulator"
NAMES = ("Worker.3", "con", "...", "-", "_", "UPPER", "upper", "a.sqlite", "a.sqlite-wal", "x" * 63, "X" * 63)


@contextmanager
def toys(directory: Path, kept: Path | None = None, text: str = TOYS, **options: Any) -> Iterator[httpx.Client]:
    """The toy vendor in a life with a data directory."""
    fixtures = directory / "fixtures"
    fixtures.mkdir(exist_ok=True)
    (fixtures / "toys.yaml").write_text(text, encoding="utf-8")
    chosen = {"scenario": "toys", "fixtures": fixtures, **options}
    with living(kept or directory / "kept", (VENDOR,), **chosen) as client:
        client.headers.update(KEY)
        yield client


def arranged(client: httpx.Client, at: str = "") -> None:
    """A world in which nothing is as it was at the start."""
    control = f"{at}{CONTROL}"
    posted = {"name": "posted", "seed": "p", "clock": "2026-03-01", "toybox": {"keys": {"k-1": "maker"}}}
    client.post(f"{control}/scenarios", json=posted).raise_for_status()
    client.put(f"{control}/clock", json={"mode": "frozen", "now": "2026-05-05T05:05:05Z"}).raise_for_status()
    settings = {"vendor": "toybox", "settings": {"calls_per_second": 30}}
    client.patch(f"{control}/settings", json=settings).raise_for_status()
    client.patch(f"{control}/limits", json={"vendor": "toybox", "name": "calls", "scale": 0.5}).raise_for_status()
    client.patch(f"{control}/provenance", json={"fail_on": "assumed"}).raise_for_status()
    fault = {"vendor": "toybox", "fault": "lost", "operation": "getToy", "times": 6}
    client.post(f"{control}/faults", json=fault).raise_for_status()
    assert client.put(f"{at}/toybox/shelf/duck", json={"price": 7}).status_code == 200
    client.post(f"{control}/snapshots", json={"name": "one"}).raise_for_status()
    assert client.put(f"{at}/toybox/shelf/fox", json={"price": 8}).status_code == 200
    client.post(f"{control}/snapshots", json={"name": "two"}).raise_for_status()
    client.post(f"{control}/drills/retry-storm", json={"times": 3}).raise_for_status()


def namespaces(client: httpx.Client) -> list[str]:
    listed: list[str] = client.get(f"{CONTROL}/namespaces").json()["namespaces"]
    return listed


# everything comes back ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("killed", [False, True], ids=["ended in peace", "killed"])
def test_a_world_comes_back_as_it_was(tmp_path: Path, killed: bool) -> None:
    kept = tmp_path / "kept"
    with toys(tmp_path) as client:
        arranged(client)
        before = everything(client)
        if killed:
            kept = as_killed(kept, tmp_path / "killed")
    with toys(tmp_path, kept) as client:
        assert everything(client) == before
        client.post(f"{CONTROL}/snapshots/one/restore").raise_for_status()
        names = [row["name"] for row in client.get(f"{CONTROL}/state").json()["vendors"]["toybox"]["toys"]]
        assert names == ["duck"]
        client.post(f"{CONTROL}/reset", json={"scenario": "posted"}).raise_for_status()
        assert client.get(f"{CONTROL}/clock").json()["now"] == "2026-03-01T00:00:00Z"
        client.post(f"{CONTROL}/reset", json={"scenario": "toys"}).raise_for_status()
        assert client.get("/toybox/shelf/bear").json()["details"] == {"price": 5}


@pytest.mark.parametrize("killed", [False, True], ids=["ended in peace", "killed"])
def test_rows_of_every_vendor_come_back(tmp_path: Path, killed: bool) -> None:
    kept = tmp_path / "kept"
    with living(kept) as client:
        for slug in GOOD_CALLS:
            assert call(client, slug).is_success
            assert call(client, slug, "/ns/other").is_success
        before, other = everything(client), everything(client, "/ns/other")
        if killed:
            kept = as_killed(kept, tmp_path / "killed")
    with living(kept) as client:
        assert (everything(client), everything(client, "/ns/other")) == (before, other)


def test_every_acknowledged_call_of_a_process_that_is_killed_is_there(tmp_path: Path) -> None:
    with process(tmp_path) as first, httpx.Client(base_url=first.url) as client:
        for slug in GOOD_CALLS:
            assert call(client, slug).is_success
        before = everything(client)
        first.kill()
    with process(tmp_path) as second, httpx.Client(base_url=second.url) as client:
        assert everything(client) == before
        assert second.end() == ""


_CHANGES: dict[str, tuple[str, Any]] = {
    "PUT /_emulator/clock": ("clock", {"mode": "frozen", "now": "2027-01-01T00:00:00Z"}),
    "POST /_emulator/clock/advance": ("clock/advance", {"seconds": 60}),
    "POST /_emulator/faults": ("faults", {"vendor": "toybox", "fault": "fire"}),
    "POST /_emulator/drills/{name}": ("drills/retry-storm", {}),
    "PATCH /_emulator/limits": ("limits", {"vendor": "toybox", "name": "calls", "enabled": False}),
    "PATCH /_emulator/settings": ("settings", {"vendor": "toybox", "settings": {"calls_per_second": 9}}),
    "PATCH /_emulator/provenance": ("provenance", {"fail_on": "inferred"}),
    "POST /_emulator/snapshots": ("snapshots", {"name": "saved"}),
    "PUT /_emulator/snapshots/{name}": ("snapshots/brought", None),
    "DELETE /_emulator/snapshots/{name}": ("snapshots/one", None),
    "DELETE /_emulator/faults/{fault_id}": ("faults/f1", None),
    "DELETE /_emulator/drills/{name}": ("drills/retry-storm", None),
    "DELETE /_emulator/faults": ("faults", None),
    "POST /_emulator/snapshots/{name}/restore": ("snapshots/two/restore", {}),
    "POST /_emulator/scenarios": ("scenarios", {"name": "new", "toybox": {"toys": [{"name": "owl"}]}}),
    "POST /_emulator/reset": ("reset", {"scenario": "toys"}),
}
_CHANGES_NOTHING_KEPT = {
    "POST /_emulator/vendors/{slug}/{name}",
    "DELETE /_emulator/requests",
    "POST /_emulator/replay",
    "DELETE /_emulator/namespaces/{name}",  # there is nothing to come back
}


def test_what_any_control_call_has_changed_survives_a_kill_right_after_it(tmp_path: Path) -> None:
    with toys(tmp_path) as client:
        arranged(client)
        brought = client.get(f"{CONTROL}/snapshots/one").content
        for number, (name, (path, body)) in enumerate(_CHANGES.items()):
            before = everything(client)
            content = {"content": brought} if name.startswith("PUT /_emulator/snapshots") else {"json": body}
            client.request(name.split()[0], f"{CONTROL}/{path}", **content).raise_for_status()
            after = everything(client)
            assert after != before, name
            with toys(tmp_path, as_killed(tmp_path / "kept", tmp_path / f"killed-{number}")) as again:
                assert everything(again) == after, name


def test_the_test_above_knows_every_call_that_changes_anything(tmp_path: Path) -> None:
    with toys(tmp_path) as client:
        calls = {one["call"] for one in client.get(f"{CONTROL}/").json()["calls"]}
    assert {one for one in calls if not one.startswith("GET ")} == {*_CHANGES, *_CHANGES_NOTHING_KEPT}


def test_a_control_call_that_brings_its_namespace_into_being_survives_as_well(tmp_path: Path) -> None:
    with toys(tmp_path) as client:
        client.put(f"/ns/new{CONTROL}/clock", json={"mode": "frozen", "now": "2027-01-01"}).raise_for_status()
        killed = as_killed(tmp_path / "kept", tmp_path / "killed")
    with toys(tmp_path, killed) as client:
        assert client.get(f"/ns/new{CONTROL}/clock").json()["now"] == "2027-01-01T00:00:00Z"


def test_namespaces_come_back_by_every_name_that_there_can_be(tmp_path: Path) -> None:
    with toys(tmp_path) as client:
        for number, name in enumerate(NAMES):
            url = f"/toybox/shelf/toy-{number}"
            assert client.put(url, json={"price": 1}, headers={"x-emulator-namespace": name}).status_code == 200
        assert len(list((tmp_path / "kept" / "namespaces").glob("*.sqlite"))) == len(NAMES)
    with toys(tmp_path) as client:
        assert namespaces(client) == sorted(NAMES)
        for number, name in enumerate(NAMES):
            answer = client.get(f"/toybox/shelf/toy-{number}", headers={"x-emulator-namespace": name})
            assert answer.status_code == 200, name


def test_a_namespace_that_was_deleted_stays_away_and_begins_anew_by_the_same_name(tmp_path: Path) -> None:
    with toys(tmp_path) as client:
        for _ in range(3):
            assert client.put("/ns/a/toybox/shelf/duck", json={"price": 1}).status_code == 200
            client.delete(f"{CONTROL}/namespaces/a").raise_for_status()
        assert sorted(one.name for one in (tmp_path / "kept" / "namespaces").iterdir() if "a." in one.name) == []
        assert client.put("/ns/a/toybox/shelf/fox", json={"price": 1}).status_code == 200
        killed = as_killed(tmp_path / "kept", tmp_path / "killed")
    with toys(tmp_path, killed) as client:
        assert client.get("/ns/a/toybox/shelf/fox").status_code == 200
        assert client.get("/ns/a/toybox/shelf/duck").status_code == 404
        client.delete(f"{CONTROL}/namespaces/a").raise_for_status()
    with toys(tmp_path, killed) as client:
        assert namespaces(client) == []


# ids ------------------------------------------------------------------------------------------------------------------


def drawn(client: httpx.Client) -> list[str]:
    """Tokens of Algonomy's, profile ids of PrimeData's, sessions' own numbers of Talon.One's, and numbers of calls."""
    client.put(f"{CONTROL}/clock", json={"mode": "frozen", "now": "2026-06-01"}).raise_for_status()
    granted = GOOD_CALLS["algonomy"].token_call
    assert granted is not None
    ids = []
    for _ in range(3):
        token = client.post(f"/algonomy{granted.path}")
        ids += [token.json()["access_token"], f"call {token.headers['x-emulator-request-id']}"]
    good = GOOD_CALLS["primedata"]
    tracked = client.post("/primedata/powehi/smile", headers=_TRACKED_HEADERS, content=_tracked(len(ids)))
    assert tracked.status_code == 200, tracked.text
    found = client.post("/primedata/pub/profiles/advanced-search", headers=good.headers, content=_VISITOR)
    return [*ids, found.json()["data"]["profile_id"]]


_TRACKED_HEADERS = {
    "X-Client-Id": "JS-2Q5OFBvKq7zXgL1YhM0cNsTdWpR",
    "X-Client-Access-Token": "2Q5OFDPr3Yw6uEo9JtVxAbZkGm4",
}
_VISITOR = b'{"identities":{"email":["visitor@example.com"]}}'


def _tracked(number: int) -> bytes:
    return (
        b'{"sessionId":"visit-%d","events":[{"eventType":"identify","scope":"JS-2Q5OFBvKq7zXgL1YhM0cNsTdWpR",'
        b'"timeStamp":"2026-01-05T08:00:00Z","source":{"itemId":"_","itemType":"_","scope":"_"},"target":{"itemId":"_",'
        b'"itemType":"analyticsUser","scope":"_","properties":{"email":"visitor@example.com"}}}]}' % number
    )


def test_after_an_end_in_peace_ids_go_on_as_if_there_had_been_none(tmp_path: Path) -> None:
    with living(None) as client:
        told = [drawn(client), drawn(client)]
    with living(tmp_path) as client:
        first = drawn(client)
    with living(tmp_path) as client:
        assert [first, drawn(client)] == told


def test_after_a_kill_no_id_is_given_out_a_second_time(tmp_path: Path) -> None:
    given: list[str] = []
    for life in range(4):
        with living(tmp_path / f"{life}") as client:
            ids = drawn(client)[:-1]
            assert not {*ids} & {*given}
            given += ids
            as_killed(tmp_path / f"{life}", tmp_path / f"{life + 1}")
    assert [one for one in given if one.startswith("call ")][3] == "call 1000000001"


# another start --------------------------------------------------------------------------------------------------------


def test_rows_stay_and_a_reset_takes_the_scenario_as_it_is_today(tmp_path: Path) -> None:
    with toys(tmp_path) as client:
        assert client.put("/toybox/shelf/duck", json={"price": 1}).status_code == 200
    with toys(tmp_path, text=TOYS.replace("price: 5", "price: 6")) as client:
        assert client.get("/toybox/shelf/duck").status_code == 200
        assert client.get("/toybox/shelf/bear").json()["details"] == {"price": 5}
        client.post(f"{CONTROL}/reset").raise_for_status()
        assert client.get("/toybox/shelf/bear").json()["details"] == {"price": 6}


def test_a_world_goes_back_to_its_own_scenario_whichever_new_ones_start_with(tmp_path: Path) -> None:
    with toys(tmp_path) as client:
        assert client.put("/toybox/shelf/duck", json={"price": 1}).status_code == 200
    (tmp_path / "fixtures" / "other.yaml").write_text("name: other\ntoybox: {}\n", encoding="utf-8")
    with toys(tmp_path, scenario="other") as client:
        assert client.get("/toybox/shelf/duck").status_code == 200
        client.post(f"{CONTROL}/reset").raise_for_status()
        assert client.get(f"{CONTROL}/scenarios").json()["current"] == "toys"
        assert client.get(f"/ns/new{CONTROL}/scenarios").json()["current"] == "other"
    (tmp_path / "fixtures" / "toys.yaml").unlink()
    with living(tmp_path / "kept", (VENDOR,), scenario="other", fixtures=tmp_path / "fixtures") as client:
        client.post(f"{CONTROL}/reset").raise_for_status()
        assert client.get("/toybox/shelf/bear", headers=KEY).status_code == 200


def test_settings_of_the_start_count_wherever_nobody_has_changed_them(tmp_path: Path) -> None:
    def calls(client: httpx.Client, at: str = "") -> int:
        value: int = client.get(f"{at}{CONTROL}/settings").json()["settings"]["toybox"]["calls_per_second"]
        return value

    with toys(tmp_path, overrides={"toybox": {"calls_per_second": 7}}) as client:
        assert (calls(client), calls(client, "/ns/mine")) == (7, 7)
        order = {"vendor": "toybox", "settings": {"calls_per_second": 8}}
        client.patch(f"/ns/mine{CONTROL}/settings", json=order).raise_for_status()
    for wanted in (9, 10):
        with toys(tmp_path, overrides={"toybox": {"calls_per_second": wanted}}) as client:
            assert (calls(client), calls(client, "/ns/mine")) == (wanted, 8)


@pytest.mark.parametrize("killed", [False, True], ids=["ended in peace", "killed"])
def test_the_level_of_the_start_counts_wherever_nobody_has_changed_it(tmp_path: Path, killed: bool) -> None:
    def level(client: httpx.Client, at: str = "") -> str | None:
        value: str | None = client.get(f"{at}{CONTROL}/provenance").json()["fail_on"]
        return value

    kept = tmp_path / "kept"
    for number, (start, found) in enumerate(((None, None), ("assumed", "assumed"), (None, None))):
        with toys(tmp_path, kept, fail_on=start) as client:
            assert level(client) == found
            if number == 0:
                order = {"fail_on": "inferred"}
                client.patch(f"/ns/mine{CONTROL}/provenance", json=order).raise_for_status()
            assert level(client, "/ns/mine") == "inferred"
            if killed:
                kept = as_killed(kept, tmp_path / f"killed-{number}")


def test_more_namespaces_than_are_allowed_today_are_all_there_and_no_new_one_is_made(tmp_path: Path) -> None:
    with toys(tmp_path) as client:
        for name in "abc":
            client.get(f"/ns/{name}{CONTROL}/clock").raise_for_status()
    with toys(tmp_path, max_namespaces=2) as client:
        assert namespaces(client) == ["a", "b", "c"]
        answer = client.get(f"/ns/d{CONTROL}/clock")
        assert (answer.status_code, answer.json()["title"]) == (507, "Too many namespaces")


# where it is kept -----------------------------------------------------------------------------------------------------


def test_one_emulator_at_a_time_has_a_directory(tmp_path: Path) -> None:
    with process(tmp_path / "kept") as first:
        assert first.url
        said = refused(tmp_path / "kept")
        assert f"--data-dir {tmp_path / 'kept'} is in use by another emulator (process {first.child.pid}); stop" in said
    with process(tmp_path / "kept") as second:
        assert second.url


def test_two_emulators_in_one_process_do_not_share_one_either(tmp_path: Path) -> None:
    first, second = (Emulator(Options(data_dir=tmp_path)) for _ in range(2))
    first.prepare()
    with pytest.raises(KeepingError, match="is in use by another emulator"):
        second.prepare()
    first.finish()
    second.prepare()
    second.finish()


def test_an_emulator_that_has_finished_answers_no_call_before_it_is_prepared_again(tmp_path: Path) -> None:
    emulator = Emulator(Options(data_dir=tmp_path))
    emulator.prepare()
    assert emulator.worlds["default"]
    emulator.finish()
    assert not emulator.worlds.ready
    emulator.prepare()
    assert emulator.worlds.names() == ["default"]
    emulator.finish()
    emulator.finish()


def test_a_place_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "--data-dir" in refused(tmp_path / "file")
    assert "cannot be used: Not a directory" in refused(tmp_path / "file" / "below")
    assert "the directory has no name" in refused("")
    assert "--data-dir ~nobody-at-all/x cannot be used: Could not determine home directory." in refused(
        "~nobody-at-all/x"
    )
    (tmp_path / "kept" / "lock").mkdir(parents=True)
    said = refused(tmp_path / "kept")
    assert f"--data-dir {tmp_path / 'kept'} cannot be used: Is a directory ({tmp_path / 'kept' / 'lock'})" in said


def test_a_link_a_relative_path_and_a_tilde_lead_where_they_say(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for place in ("link", "relative", "~/of-home", "with space, 'quotes' & 100%"):
        done = run("exec", "--data-dir", place, "--", "true", cwd=tmp_path, HOME=str(tmp_path))
        assert (done.returncode, done.stderr) == (0, "")
    for place in ("real", "relative", "of-home", "with space, 'quotes' & 100%"):
        assert (tmp_path / place / "lock").is_file()


def test_exec_keeps_what_its_command_does(tmp_path: Path) -> None:
    script = (
        "import os, urllib.request as r; "
        "r.urlopen(r.Request(os.environ['EMULATOR_URL'] + '/_emulator/clock/advance', b'{\"seconds\": 60}'))"
    )
    for _ in range(2):
        assert run("exec", "--data-dir", str(tmp_path), "--", "python", "-c", script).returncode == 0
    with living(tmp_path) as client:
        assert client.get(f"{CONTROL}/clock").json()["offset_seconds"] == 120


def test_only_its_owner_may_look_into_what_is_kept(tmp_path: Path) -> None:
    with toys(tmp_path) as client:
        client.get(f"{CONTROL}/clock").raise_for_status()
        assert (tmp_path / "kept" / "namespaces").stat().st_mode & 0o077 == 0


def test_a_server_whose_port_is_taken_lets_go_of_its_directory(tmp_path: Path) -> None:
    with living(None) as other, pytest.raises(StartError, match="is taken"):
        Background(Options(port=other.base_url.port or 0, data_dir=tmp_path)).__enter__()
    with living(tmp_path) as client:
        assert client.get(f"{CONTROL}/ready").status_code == 200


def test_a_file_that_another_program_has_locked_is_written_again_once_it_lets_go(tmp_path: Path) -> None:
    with toys(tmp_path) as client:
        client.get(f"{CONTROL}/clock").raise_for_status()
        with closing(sqlite3.connect(tmp_path / "kept" / "namespaces" / "default.sqlite")) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = client.put("/toybox/shelf/duck", json={"price": 1})
            assert (answer.status_code, answer.json()) == (500, {"no": "fire"})
            refused_too = client.post(f"{CONTROL}/clock/advance", json={"seconds": 1})
            reason = "namespace 'default' cannot be kept: another program has locked the file; nothing has changed"
            assert (refused_too.status_code, refused_too.json()["detail"]) == (507, reason)
            assert client.get("/toybox/shelf/bear").status_code == 200
        assert client.put("/toybox/shelf/duck", json={"price": 1}).status_code == 200
