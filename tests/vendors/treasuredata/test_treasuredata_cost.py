"""What an event costs: the same in a crowded world as in an empty one, and no more for what it does not touch."""

from typing import Any

from emulator.core.work import Work
from emulator.vendors.treasuredata import VENDOR, tables
from tests.vendors.treasuredata.shop import NOW, Shop, about, section, sections, shop

OTHERS = 20_000
DAY = {"value": 1, "unit": "day"}
FED = {"realtimeKeyEventId": "views"}


def busy() -> dict[str, Any]:
    """Attributes of all types, a catalog, and sections that ask for them."""
    products = [{"identifier": "names", "column": "p", "aggregationType": "distinct_list"}]
    attributes = [
        {**FED, "identifier": "last", "type": "single", "valueColumn": "p", "dataType": "string"},
        {**FED, "identifier": "seen", "type": "list", "idColumn": "p", "maxItems": 9, "duration": DAY},
        {**FED, "identifier": "n", "type": "counter", "increment": {"type": "const", "value": 1}, "duration": DAY},
    ]
    attributes[1]["aggregations"] = products
    made = section(
        attributes={"last": "last", "names": ("seen", "names"), "n": "n", "tier": "tier"},
        segments=["7"],
        criteria={"profileCriteria": about("n", "Greater", rightValue=0)},
    )
    made["payload"]["node"]["definition"]["catalogPayload"] = [
        {"catalogName": "products", "lookupAttributeId": "seen", "lookupColumn": "price", "outputName": "prices"}
    ]
    return shop(
        realtime_attributes=attributes,
        realtime_imported_attributes=[{"column": "tier"}],
        batch_profiles=[{"key": "ana", "attributes": {"tier": "gold"}, "segments": ["7"]}],
        catalog_tables=[{"name": "products", "keyColumn": "sku", "rows": [{"sku": "shoe", "price": 90}]}],
        realtime_personalizations=sections(made),
    )


def crowd(work: Work, count: int) -> None:
    """Events, profiles with two ids each, batch profiles and catalog rows of others."""
    states = '{"last":{"at":[1,1],"value":"x"}}'
    scope, numbers = {"parent_segment": "100"}, range(count)
    about_event = {"account": "1", "database": "shop_db", "table": "views", "time": NOW, "json": "{}"}
    work.db.many(tables.ADD_EVENT, ({**about_event, "uuid": f"u-{n}"} for n in numbers))
    work.db.many(tables.ADD_PROFILE, ({**scope, "rid": f"r-{n}", "created_at": 1, "states": states} for n in numbers))
    for key in ("client", "email"):
        about_id = {**scope, "key": key, "added_at": 1}
        work.db.many(tables.ADD_ID, ({**about_id, "value": f"{key}-{n}", "rid": f"r-{n}"} for n in numbers))
    batch = {**scope, "attributes": '{"tier":"tin"}', "segments": "[]"}
    work.db.many(tables.ADD_BATCH_PROFILE, ({**batch, "key": f"email-{n}"} for n in numbers))
    row = {**scope, "catalog": "products", "columns": '{"price":1}'}
    work.db.many(tables.ADD_CATALOG_ROW, ({**row, "key": f"sku-{n}"} for n in numbers))


def costs(td: Shop) -> list[int]:
    """SQLite's steps, in tens, for events that make a profile, feed it, join an id, and merge two."""
    events = (
        {"client": "c", "p": "shoe"},
        {"client": "c", "p": "tent"},
        {"client": "c", "email": "ana", "p": "shoe"},
        {"client": "d", "p": "shoe"},
        {"client": "d", "email": "ana", "p": "boat"},
    )
    return [td.world.store.cost(lambda event=event: td.send(event)) for event in events]


def test_an_event_costs_the_same_however_many_others_there_are(td: Shop) -> None:
    td.open(busy())
    alone = costs(td)
    td.open(busy())
    with td.world.turn:
        crowd(td.world.work(VENDOR), OTHERS)
    crowded = costs(td)
    assert all(0 < cost <= 200 for cost in alone), alone
    assert all(now <= before * 1.2 + 3 for before, now in zip(alone, crowded, strict=True)), (alone, crowded)
    assert td.offers({"client": "c"})["offer"]["attributes"]["prices"] == [90]


def test_an_event_that_feeds_nothing_writes_nothing_but_itself(td: Shop) -> None:
    td.open(busy())
    td.send({"client": "c", "p": "shoe"})
    before = {table.name: td.world.store.dump(table) for table in VENDOR.tables if table is not tables.events}
    td.send({"client": "c", "p": "shoe"}, "/treasuredata/shop_db/carts")
    assert {name: td.stored(name.removeprefix("treasuredata_")) for name in before} == before
    assert len(td.stored("events")) == 2
