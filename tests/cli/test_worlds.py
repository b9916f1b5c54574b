"""``reset``, ``seed`` and ``snapshot``, as against the control calls that they are made of."""

import os
import stat
from pathlib import Path
from threading import Event

import pytest

from emulator.cli import speech

KEY = "aGdqZ2tqaGtqZzoxMjM0NTY3"
ANA = {"identities": {"phone_number": ["0123456788"]}, "type": ["trait"]}
ONE_KEY = "name: mine\ndescription: One key\nprimedata:\n  api_keys: [k-1]\n"


def keys(client) -> list[str]:
    state = client.get("/_emulator/state?vendor=primedata").json()
    return sorted(str(row) for table, rows in state["vendors"]["primedata"].items() if "key" in table for row in rows)


def test_reset_goes_back_to_the_scenario(client, talk) -> None:
    client.put("/_emulator/clock", json={"mode": "frozen", "now": "2026-01-05T09:00:00Z"})
    assert talk("reset").stdout == "reset everything\n"
    assert client.get("/_emulator/clock").json()["mode"] == "real"


def test_reset_of_one_vendor_leaves_the_clock(client, talk) -> None:
    client.put("/_emulator/clock", json={"mode": "frozen", "now": "2026-01-05T09:00:00Z"})
    assert talk("reset", "--vendor", "talonone").stdout == "reset talonone\n"
    assert client.get("/_emulator/clock").json()["mode"] == "frozen"


def test_reset_to_another_scenario(client, told) -> None:
    assert told("reset", "--scenario", "empty") == {"reset": True, "vendor": None, "scenario": "empty"}
    assert client.get("/_emulator/scenarios").json()["current"] == "empty"


def test_reset_to_what_does_not_exist_offers_the_nearest(talk) -> None:
    assert "did you mean demo?" in talk("reset", "--scenario", "dmeo", exit_code=1).stderr


@pytest.mark.parametrize("spelt", ["mine.yaml", "./mine", "mine"])
def test_seed_loads_a_file_whatever_it_is_called(client, talk, tmp_path: Path, monkeypatch, spelt: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path(spelt).write_text(ONE_KEY)
    assert talk("seed", spelt).stdout.startswith("loaded mine\n")
    assert len(keys(client)) == 1


def test_seeding_that_takes_long_tells_a_person_on_stderr_that_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Event()
    monkeypatch.setattr(speech, "_PATIENCE", 0.01)
    monkeypatch.setattr(speech.sys.stderr, "isatty", lambda: True, raising=False)
    said: list[str] = []

    def echo(text: str, **options: object) -> None:
        assert options == {"nl": False, "err": True}
        said.append(text)
        shown.set()

    monkeypatch.setattr(speech.click, "echo", echo)
    with speech.waiting("loading big.yaml"):
        assert shown.wait(10)
    assert said[0] == "\rloading big.yaml … 1 s"
    assert said[-1] == "\r\033[K"


def test_seed_reads_stdin(client, told) -> None:
    assert told("seed", "-", stdin='{"name": "mine", "primedata": {"api_keys": ["k-1", "k-2"]}}')["name"] == "mine"
    assert len(keys(client)) == 2


def test_seed_with_a_name_resets_to_it(client, talk) -> None:
    assert talk("seed", "empty").stdout == "loaded empty\n"
    assert client.get("/_emulator/scenarios").json()["current"] == "empty"


def test_a_bad_scenario_changes_nothing(client, talk) -> None:
    done = talk("seed", "-", stdin="name: mine\nprimedata:\n  api_kyes: [k]\n", exit_code=1)
    assert "primedata.api_kyes: unknown key, did you mean api_keys?" in done.stderr
    assert client.get("/_emulator/scenarios").json()["current"] == "demo"


def test_a_snapshot_is_saved_listed_restored_and_deleted(client, talk, told) -> None:
    talk("clock", "freeze", "2026-01-05T09:00:00Z")
    assert talk("snapshot", "save", "before").stdout == "saved before\n"
    talk("clock", "real")
    assert talk("snapshot", "list").stdout.splitlines()[1].split()[:3] == ["before", "2026-01-05T09:00:00Z", "demo"]
    assert [one["name"] for one in told("snapshot", "list")["snapshots"]] == ["before"]
    talk("snapshot", "restore", "before")
    assert told("clock")["mode"] == "frozen"
    talk("snapshot", "delete", "before")
    assert talk("snapshot", "list").stdout == "there are no snapshots\n"


def test_a_snapshot_travels_as_a_file(talk, told, tmp_path: Path) -> None:
    file = tmp_path / "world.snapshot"
    talk("clock", "freeze", "2026-01-05T09:00:00Z")
    talk("snapshot", "save", "before")
    assert told("snapshot", "export", "before", str(file)) == {
        "name": "before",
        "file": str(file),
        "bytes": file.stat().st_size,
    }
    talk("reset")
    assert told("snapshot", "import", "copy", str(file))["name"] == "copy"
    talk("snapshot", "restore", "copy")
    assert told("clock") == {"mode": "frozen", "now": "2026-01-05T09:00:00Z"}


def test_a_snapshot_goes_through_pipes(talk, told) -> None:
    talk("snapshot", "save", "before")
    content = talk("snapshot", "export", "before", "-").stdout_bytes
    assert told("snapshot", "import", "copy", "-", stdin=content)["name"] == "copy"


def test_a_file_that_is_written_has_the_usual_rights_and_leaves_no_drafts(talk, tmp_path: Path) -> None:
    (tmp_path / "world.snapshot").write_text("older, and longer than nothing")
    talk("snapshot", "save", "before")
    talk("snapshot", "export", "before", str(tmp_path / "world.snapshot"))
    assert [path.name for path in tmp_path.iterdir()] == ["world.snapshot"]
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((tmp_path / "world.snapshot").stat().st_mode) == 0o666 & ~mask


def test_a_snapshot_that_is_not_there_leaves_the_file_as_it_was(talk, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    assert (
        "'nothing' is no snapshot here"
        in talk("snapshot", "export", "nothing", str(tmp_path / "kept"), exit_code=1).stderr
    )
    assert (tmp_path / "kept").read_text() == "mine"


def test_a_file_that_cannot_be_written_is_wrong_usage(talk, tmp_path: Path) -> None:
    talk("snapshot", "save", "before")
    done = talk("snapshot", "export", "before", str(tmp_path / "nowhere" / "x"), exit_code=2)
    assert "cannot be written: no such file or directory" in done.stderr


def test_a_link_is_followed_and_what_is_no_file_is_never_replaced(told, talk, tmp_path: Path) -> None:
    talk("snapshot", "save", "before")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    size = told("snapshot", "export", "before", str(tmp_path / "link"))["bytes"]
    assert ((tmp_path / "link").is_symlink(), (tmp_path / "there").stat().st_size) == (True, size)
    os.mkfifo(tmp_path / "pipe")
    pipe = os.open(tmp_path / "pipe", os.O_RDWR | os.O_NONBLOCK)
    talk("snapshot", "export", "before", str(tmp_path / "pipe"))
    assert len(os.read(pipe, 2 * size)) == size
    os.close(pipe)
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("content", [b"", b"no snapshot", b"\x1f\x8b\x08\x00"])
def test_a_file_that_is_no_snapshot_is_refused(talk, told, content: bytes) -> None:
    assert talk("snapshot", "import", "copy", "-", stdin=content, exit_code=1).stderr
    assert told("snapshot", "list")["snapshots"] == []
