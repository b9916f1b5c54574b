"""A file that cannot be used: a damaged one is set aside with a message, any other is left alone."""

import os
import random
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from emulator.app import Emulator
from emulator.core.keeping import KeepingError
from emulator.settings import Options
from tests.lives import as_killed, everything, living, process, refused
from tests.toy_server import KEY, TOYS
from tests.toy_vendor import VENDOR

CONTROL = "/_emulator"
Damage = Callable[[Path], None]
PAGE = 4_096


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two namespaces, of which `hurt` has a duck, a snapshot, and enough rows for many pages."""
    place = tmp_path_factory.mktemp("original")
    (place / "toys.yaml").write_text(TOYS, encoding="utf-8")
    with living(place / "kept", (VENDOR,), scenario="toys", fixtures=place) as client:
        client.headers.update(KEY)
        client.patch(f"/ns/hurt{CONTROL}/limits", json={"vendor": "toybox", "name": "calls", "enabled": False})
        for number in range(200):
            body = {"price": number, "colours": [f"{number}" * 40]}
            client.put(f"/ns/hurt/toybox/shelf/toy-{number}", json=body).raise_for_status()
        client.post(f"/ns/hurt{CONTROL}/snapshots", json={"name": "one"}).raise_for_status()
        client.put("/ns/hurt/toybox/shelf/duck", json={"price": 1}).raise_for_status()
        client.put("/ns/well/toybox/shelf/fox", json={"price": 1}).raise_for_status()
    return place


@pytest.fixture
def fixtures(original: Path) -> Path:
    return original


@pytest.fixture
def kept(original: Path, tmp_path: Path) -> Path:
    """A directory for the test to hurt."""
    return Path(shutil.copytree(original / "kept", tmp_path / "kept"))


@pytest.fixture
def file(kept: Path) -> Path:
    return kept / "namespaces" / "hurt.sqlite"


def overwritten(where: int, content: bytes) -> Damage:
    def damage(file: Path) -> None:
        with file.open("r+b") as stream:
            stream.seek(where)
            stream.write(content)

    return damage


def cut(size: int) -> Damage:
    return lambda file: os.truncate(file, size)


def edited(statement: str) -> Damage:
    def damage(file: Path) -> None:
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute(statement)

    return damage


def shuffled(file: Path) -> None:
    chance = random.Random(7)
    for _ in range(3):
        overwritten(PAGE * chance.randrange(1, file.stat().st_size // PAGE), chance.randbytes(PAGE))(file)


DAMAGES: dict[str, tuple[Damage, str]] = {
    "empty": (cut(0), "the file is empty"),
    "text": (lambda file: void(file.write_text("not a database\n" * 100, encoding="utf-8")), "it does not begin as"),
    "short text": (
        lambda file: void(file.write_text("hello", encoding="utf-8")),
        "it does not begin as a database does",
    ),
    "header zeroed": (overwritten(0, bytes(100)), "it does not begin as a database does"),
    "first page overwritten": (overwritten(100, random.Random(1).randbytes(PAGE - 100)), "malformed"),
    "pages overwritten": (shuffled, ""),
    "cut off inside the first page": (cut(1_000), ""),
    "cut off after some pages": (cut(3 * PAGE), ""),
    "the last page gone": (lambda file: os.truncate(file, file.stat().st_size - PAGE), ""),
    "no line of its own": (edited("DELETE FROM emulator_kept WHERE name = ''"), "it does not tell of its world"),
    "no life": (edited("DELETE FROM emulator_life"), "it does not tell of its world"),
    "an image gone": (edited("DELETE FROM emulator_images"), "is missing"),
    "an image changed": (edited("UPDATE emulator_images SET content = x'00'"), "is not as it was written"),
    "an image of another kind": (
        edited("UPDATE emulator_images SET content = 'a'"),
        "is not as it was written",
    ),
    "a line changed": (
        edited("UPDATE emulator_kept SET head = replace(head, '2026', '2027') WHERE name = ''"),
        "what it tells of its world is not as it was written",
    ),
    "a snapshot changed": (
        edited("UPDATE emulator_kept SET head = CAST(head || ' ' AS BLOB) WHERE name = 'one'"),
        "the snapshot 'one' is not as it was written",
    ),
    "text that is no text": (edited("UPDATE emulator_kept SET images = CAST(x'ff' AS TEXT)"), ""),
}


def void(_: object) -> None:
    """For the sake of the types."""


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_set_aside_and_its_namespace_begins_anew(
    kept: Path, fixtures: Path, file: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    damage, reason = DAMAGES[name]
    damage(file)
    content = file.read_bytes()
    with living(kept, (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        client.headers.update(KEY)
        said = client.get(f"{CONTROL}/namespaces").json()
        assert said["namespaces"] == ["well"]
        (aside,) = said["set_aside"]
        assert (aside["namespace"], reason in aside["reason"]) == ("hurt", True), aside
        assert re.fullmatch(rf"{re.escape(str(kept))}/damaged/hurt-\d{{8}}T\d{{6}}(\.\d+)?Z\.sqlite", aside["file"])
        assert Path(aside["file"]).read_bytes() == content
        assert caplog.messages == [
            f"martech-emulator: {file} is damaged ({aside['reason']}). It was set aside as {aside['file']}, and "
            "namespace hurt begins anew"
        ]
        assert client.get("/ns/well/toybox/shelf/fox").status_code == 200
        assert client.get("/ns/hurt/toybox/shelf/duck").status_code == 404
        assert client.put("/ns/hurt/toybox/shelf/owl", json={"price": 1}).status_code == 200
    with living(kept, (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        assert client.get(f"{CONTROL}/namespaces").json()["set_aside"] == []
        assert client.get("/ns/hurt/toybox/shelf/owl", headers=KEY).status_code == 200
    assert Path(aside["file"]).read_bytes() == content


def test_a_process_says_on_stderr_what_it_has_set_aside(tmp_path: Path) -> None:
    with process(tmp_path) as first:
        httpx.get(f"{first.url}{CONTROL}/clock").raise_for_status()
        first.end()
    (tmp_path / "namespaces" / "default.sqlite").write_bytes(b"")
    with process(tmp_path) as second:
        assert second.url
        said = second.end()
    file = tmp_path / "namespaces" / "default.sqlite"
    assert said.startswith(f"martech-emulator: {file} is damaged (the file is empty). It was set aside as {tmp_path}")


def test_files_that_are_set_aside_at_the_same_time_do_not_replace_each_other(
    kept: Path, fixtures: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.core.keeping.vault.machine_now", lambda: 0)
    for content in (b"a", b"b", b"c"):
        file.write_bytes(content)
        with living(kept, (VENDOR,), scenario="toys", fixtures=fixtures):
            pass
    found = {one.name: one.read_bytes() for one in (kept / "damaged").iterdir()}
    stem = "hurt-19700101T000000Z"
    assert found == {f"{stem}.sqlite": b"a", f"{stem}-2.sqlite": b"b", f"{stem}-3.sqlite": b"c"}


@pytest.fixture
def killed(kept: Path, fixtures: Path, tmp_path: Path) -> Iterator[Path]:
    """With a log that holds the last two calls, of which a goose was the first."""
    with living(kept, (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        for name in ("goose", "swan"):
            client.put(f"/ns/hurt/toybox/shelf/{name}", json={"price": 1}, headers=KEY).raise_for_status()
        yield as_killed(kept, tmp_path / "killed")


def found(directory: Path, fixtures: Path, *names: str) -> list[int]:
    with living(directory, (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        assert client.get(f"{CONTROL}/namespaces").json()["set_aside"] == []
        return [client.get(f"/ns/hurt/toybox/shelf/{name}", headers=KEY).status_code for name in names]


def test_a_log_that_ends_in_garbage_is_good_up_to_there(killed: Path, fixtures: Path) -> None:
    """Which is how a process that is killed while it writes leaves it."""
    with (killed / "namespaces" / "hurt.sqlite-wal").open("ab") as log:
        log.write(random.Random(3).randbytes(10_000))
    assert found(killed, fixtures, "goose", "swan", "duck") == [200, 200, 200]


def test_a_log_without_its_end_is_good_up_to_the_last_whole_call(killed: Path, fixtures: Path) -> None:
    log = killed / "namespaces" / "hurt.sqlite-wal"
    os.truncate(log, log.stat().st_size - 10)
    assert found(killed, fixtures, "goose", "swan", "duck") == [200, 404, 200]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (0, "its log does not begin as it was written"),
        (20, "its log does not begin as it was written"),
        (32 + 10, "its log is damaged from frame 1 on, and was committed to frame"),
        (32 + 18, "its log is damaged from frame 1 on, and was committed to frame"),
        (32 + 24 + 500, "its log is damaged from frame 1 on, and was committed to frame"),
    ],
)
def test_a_log_that_is_damaged_where_calls_were_acknowledged_is_set_aside(
    killed: Path, fixtures: Path, place: int, reason: str
) -> None:
    """SQLite itself would take what comes before, and forget the rest without a word."""
    log = killed / "namespaces" / "hurt.sqlite-wal"
    content = bytearray(log.read_bytes())
    content[place] ^= 0xFF
    log.write_bytes(content)
    with living(killed, (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        (aside,) = client.get(f"{CONTROL}/namespaces").json()["set_aside"]
        assert aside["namespace"] == "hurt"
        assert reason in aside["reason"]
        assert client.get("/ns/hurt/toybox/shelf/duck", headers=KEY).status_code == 404
    assert Path(f"{aside['file']}-wal").read_bytes() == content


def test_an_index_of_a_log_is_made_again(killed: Path, fixtures: Path) -> None:
    (killed / "namespaces" / "hurt.sqlite-shm").write_bytes(random.Random(4).randbytes(32_768))
    assert found(killed, fixtures, "goose", "swan", "duck") == [200, 200, 200]


def test_a_log_whose_database_is_gone_is_kept_for_whoever_wants_it(killed: Path, fixtures: Path) -> None:
    log = killed / "namespaces" / "hurt.sqlite-wal"
    content = log.read_bytes()
    (killed / "namespaces" / "hurt.sqlite").unlink()
    with living(killed, (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        (aside,) = client.get(f"{CONTROL}/namespaces").json()["set_aside"]
        assert (aside["namespace"], aside["reason"]) == ("hurt", "its log is there, the database itself is not")
    assert Path(f"{aside['file']}-wal").read_bytes() == content
    assert not log.exists()


# not damaged, but not to be used --------------------------------------------------------------------------------------


def test_a_database_of_another_program_is_refused_and_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "namespaces" / "default.sqlite"
    file.parent.mkdir()
    edited("CREATE TABLE t (x)")(file)
    before = (file.read_bytes(), file.stat().st_mtime_ns)
    assert f"{file} is no file of this program: move it away, or choose another --data-dir" in refused(tmp_path)
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before
    assert sorted(one.name for one in file.parent.iterdir()) == ["default.sqlite"]


@pytest.mark.parametrize(
    ("version", "says"),
    [
        (
            99,
            "it was written by a newer version of this program (tables 99; this one knows up to 1). Use that",
        ),
        (0, "its tables are of version 0, which no version has. Move it away"),
    ],
)
def test_a_file_of_another_version_is_refused_and_not_touched(
    kept: Path, file: Path, fixtures: Path, version: int, says: str
) -> None:
    edited(f"PRAGMA user_version = {version}")(file)
    before = file.read_bytes()
    said = refusal(kept, fixtures)
    assert said.startswith(f"{file} cannot be used: {says}")
    assert file.read_bytes() == before
    assert not (kept / "damaged").exists()


def refusal(kept: Path, fixtures: Path) -> str:
    emulator = Emulator(Options(data_dir=kept, scenario="toys", fixtures=fixtures), vendors=(VENDOR,))
    with pytest.raises(KeepingError) as caught:
        emulator.prepare()
    assert not emulator.worlds.ready
    return str(caught.value)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DROP TABLE toybox_toys", "there is no toybox_toys"),
        ("DROP TABLE emulator_life", "there is no emulator_life"),
        ("ALTER TABLE toybox_keys ADD COLUMN x", "toybox_keys differs in x"),
        ("ALTER TABLE toybox_keys RENAME COLUMN owner TO holder", "toybox_keys differs in holder, owner"),
    ],
)
def test_a_file_with_other_tables_is_refused(kept: Path, file: Path, fixtures: Path, statement: str, says: str) -> None:
    edited(statement)(file)
    assert refusal(kept, fixtures) == f"{file} was made with other tables: {says}"
    assert not (kept / "damaged").exists()


def test_what_another_version_has_told_of_a_world_is_refused_and_never_called_damaged(
    kept: Path, file: Path, fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.core.snapshots.head.VERSION", 0)
    said = refusal(kept, fixtures)
    assert said.startswith(
        f"{file} cannot be used: the snapshot 'one' was written by another version and cannot be read"
    )
    assert said.endswith("by this one: it was made by a newer version (format 1; this version reads up to 0)")


def test_a_file_that_is_named_like_no_namespace_is_refused(kept: Path, file: Path, fixtures: Path) -> None:
    for name in ("my backup.sqlite", "Hurt.sqlite", "%%.sqlite"):
        other = file.with_name(name)
        shutil.copy(file, other)
        assert refusal(kept, fixtures).startswith(f"{other} is no file of this program: move it away")
        other.unlink()


def test_a_copy_by_another_name_is_a_namespace(kept: Path, file: Path, fixtures: Path) -> None:
    shutil.copy(file, file.with_name("copy.sqlite"))
    with living(kept, (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        copied, original = everything(client, "/ns/copy"), everything(client, "/ns/hurt")
        assert copied["state"].pop("namespace") == "copy"
        assert original["state"].pop("namespace") == "hurt"
        assert copied == original


def test_a_directory_in_the_place_of_a_file_is_refused(kept: Path, file: Path, fixtures: Path) -> None:
    file.unlink()
    file.mkdir()
    assert refusal(kept, fixtures) == f"{file} cannot be used: Is a directory"


def test_a_file_that_appears_while_the_emulator_runs_is_not_replaced(kept: Path, file: Path, fixtures: Path) -> None:
    with living(kept, (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        late = file.with_name("late.sqlite")
        late.write_bytes(b"mine")
        answer = client.get(f"/ns/late{CONTROL}/clock")
        assert (answer.status_code, answer.json()["detail"]) == (
            507,
            f"namespace 'late' cannot be kept in {kept}: {late} has appeared there; start anew to bring it back, or "
            "move it away; nothing has changed",
        )
        assert late.read_bytes() == b"mine"


def test_what_unfinished_work_has_left_is_thrown_away(kept: Path, file: Path, fixtures: Path) -> None:
    folder = file.parent
    for name in ("a.sqlite.draft", "gone.sqlite.deleted", "gone.sqlite-wal", "gone.sqlite-shm", "b.sqlite-shm"):
        (folder / name).write_bytes(b"x")
    with living(kept, (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        said = client.get(f"{CONTROL}/namespaces").json()
        assert (said["namespaces"], said["set_aside"]) == (["hurt", "well"], [])
    assert sorted(one.name for one in folder.iterdir()) == ["hurt.sqlite", "well.sqlite"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read and write everything")
def test_what_may_not_be_read_or_written_is_refused(kept: Path, file: Path, fixtures: Path) -> None:
    file.chmod(0)
    assert refusal(kept, fixtures) == f"{file} cannot be used: Permission denied"
    (kept / "lock").chmod(0o400)
    assert refusal(kept, fixtures).startswith(f"--data-dir {kept} cannot be used: Permission denied")
