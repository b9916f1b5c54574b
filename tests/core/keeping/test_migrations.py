"""Files of older versions become files of this one, or stay as they are."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table

from emulator.app import Emulator
from emulator.core.keeping import KeepingError
from emulator.core.keeping.file import APPLICATION_ID, OWN_TABLES, opened
from emulator.core.keeping.migrations import MIGRATIONS, Migration, upgrade, version_after
from emulator.core.store import connect, create
from emulator.core.vendor import Vendor
from emulator.settings import Options
from emulator.vendors import VENDORS
from tests.lives import as_killed, everything, living
from tests.toy_server import KEY, TOYS
from tests.toy_vendor import VENDOR, toys

HERE = Path(__file__).parent
CONTROL = "/_emulator"

# the tables of every version ------------------------------------------------------------------------------------------


def schema_of(connection: sqlite3.Connection) -> str:
    """As SQLite tells it, a line for each table and index."""
    query = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY tbl_name, type DESC, name"
    return "".join(" ".join(row[0].split()) + ";\n" for row in connection.execute(query))


def todays() -> str:
    with closing(connect()) as connection:
        create(connection, [table for vendor in VENDORS for table in vendor.tables])
        for table in OWN_TABLES:
            connection.execute(table)
        return schema_of(connection)


def golden(version: int) -> Path:
    return HERE / f"schema-{version}.sql"


def test_the_tables_of_this_version_are_those_that_its_file_has() -> None:
    version = version_after(MIGRATIONS)
    assert golden(version).is_file(), (
        f"{golden(version).name} is missing: write what todays() tells there, and keep the files of older versions"
    )
    assert golden(version).read_text(encoding="utf-8") == todays(), (
        f"The tables are not those of version {version}, which people have in their files. Add a step to MIGRATIONS "
        f"that leads from {golden(version).name} to the new tables, write those to {golden(version + 1).name}, and "
        "keep the old file. (Only a version that was never released may be changed in place.)"
    )


def test_every_version_has_its_file() -> None:
    assert sorted(HERE.glob("schema-*.sql")) == sorted(golden(one) for one in range(1, version_after(MIGRATIONS) + 1))


@pytest.mark.parametrize("version", range(1, version_after(MIGRATIONS) + 1))
def test_the_tables_of_every_version_become_those_of_today(version: int, tmp_path: Path) -> None:
    with closing(connect()) as connection:
        connection.executescript(golden(version).read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA user_version = {version}")
        upgrade(connection, MIGRATIONS, tmp_path / "x.sqlite")
        assert schema_of(connection) == todays()
        assert connection.execute("PRAGMA user_version").fetchone()[0] == version_after(MIGRATIONS)


# steps of a vendor that has changed its tables twice ------------------------------------------------------------------


FUTURE = MetaData()
Table("toybox_keys", FUTURE, Column("key", String, primary_key=True), Column("owner", String), Column("since", Integer))
toys.to_metadata(FUTURE)
Table("toybox_shelves", FUTURE, Column("number", Integer, primary_key=True), Column("toys", Integer))
LATER = replace(VENDOR, metadata=FUTURE)


def _keys_have_a_date(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE toybox_keys ADD COLUMN since INTEGER")
    connection.execute("UPDATE toybox_keys SET since = 7")


def _toys_stand_on_shelves(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE toybox_shelves (number INTEGER NOT NULL, toys INTEGER, PRIMARY KEY (number))")
    connection.execute("INSERT INTO toybox_shelves SELECT 1, count(*) FROM toybox_toys")


def _fails(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM toybox_toys")
    connection.execute("INSERT INTO nowhere VALUES (1)")


STEPS: tuple[Migration, ...] = (_keys_have_a_date, _toys_stand_on_shelves)


@pytest.fixture
def fixtures(tmp_path: Path) -> Path:
    (tmp_path / "toys.yaml").write_text(TOYS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def kept(tmp_path: Path, fixtures: Path) -> Path:
    """By version 1: two toys, of which a snapshot has one, a posted scenario that has none, and a log."""
    with living(tmp_path / "first", (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        client.headers.update(KEY)
        posted = {"name": "posted", "toybox": {"keys": {"k-1": "maker", "k-2": "maker"}}}
        client.post(f"{CONTROL}/scenarios", json=posted).raise_for_status()
        client.post(f"{CONTROL}/reset", json={"scenario": "toys"}).raise_for_status()
        client.post(f"{CONTROL}/snapshots", json={"name": "one"}).raise_for_status()
        client.put("/toybox/shelf/duck", json={"price": 1}).raise_for_status()
        client.put(f"{CONTROL}/clock", json={"mode": "frozen", "now": "2026-06-01"}).raise_for_status()
        return as_killed(tmp_path / "first", tmp_path / "kept")


@pytest.fixture
def version(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Become another version of the program: ``version(3)``."""
    return lambda number: monkeypatch.setattr("emulator.core.keeping.vault.MIGRATIONS", STEPS[: number - 1])


def rows(client: httpx.Client, table: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.get(f"{CONTROL}/state").json()["vendors"]["toybox"][table]
    return found


def test_rows_scenarios_and_snapshots_go_through_every_step(
    kept: Path, fixtures: Path, version: Callable[[int], None]
) -> None:
    version(3)
    for _ in range(2):
        with living(kept, (LATER,), scenario="toys", fixtures=fixtures) as client:
            assert rows(client, "keys") == [{"key": "k-1", "owner": "maker", "since": 7}]
            assert rows(client, "shelves") == [{"number": 1, "toys": 2}]
            assert [row["name"] for row in rows(client, "toys")] == ["bear", "duck"]
            assert client.get(f"{CONTROL}/clock").json()["now"] == "2026-06-01T00:00:00Z"
    with living(kept, (LATER,), scenario="toys", fixtures=fixtures) as client:
        client.post(f"{CONTROL}/snapshots/one/restore").raise_for_status()
        assert rows(client, "shelves") == [{"number": 1, "toys": 1}]
        client.post(f"{CONTROL}/reset", json={"scenario": "posted"}).raise_for_status()
        assert [row["since"] for row in rows(client, "keys")] == [7, 7]
        assert rows(client, "shelves") == [{"number": 1, "toys": 0}]


def test_a_version_in_between_takes_only_the_steps_that_are_left(
    kept: Path, fixtures: Path, version: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    version(2)
    with_date: Vendor = replace(VENDOR, metadata=_only("toybox_keys", "toybox_toys"))
    with living(kept, (with_date,), scenario="toys", fixtures=fixtures) as client:
        client.put("/toybox/shelf/owl", json={"price": 1}, headers=KEY).raise_for_status()
    monkeypatch.setattr("emulator.core.keeping.vault.MIGRATIONS", (_fails, _toys_stand_on_shelves))
    with living(kept, (LATER,), scenario="toys", fixtures=fixtures) as client:
        assert rows(client, "shelves") == [{"number": 1, "toys": 3}]


def _only(*names: str) -> MetaData:
    some = MetaData()
    for name in names:
        FUTURE.tables[name].to_metadata(some)
    return some


def test_a_step_that_fails_leaves_the_file_as_it_was_and_refuses_to_start(
    kept: Path, fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.core.keeping.vault.MIGRATIONS", (_keys_have_a_date, _fails))
    file = kept / "namespaces" / "default.sqlite"
    emulator = Emulator(Options(data_dir=kept, scenario="toys", fixtures=fixtures), vendors=(LATER,))
    with pytest.raises(KeepingError) as caught:
        emulator.prepare()
    assert str(caught.value) == (
        f"{file} cannot be upgraded from tables 1 to 3 and was left as it is: no such table: nowhere"
    )
    assert not (kept / "damaged").exists()
    monkeypatch.undo()
    with living(kept, (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        assert [row["name"] for row in rows(client, "toys")] == ["bear", "duck"]


def test_an_upgrade_that_is_cut_short_has_not_happened(kept: Path, tmp_path: Path) -> None:
    """Whatever a process has written when it is killed during a step, its successor finds the file as it was."""
    file = kept / "namespaces" / "default.sqlite"
    found: list[str] = []

    def killed(connection: sqlite3.Connection) -> None:
        if found:
            return  # an image, after the tables of the world itself
        connection.execute("PRAGMA cache_size = 1")  # so that pages go to the log long before the end
        connection.execute("CREATE TABLE ballast (x)")
        many = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3000)"
        connection.execute(f"{many} INSERT INTO ballast SELECT randomblob(400) FROM n")
        copy = shutil.copytree(kept, tmp_path / "copy") / "namespaces" / file.name
        with closing(opened(copy, VENDOR.tables, ())) as again:
            assert copy.with_name(f"{copy.name}-wal").stat().st_size > 1_000_000
            found.extend(row["name"] for row in again.execute("SELECT name FROM toybox_toys"))

    opened(file, VENDOR.tables, (killed,)).close()
    assert found == ["bear", "duck"]


def test_columns_in_another_order_than_new_tables_have_are_refused(
    kept: Path, fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are copied by the places of their columns: such a step would mix them up."""

    def other_way_round(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TABLE toybox_keys")
        connection.execute("CREATE TABLE toybox_keys (owner VARCHAR, key VARCHAR PRIMARY KEY)")

    monkeypatch.setattr("emulator.core.keeping.vault.MIGRATIONS", (other_way_round,))
    emulator = Emulator(Options(data_dir=kept, scenario="toys", fixtures=fixtures), vendors=(VENDOR,))
    with pytest.raises(KeepingError, match="toybox_keys differs in their order"):
        emulator.prepare()


def test_a_new_file_is_stamped_with_its_version(tmp_path: Path, fixtures: Path) -> None:
    with living(tmp_path / "kept", (VENDOR,), scenario="toys", fixtures=fixtures) as client:
        assert everything(client)
        with closing(sqlite3.connect(tmp_path / "kept" / "namespaces" / "default.sqlite")) as file:
            told = [file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id")]
            assert told == [version_after(MIGRATIONS), APPLICATION_ID]
            assert file.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
