"""A world's rows: statements, transactions, images."""

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import bindparam, select

from emulator.core.store import MOST_INTEGER, Statement, Store
from tests.toy_vendor import ADD_KEY, FIND_KEY, FIND_TOY, METADATA, PUT_TOY, keys, toys

ALL_TOYS = Statement(select(toys).order_by(toys.c.seq))


@pytest.fixture
def store() -> Iterator[Store]:
    one = Store([METADATA])
    yield one
    one.close()


def put(store: Store, *names: str) -> None:
    for name in names:
        store.run(PUT_TOY, name=name, made_at=1, details='{"price":1}')


def names(store: Store) -> list[str]:
    return [row["name"] for row in store.all(ALL_TOYS)]


def test_a_statement_finds_what_another_wrote(store: Store) -> None:
    store.run(ADD_KEY, key="k-1", owner="ana")
    row = store.one(FIND_KEY, key="k-1")
    assert row is not None
    assert row["owner"] == "ana"
    assert store.one(FIND_KEY, key="k-2") is None


def test_columns_left_out_of_an_insert_are_null(store: Store) -> None:
    store.run(ADD_KEY, key="k-1")
    row = store.one(FIND_KEY, key="k-1")
    assert row is not None
    assert row["owner"] is None


def test_a_statements_own_literals_are_bound(store: Store) -> None:
    put(store, "bear", "duck")
    bears = Statement(select(toys.c.name).where(toys.c.name == "bear", toys.c.made_at == bindparam("made_at")))
    assert [row["name"] for row in store.all(bears, made_at=1)] == ["bear"]


def test_many_rows_are_written_at_once(store: Store) -> None:
    store.many(ADD_KEY, ({"key": f"k-{number}", "owner": "ana"} for number in range(100)))
    assert len(store.dump(keys)) == 100


def test_an_insert_tells_its_rowid_and_a_write_its_count(store: Store) -> None:
    assert store.insert(PUT_TOY, name="bear", made_at=1, details="{}") == 1
    assert store.insert(PUT_TOY, name="duck", made_at=1, details="{}") == 2
    assert store.run(Statement(toys.delete().where(toys.c.name == bindparam("gone"))), gone="duck") == 1


def test_integers_fit_sqlite_to_the_last_one(store: Store) -> None:
    store.run(PUT_TOY, name="bear", made_at=MOST_INTEGER, details="{}")
    with pytest.raises(OverflowError):
        store.run(PUT_TOY, name="duck", made_at=MOST_INTEGER + 1, details="{}")


def test_a_rollback_undoes_a_transaction(store: Store) -> None:
    store.begin()
    put(store, "bear")
    store.rollback()
    assert names(store) == []
    store.rollback()


def test_transactions_follow_each_other(store: Store) -> None:
    for name, keep in (("bear", True), ("duck", False), ("fox", True)):
        store.begin()
        put(store, name)
        store.commit() if keep else store.rollback()
    assert names(store) == ["bear", "fox"]


def test_an_image_can_be_put_back_any_number_of_times(store: Store) -> None:
    put(store, "bear")
    image = store.image()
    for _ in range(3):
        put(store, "duck", "fox")
        store.restore(image)
        assert names(store) == ["bear"]


def test_images_are_put_back_in_turns_with_and_without_writing_in_between(store: Store) -> None:
    empty = store.image()
    put(store, "bear")
    one = store.image()
    for written in (False, True, False):
        for image, found in ((empty, []), (empty, []), (one, ["bear"]), (one, ["bear"])):
            store.restore(image)
            assert names(store) == found
            if written:
                put(store, "duck")


def test_calls_begin_and_end_within_what_can_be_put_back(store: Store) -> None:
    image = store.image()
    for _ in range(2):
        store.restore(image)
        store.rollback()
        for name, keep in (("bear", True), ("duck", False), ("fox", True)):
            store.begin()
            put(store, name)
            store.begin()
            put(store, f"small {name}")
            store.commit()
            store.commit() if keep else store.rollback()
        store.rollback()
        assert names(store) == ["bear", "small bear", "fox", "small fox"]
    store.restore(image)
    assert names(store) == []


def test_an_image_can_be_made_of_what_can_be_put_back(store: Store) -> None:
    empty = store.image()
    store.restore(empty)
    put(store, "bear")
    one = store.image()
    put(store, "duck")
    for image, found in ((one, ["bear"]), (empty, []), (one, ["bear"])):
        store.restore(image)
        assert names(store) == found


def test_a_call_that_is_open_ends_with_what_is_put_back(store: Store) -> None:
    image = store.image()
    for _ in range(3):
        store.restore(image)
        store.begin()
        put(store, "bear")
    store.restore(image)
    store.rollback()
    assert names(store) == []


def test_what_was_adopted_is_replaced_by_an_image_that_was_there_before(store: Store) -> None:
    put(store, "bear")
    image = store.image()
    store.restore(image)
    put(store, "duck")
    store.adopt(store.image().copy())
    assert names(store) == ["bear", "duck"]
    store.restore(image)
    assert names(store) == ["bear"]


def test_what_was_worked_out_is_forgotten_although_nothing_was_written(store: Store) -> None:
    image = store.image()
    for _ in range(2):
        store.restore(image)
        store.memory["toys"] = 0
        store.restore(image)
        assert store.memory == {}


def test_an_image_is_not_changed_by_a_store_made_from_it(store: Store) -> None:
    put(store, "bear")
    image = store.image()
    other = Store([METADATA], image)
    put(other, "duck")
    store.restore(image)
    assert (names(other), names(store)) == (["bear", "duck"], ["bear"])
    other.close()


def test_some_tables_can_be_put_back_alone(store: Store) -> None:
    put(store, "bear")
    store.run(ADD_KEY, key="k-1", owner="ana")
    image = store.image()
    put(store, "duck")
    store.run(ADD_KEY, key="k-2", owner="bob")
    store.restore_tables(image, [toys])
    assert names(store) == ["bear"]
    assert len(store.dump(keys)) == 2


def test_a_failed_restoring_of_tables_changes_nothing(store: Store) -> None:
    put(store, "bear")
    image = store.image()
    put(store, "duck")
    with pytest.raises(sqlite3.OperationalError):
        store.restore_tables(image, [toys, toys.to_metadata(METADATA.__class__(), name="toybox_nowhere")])
    assert names(store) == ["bear", "duck"]


def test_a_dump_has_json_as_json(store: Store) -> None:
    store.run(PUT_TOY, name="bear", made_at=7, details='{"price":1,"colours":["red"]}')
    store.run(PUT_TOY, name="ghost", made_at=None, details=None)
    assert store.dump(toys) == [
        {"seq": 1, "name": "bear", "made_at": 7, "details": {"price": 1, "colours": ["red"]}},
        {"seq": 2, "name": "ghost", "made_at": None, "details": None},
    ]


def test_the_cost_of_a_look_up_by_index_does_not_grow_with_the_rows(store: Store) -> None:
    put(store, "bear")
    few = store.steps(FIND_TOY, name="bear")
    put(store, *(f"toy-{number}" for number in range(2_000)))
    assert store.steps(FIND_TOY, name="bear") <= few + 1
    assert store.steps(ALL_TOYS) > 100
    assert not any("SCAN" in step for step in store.plan(FIND_TOY, name="bear"))
