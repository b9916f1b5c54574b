"""A snapshot holds the whole state of a world, and its file gives back exactly that or is refused with the reason."""

import base64
import gzip
import io
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table

from emulator.app import Emulator
from emulator.core.clock import REAL, ClockState
from emulator.core.errors import Level, Misuse
from emulator.core.faults import Damage, Fault, Faults
from emulator.core.limits import Adjustment
from emulator.core.snapshots import Snapshot, envelope, take
from emulator.core.snapshots.envelope import Packer
from emulator.core.snapshots.file import read, write
from emulator.core.store import Image, Store, stored_columns
from emulator.core.vendor import Vendor
from emulator.core.world import Bounds, Seed, State, World
from emulator.settings import Options
from tests.toy_vendor import JAMMED, LOST, TIRED, VENDOR, toys

ANYTHING = MetaData()
numbered = Table("toybox_a", ANYTHING, Column("id", Integer, primary_key=True), Column("x", LargeBinary))
unnumbered = Table("toybox_b", ANYTHING, Column("name", String, primary_key=True), Column("x", LargeBinary))
rowless = Table(
    "toybox_c", ANYTHING, Column("name", String, primary_key=True), Column("x", LargeBinary), sqlite_with_rowid=False
)
CHEST = replace(VENDOR, metadata=ANYTHING)
"""A vendor whose columns x take anything, because SQLite converts nothing in a column of blobs."""


def world_of(vendor: Vendor = VENDOR, image: Image | None = None, **seed: Any) -> World:
    content = {"name": "toys", "clock": ClockState("frozen", 1), "entropy": "s", "settings": {"toybox": ToySettings()}}
    planted = image or Store([vendor.metadata]).image()
    return World("w", [vendor], Seed(**{**content, **seed}, image=planted), Bounds())


ToySettings = VENDOR.settings


def rows_of(image: Image, vendor: Vendor) -> dict[str, list[tuple[Any, ...]]]:
    return {table.name: list(image.walk(table, stored_columns(table))) for table in vendor.tables}


def unpacked(content: bytes) -> list[dict[str, Any] | list[Any]]:
    return [orjson.loads(line) for line in gzip.decompress(content).splitlines()]


def packed(lines: list[Any]) -> bytes:
    packer = Packer()
    packer.write([orjson.dumps(line) for line in lines])
    return packer.finish()


def refusal(content: bytes, vendor: Vendor = VENDOR, status: int = 400) -> str:
    with pytest.raises(Misuse) as caught:
        read(content, [vendor])
    assert caught.value.status == status
    return caught.value.detail.removeprefix("the file is refused and nothing has changed: ")


@pytest.fixture(scope="module")
def whole() -> bytes:
    """The file of a world with two toys, of which its scenario had one, a standing fault and a counted limit."""
    store = Store([VENDOR.metadata])
    insert = f"INSERT INTO {toys.name} VALUES (?, ?, ?, ?)"
    store._connection.execute(insert, (1, "bear", 5, "{}"))
    world = world_of(image=store.image())
    world.store._connection.execute(insert, (2, "duck", 6, None))
    world.faults.add(Fault(id=world.faults.new_id(), vendor="toybox", text="lost", damage=Damage(LOST)))
    world.limits.count("toybox", VENDOR.limits[0], "maker", 1, ToySettings())
    world.limits.adjust("toybox", "calls", Adjustment(scale=0.5))
    world.stream("toybox").random()
    return write(take(world, "1.0"), [VENDOR])


# what is carried ------------------------------------------------------------------------------------------------------


values = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
)


@given(st.lists(values))
def test_whatever_a_row_holds_comes_back_exactly(held: list[Any]) -> None:
    world = world_of(CHEST)
    connection = world.store._connection
    connection.executemany("INSERT INTO toybox_a (x) VALUES (?)", [(value,) for value in held])
    connection.executemany("INSERT INTO toybox_b VALUES (?, ?)", [(f"{n}", value) for n, value in enumerate(held)])
    connection.executemany("INSERT INTO toybox_c VALUES (?, ?)", [(f"é{n}", value) for n, value in enumerate(held)])
    snapshot = take(world, "1.0")
    before = rows_of(snapshot.state.image, CHEST)
    after = rows_of(read(write(snapshot, [CHEST]), [CHEST]).state.image, CHEST)
    assert repr(after) == repr(before)  # repr tells 1 from 1.0 and 0.0 from -0.0


@pytest.mark.parametrize("octets", [b"\xed\xa0\x80", b"\xff", b"a\x00\xc3", b"\xc3\xa9\xfe", b"\xef\xbf\xbd\xff"])
def test_text_that_is_not_utf_8_comes_back_to_the_octet(octets: bytes) -> None:
    """A lone surrogate, for one: SQLite's JSON functions make such text, Python could not write it."""
    world = world_of(CHEST)
    world.store._connection.execute("INSERT INTO toybox_a VALUES (1, CAST(? AS TEXT))", (octets,))
    brought = read(write(take(world, "1.0"), [CHEST]), [CHEST])
    (found,) = brought.state.image.copy().execute("SELECT typeof(x), CAST(x AS BLOB) FROM toybox_a").fetchall()
    assert tuple(found) == ("text", octets)


def test_the_order_in_which_rows_are_stored_comes_back() -> None:
    """With its gaps: the next row gets the same number."""
    world = world_of(CHEST)
    connection = world.store._connection
    connection.executemany("INSERT INTO toybox_b VALUES (?, 0)", [("c",), ("a",), ("b",), ("d",)])
    connection.execute("DELETE FROM toybox_b WHERE name = 'a'")
    brought = read(write(take(world, "1.0"), [CHEST]), [CHEST]).state.image.copy()
    assert [tuple(row) for row in brought.execute("SELECT rowid, name FROM toybox_b ORDER BY 1")] == [
        (1, "c"),
        (3, "b"),
        (4, "d"),
    ]


def test_a_table_that_a_reset_would_not_change_is_written_once() -> None:
    store = Store([CHEST.metadata])
    store._connection.executemany("INSERT INTO toybox_a VALUES (?, ?)", [(n, "x") for n in range(100)])
    world = world_of(CHEST, store.image())
    world.store._connection.execute("INSERT INTO toybox_b VALUES ('n', 1)")
    content = write(take(world, "1.0"), [CHEST])
    sections = [line for line in unpacked(content) if isinstance(line, dict) and "table" in line]
    assert [(one["table"], one["images"]) for one in sections] == [
        ("toybox_a", [0, 1]),
        ("toybox_b", [0]),
        ("toybox_b", [1]),
        ("toybox_c", [0, 1]),
    ]
    brought = read(content, [CHEST])
    columns = stored_columns(numbered)
    found, wanted = ([list(one.walk(numbered, columns)) for one in of.images] for of in (brought, take(world, "")))
    assert found == wanted
    assert [one.count(unnumbered) for one in brought.images] == [1, 0]


def test_equal_to_python_is_not_the_same_row() -> None:
    store = Store([CHEST.metadata])
    store._connection.execute("INSERT INTO toybox_a VALUES (1, 1)")
    world = world_of(CHEST, store.image())
    world.store._connection.execute("UPDATE toybox_a SET x = 1.0")
    images = read(write(take(world, "1.0"), [CHEST]), [CHEST]).images
    assert [repr(list(image.walk(numbered, ["x"]))) for image in images] == ["[(1.0,)]", "[(1,)]"]


def test_every_field_of_a_fault_is_carried() -> None:
    """Also those that are yet to be thought of: this fails until they are filled in here."""
    damage = Damage(LOST, 1, True, True, 2, 3, (TIRED, JAMMED))
    fault = Fault(
        id="f7", vendor="toybox", text="lost", damage=damage, operation="getToy", times=9, probability=0.25,
        strikes_at="stored",
        headers={"X-Über": "ä"}, drill="d", fired=4, skipped=5, missed=6, requests=["1", "2"],
    )  # fmt: skip
    plain_fault = Fault(id="", vendor="", text="", damage=Damage())
    assert all(getattr(fault, one.name) != getattr(plain_fault, one.name) for one in fields(Fault))
    assert all(getattr(damage, one.name) != getattr(Damage(), one.name) for one in fields(Damage))
    world = world_of()
    world.faults.add(fault)
    (found,) = Faults.load(read(write(take(world, ""), [VENDOR]), [VENDOR]).state.faults, {"toybox": VENDOR.catalogue})
    assert found == fault
    assert found.damage.failure is LOST


def carried(world: World) -> World:
    """Another world, gone into the state of this one by way of a file."""
    other = world_of(clock=REAL, entropy=None)
    other.go_back(read(write(take(world, "1.0"), [VENDOR]), [VENDOR]).state)
    return other


def test_every_field_of_a_scenario_is_carried() -> None:
    """Also those that are yet to be thought of: this fails until they are filled in here."""
    said = {"name": "n", "description": "d", "clock": ClockState("shifted", 3), "entropy": "e", "planted": 4}
    world = world_of(**said, settings={"toybox": ToySettings(calls_per_second=9)}, source=b'{"name": "\xc3\xa9"}')
    current, posted = world.seed, replace(world.seed, name="posted", description="another", image=world.store.image())
    bare = Seed(name="", clock=REAL, entropy=None, settings={}, image=current.image)
    assert all(getattr(posted, one.name) != getattr(bare, one.name) for one in fields(Seed))
    world.scenarios["posted"] = posted
    state = read(write(take(world, "1.0"), [VENDOR]), [VENDOR]).state
    assert replace(state.seed, image=current.image) == current
    assert {name: replace(seed, image=posted.image) for name, seed in state.scenarios.items()} == {"posted": posted}


def test_windows_and_adjustments_of_limits_are_carried() -> None:
    fixed, rolling = VENDOR.limits[0], replace(VENDOR.limits[0], name="rolling", kind="rolling")
    vendor = replace(VENDOR, limits=[fixed, rolling])
    world = world_of(vendor)
    for limit in (fixed, rolling):
        for now in (1, 2, 3):
            world.limits.count("toybox", limit, "maker", now, ToySettings())
    world.limits.adjust("toybox", "rolling", Adjustment(scale=0.8))
    other = world_of(vendor)
    other.go_back(read(write(take(world, "1.0"), [vendor]), [vendor]).state)
    assert other.limits.dump() == world.limits.dump()
    assert other.limits.headroom("toybox", rolling, 4, ToySettings())[0]["remaining"] == 1


def test_streams_go_on_where_they_were_and_new_ones_begin_alike() -> None:
    world = world_of()
    world.stream("a").gauss(0, 1)
    other = carried(world)
    assert [other.stream(name).gauss(0, 1) for name in "aab"] == [world.stream(name).gauss(0, 1) for name in "aab"]


@pytest.mark.parametrize("clock", [REAL, ClockState("frozen", -5), ClockState("shifted", 10**15)])
def test_the_clock_is_carried(clock: ClockState) -> None:
    world = world_of()
    world.clock.state = clock
    assert carried(world).clock.state == clock


def test_what_answers_may_rely_on_is_carried() -> None:
    world = world_of()
    world.unwanted = Level.ASSUMED
    assert carried(world).unwanted is Level.ASSUMED


def test_what_has_been_worked_out_of_rows_is_forgotten() -> None:
    world = world_of()
    state = take(world, "1.0").state
    world.store.memory["key"] = "value"
    world.go_back(state)
    assert world.store.memory == {}


def test_everything_that_a_world_holds_is_in_its_state_or_deliberately_not() -> None:
    """Whoever gives worlds something more says here what becomes of it in a snapshot."""
    held = {name.removeprefix("_") for name in vars(world_of())}
    renamed = {"store": "image"}
    left = {"name", "vendors", "turn", "journal", "snapshots", "closed", "unwanted_at_start", "former_secrets"}
    left |= {"keeper", "is_changing"}  # where it is kept, not what it is
    assert {renamed.get(name, name) for name in held - left} == {one.name for one in fields(State)} - {"last_request"}


def test_a_world_that_is_closed_can_neither_be_kept_nor_gone_back_in() -> None:
    world = world_of()
    state = take(world, "1.0").state
    world.close()
    for act in (lambda: take(world, "1.0"), lambda: world.go_back(state)):
        with pytest.raises(Misuse, match="'w' was deleted in the meantime") as caught:
            act()
        assert caught.value.status == 409


def test_a_failing_return_changes_nothing() -> None:
    world = world_of()
    world.faults.add(Fault(id="f1", vendor="toybox", text="lost", damage=Damage(LOST)))
    before, rows = take(world, "1.0").state, world.store
    for broken in ({"faults": {"made": 1, "standing": [{"vendor": "x"}]}}, {"streams": {"a": (3, (), None)}}):
        with pytest.raises((ValueError, TypeError)):
            world.go_back(replace(before, clock=REAL, entropy="other", **broken))
    after = world.state()
    assert (after.faults, after.clock, after.entropy) == (before.faults, before.clock, before.entropy)
    assert world.store is rows


def test_the_demo_world_of_all_vendors_comes_back() -> None:
    emulator = Emulator(Options())
    emulator.prepare()
    world, other = emulator.worlds["one"], emulator.worlds["two"]
    content = write(take(world, "1.0"), emulator.vendors)
    world.reset()
    other.store._connection.execute("DELETE FROM talonone_coupons")
    other.go_back(read(content, emulator.vendors).state)
    for vendor in emulator.vendors:
        for table in vendor.tables:
            assert other.store.dump(table) == world.store.dump(table)
    assert write(replace(take(other, "1.0"), taken_at=0), emulator.vendors) == write(
        replace(take(world, "1.0"), taken_at=0), emulator.vendors
    )
    emulator.worlds.drop("one")
    emulator.worlds.drop("two")


# what is refused ------------------------------------------------------------------------------------------------------


def test_no_octet_of_a_file_can_change_unnoticed(whole: bytes) -> None:
    for place in range(len(whole)):
        for mask in (0x01, 0x80):
            broken = bytearray(whole)
            broken[place] ^= mask
            refusal(bytes(broken))


def test_a_file_cut_off_anywhere_is_told_as_such(whole: bytes) -> None:
    for length in range(1, len(whole)):
        reason = refusal(whole[:length])
        assert reason.startswith("it is cut off after" if length > 2 else "it is "), (length, reason)
    assert refusal(b"") == "it is empty"


def test_a_cut_file_says_how_many_rows_there_were() -> None:
    world = world_of(CHEST)
    rows = [(n, base64.b85encode(n.to_bytes(8, "big") * 5)) for n in range(3_000)]
    world.store._connection.executemany("INSERT INTO toybox_a VALUES (?, ?)", rows)
    content = write(take(world, "1.0"), [CHEST])
    reason = refusal(content[: len(content) // 2], CHEST)
    assert 500 < int(reason.removeprefix("it is cut off after ").removesuffix(" rows").replace(",", "")) < 2_900


@given(st.data())
def test_what_is_cut_changed_or_added_anywhere_is_refused(whole: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    broken = whole[:start] + data.draw(st.binary(max_size=50)) + whole[end:]
    if broken != whole:
        refusal(broken)


@given(st.binary(max_size=300))
def test_a_foreign_file_is_refused(content: bytes) -> None:
    refusal(content)
    refusal(gzip.compress(content))


@pytest.mark.parametrize("content", [b"{}", b"name: demo\n", b"PK\x03\x04", b"SQLite format 3\x00", b"\x80\x04K*."])
def test_a_file_of_another_kind_is_told_as_such(content: bytes) -> None:
    assert refusal(content) == "it is not a snapshot: it does not begin as a gzip file does"
    assert refusal(gzip.compress(content)).startswith("it is not a snapshot: its first line does not name the format")


def test_a_file_packed_again_is_refused_because_nothing_tells_that_it_is_whole(whole: bytes) -> None:
    assert "packed again by another program" in refusal(gzip.compress(gzip.decompress(whole)))


Change = Callable[[list[Any]], object]


def put(**said: Any) -> Change:
    return lambda lines: lines[0].update(said)


def section(**said: Any) -> Change:
    """Of the table of toys as it is in the world."""
    return lambda lines: lines[2].update(said)


def row(values: Any) -> Change:
    """In place of the bear, the first of two rows."""
    return lambda lines: lines.__setitem__(3, values)


def fault(**said: Any) -> Change:
    return lambda lines: lines[0]["faults"]["standing"][0].update(said)


def seed(**said: Any) -> Change:
    return lambda lines: lines[0]["seeds"][0].update(said)


def setting(said: Mapping[str, Any]) -> Change:
    return lambda lines: lines[0]["settings"]["toybox"].update(said)


def window(place: int, said: Any) -> Change:
    return lambda lines: lines[0]["limits"]["windows"][0].__setitem__(place, said)


def test_the_lines_of_a_file_are_these(whole: bytes) -> None:
    head, *tables = unpacked(whole)
    assert isinstance(head, dict)
    assert list(head)[:4] == ["format", "version", "made_by", "taken_at"]
    columns = ["seq", "name", "made_at", "details"]
    assert tables == [
        {"table": "toybox_keys", "images": [0, 1], "columns": ["rowid", "key", "owner"], "rows": 0},
        {"table": "toybox_toys", "images": [0], "columns": columns, "rows": 2},
        [1, "bear", 5, "{}"],
        [2, "duck", 6, None],
        {"table": "toybox_toys", "images": [1], "columns": columns, "rows": 1},
        [1, "bear", 5, "{}"],
    ]
    read(packed([head, *tables]), [VENDOR])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (put(version=2), "it was made by a newer version (format 2; this version reads up to 1)"),
        (put(version=0), "it is not a snapshot: 0 is no version of the format"),
        (put(version=True), "it is not a snapshot: True is no version of the format"),
        (put(version="1"), "it is not a snapshot: '1' is no version of the format"),
        (
            put(format="zip"),
            "it is not a snapshot: its first line does not name the format 'martech-emulator snapshot'",
        ),
        (lambda lines: lines.__setitem__(0, []), "it is not a snapshot: its first line does not name the format"),
        (lambda lines: lines.clear(), "it is not a snapshot: its first line does not name the format"),
        (put(moods={}), "head.moods: this version does not know it"),
        (put(entropy=5), "head.entropy: Input should be a valid string"),
        (put(unwanted="hearsay"), "head.unwanted: Input should be 'documented', 'observed', 'inferred' or 'assumed'"),
        (put(settings={}), "it holds nothing of toybox: it was made by a version without that vendor"),
        (setting({"calls_per_minute": 1}), "settings.toybox.calls_per_minute: this version does not know it"),
        (setting({"calls_per_second": "5"}), "settings.toybox.calls_per_second: Input should be a valid integer"),
        (
            lambda lines: lines[0]["settings"].update(bank={}),
            "it holds the vendor 'bank', which this version does not have",
        ),
        (put(clock={"mode": "frozen", "value": 10**18}), "clock: 1000000000000000000 is no frozen clock"),
        (put(clock={"mode": "shifted", "value": -(10**18)}), "clock: -1000000000000000000 is no shifted clock"),
        (put(clock={"mode": "real", "value": 1}), "clock: 1 is no real clock"),
        (put(clock={"mode": "slow", "value": 1}), "head.clock.mode: Input should be 'real', 'frozen' or 'shifted'"),
        (put(taken_at="today"), "'today' is not an RFC 3339 timestamp"),
        (put(streams={"a": {"version": 3, "numbers": [1], "gauss": None}}), "streams.a: is the state of no random"),
        (put(last_request=-1), "head.last_request: Input should be greater than or equal to 0"),
        (put(seeds=[]), "head.seeds: List should have at least 1 item"),
        (put(posted=[1]), "posted: there is no 1 among 1"),
        (put(images=3), "head.images: 3 for 1 scenarios"),
        (put(images=1), "toybox_keys comes more than once for image 1, or there is no such image"),
        (seed(image=7), "seeds[0].image: there is no 7 among 2"),
        (seed(settings={}), "seeds[0].settings.toybox: is missing"),
        (seed(clock={"mode": "frozen", "value": 10**18}), "seeds[0].clock: 1000000000000000000 is no frozen clock"),
        (seed(planted=10**18), "seeds[0].planted: 1000000000000000000 lies outside the years 1 to 9999"),
        (seed(colour="red"), "head.seeds.0.colour: this version does not know it"),
        (fault(vendor="bank"), "faults[0].vendor: there is no vendor 'bank' in this version"),
        (fault(mood="bad"), "faults[0].mood: this version does not know it"),
        (fault(fired="often"), "faults[0].fired: Input should be a valid integer"),
        (fault(times=None, headers=[]), "faults[0].headers: Input should be an object"),
        (fault(damage=None), "faults[0].damage: must be an object"),
        (fault(damage={"failure": "flood"}), "faults[0].damage.failure: there is no failure 'flood' in this version"),
        (fault(damage={"others": "lost"}), "faults[0].damage.others: must be a list"),
        (fault(damage={"others": ["lost", []]}), "faults[0].damage.others[1]: there is no failure [] in this version"),
        (lambda lines: lines[0]["faults"]["standing"][0].pop("text"), "faults[0]: "),
        (window(1, "lives"), "there is no limit 'lives' of toybox in this version"),
        (window(3, {"count": "x"}), "limits of toybox: calls.count: Input should be a valid integer"),
        (window(3, {"tally": 1}), "limits of toybox: calls.tally: this version does not know it"),
        (
            lambda lines: lines[0]["limits"]["adjustments"][0].__setitem__(1, "lives"),
            "there is no limit 'lives' of toybox in this version",
        ),
        (section(table="toybox_dolls"), "it was made with other tables: this version has no toybox_dolls"),
        (section(table="sqlite_master"), "it was made with other tables: this version has no sqlite_master"),
        (section(mood="bad"), "table.mood: this version does not know it"),
        (section(images=[]), "table.images: List should have at least 1 item"),
        (section(images=[0, 0]), "toybox_toys comes more than once for image 0"),
        (section(images=[-1]), "toybox_toys comes more than once for image -1, or there is no such image"),
        (
            section(columns=["seq", "name", "made_at", "x"]),
            "it was made with other tables: toybox_toys has no column x in this version",
        ),
        (section(columns=["seq", "name"]), "it was made with other tables: there is no column made_at of toybox_toys"),
        (
            section(columns=["seq", "name", "made_at", "details", "name"]),
            "it was made with other tables: column name of toybox_toys comes more than once",
        ),
        (section(rows=3), "row.row: Field required"),
        (section(rows=1), "table: Input should be an object"),
        (lambda lines: lines.pop(), "toybox_toys ends after 0 of 1 rows"),
        (lambda lines: lines.append([]), "table: Input should be an object"),
        (lambda lines: lines.append(lines[1]), "toybox_keys comes more than once for image 0"),
        (lambda lines: lines.pop(1), "it was made with other tables: there is no toybox_keys for image 0"),
        (row([1, "bear"]), "toybox_toys, rows 1 to 2: a row is a list of 4 values"),
        (row("bear"), "toybox_toys, rows 1 to 2: a row is a list of 4 values"),
        (row([1, "bear", True, "{}"]), "toybox_toys, rows 1 to 2: a row holds numbers, texts and nulls only"),
        (row([1, "bear", [], "{}"]), "toybox_toys, rows 1 to 2: "),
        (row([1, "bear", 2**63, "{}"]), "toybox_toys, rows 1 to 2: Python int too large to convert to SQLite INTEGER"),
        (row(["one", "bear", 1, "{}"]), "toybox_toys, rows 1 to 2: datatype mismatch"),
        (row([2, "bear", 1, "{}"]), "toybox_toys, rows 1 to 2: UNIQUE constraint failed: toybox_toys.seq"),
        (row({"row": [1, "*", 1, "{}"], "blob": [1]}), "toybox_toys, rows 1 to 2: "),
        (row({"row": [1, "AAAA", 1, "{}"], "blob": [4]}), "toybox_toys, rows 1 to 2: there is nothing to read at 4"),
        (row({"row": [1, "AAAA", 1, "{}"], "text": [0]}), "toybox_toys, rows 1 to 2: there is nothing to read at 0"),
        (
            row({"row": [1, "huge", 1, "{}"], "real": [1]}),
            "toybox_toys, rows 1 to 2: could not convert string to float",
        ),
        (row({"row": [1], "real": []}), "toybox_toys, rows 1 to 2: a row is a list of 4 values"),
        (row({"row": [1, "b", 1, "{}"], "date": [1]}), "row.date: this version does not know it"),
    ],
)
def test_a_file_that_says_what_cannot_be_is_refused_with_the_reason(whole: bytes, change: Change, reason: str) -> None:
    lines = unpacked(whole)
    change(lines)
    assert refusal(packed(lines)).startswith(reason)


def test_a_line_that_is_no_json_is_refused(whole: bytes) -> None:
    lines = gzip.decompress(whole).splitlines()
    for place in range(len(lines)):
        for wrong in (b"", b"{", b"\xff", b'["\\ud800"]', b"[" * 100_000, b"null"):
            packer = Packer()
            packer.write([*lines[:place], wrong, *lines[place + 1 :]])
            refusal(packer.finish())


def test_a_newer_version_is_told_even_of_a_file_packed_again(whole: bytes) -> None:
    lines = unpacked(whole)
    put(version=2, surprise=1)(lines)
    again = gzip.compress(b"\n".join(map(orjson.dumps, lines)))
    assert refusal(again) == "it was made by a newer version (format 2; this version reads up to 1)"


def test_a_file_of_a_build_with_another_vendor_is_refused(whole: bytes) -> None:
    shop = replace(VENDOR, slug="shop", metadata=MetaData())
    with pytest.raises(Misuse, match="it holds nothing of shop"):
        read(whole, [VENDOR, shop])
    with pytest.raises(Misuse, match="it holds the vendor 'toybox', which this version does not have"):
        read(whole, [shop])


def test_a_bomb_is_let_go_when_it_has_unpacked_too_much(monkeypatch: pytest.MonkeyPatch, whole: bytes) -> None:
    bomb = Packer()
    bomb.write([gzip.decompress(whole).splitlines()[0], b" " * 1_000_000])
    content = bomb.finish()
    monkeypatch.setattr(envelope, "MOST_LINE", 500_000)
    assert refusal(content, status=413) == "a line is longer than 500000 bytes"
    monkeypatch.setattr(envelope, "MOST_LINE", 2_000_000)
    monkeypatch.setattr(envelope, "MOST_PLAIN", 500_000)
    assert refusal(content, status=413) == "it unpacks to more than 500000 bytes"
    assert refusal(content[:-1]) == "it is damaged: its checksum is not that of its content"


def test_what_would_be_too_large_to_be_read_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = take(world_of(), "1.0")
    for bound in ("MOST_PLAIN", "MOST_LINE"):
        with monkeypatch.context() as patch:
            patch.setattr(envelope, bound, 100)
            with pytest.raises(Misuse, match="no file is made of it") as caught:
                write(snapshot, [VENDOR])
            assert caught.value.status == 507


def test_a_file_is_gzip_to_everybody_else(whole: bytes) -> None:
    with gzip.open(io.BytesIO(whole), "rt", encoding="utf-8") as lines:
        assert orjson.loads(lines.readline())["made_by"] == "1.0"


def test_the_same_snapshot_gives_the_same_file() -> None:
    snapshot = take(world_of(), "1.0")
    assert write(snapshot, [VENDOR]) == write(snapshot, [VENDOR])


def test_reading_a_file_touches_no_world(whole: bytes) -> None:
    brought = read(whole, [VENDOR])
    assert isinstance(brought, Snapshot)
    assert brought.rows == {"toybox": 2}
    assert (brought.made_by, brought.taken_at) == ("1.0", 1)
