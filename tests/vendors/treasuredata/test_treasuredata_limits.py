"""Limits: exactly as much as the vendor allows is accepted, and one more is refused with the figure and the rule."""

from typing import Any

import pytest

from tests.vendors.treasuredata.shop import NOW, Refused, Shop, column, section, sections, shop, whole

SEGMENT = "parent_segments[0]"
DAY = {"value": 1, "unit": "day"}
FED = {"realtimeKeyEventId": "views"}
PRODUCTS = {"name": "products", "keyColumn": "sku", "rows": [{"sku": "shoe", "price": 90}]}


def single(number: int, **parts: Any) -> dict[str, Any]:
    return {**FED, "identifier": f"s{number}", "type": "single", "valueColumn": "p", "dataType": "string", **parts}


def listing(**parts: Any) -> dict[str, Any]:
    return {**FED, "identifier": "l", "type": "list", "idColumn": "p", "maxItems": 1, "duration": DAY, **parts}


def counter(number: int) -> dict[str, Any]:
    increment = {"type": "const", "value": 1}
    return {**FED, "identifier": f"c{number}", "type": "counter", "increment": increment, "duration": DAY}


def look_up(number: int) -> dict[str, Any]:
    return {
        "identifier": f"k{number}",
        "type": "lookupCatalog",
        "lookupCatalogTableName": "products",
        "lookupCatalogColumns": [{"name": "price", "dataType": "number"}],
        "lookupKeys": [{"id": "s0", "type": "single"}],
    }


def imported(number: int) -> dict[str, Any]:
    return {"identifier": f"i{number}", "type": "imported", "column": "x"}


def with_tables(count: int) -> dict[str, Any]:
    segment = shop()
    segment["realtime_setting"]["eventTables"] += [{"database": "db0", "table": f"t_{n}"} for n in range(count - 2)]
    return segment


def with_keys(count: int) -> dict[str, Any]:
    segment = shop()
    segment["realtime_setting"]["keyColumns"] += [{"name": f"k{n}"} for n in range(count - 2)]
    return segment


def with_attributes(fed: int) -> dict[str, Any]:
    """As many of single, list and counter in all, and imported ones, which do not count."""
    attributes = [listing(), *map(counter, range(50)), *map(single, range(fed - 51)), *map(imported, range(100))]
    return shop(realtime_attributes=attributes)


def with_all(count: int) -> dict[str, Any]:
    """100 keys, 200 attributes that events feed, and the rest look-ups."""
    attributes = [*map(single, range(200)), *map(look_up, range(count - 300)), *map(imported, range(100))]
    return {**with_keys(100), "realtime_attributes": attributes, "catalog_tables": [PRODUCTS]}


def with_filters(count: int) -> dict[str, Any]:
    """Two filters of as many characters in all: columns, operators and operands."""
    segment = shop()
    first, second = segment["realtime_key_events"]
    first["filterRule"] = column("event", "Equal", rightValue="x" * (count - 10 - 18), **{"not": True})
    second["filterRule"] = {
        "type": "Or",
        "description": "Described at length, which counts nothing",
        "conditions": [
            {"type": "Column", "column": "price", "operator": {"type": "Greater", "rightValue": 10}},
            {"type": "Column", "column": "c", "operator": {"type": "In", "rightValues": [1]}, "arrayMatching": "all"},
        ],
    }
    return segment


def with_list(items: int = 1, duration: Any = DAY) -> dict[str, Any]:
    return shop(realtime_attributes=[listing(maxItems=items, duration=duration)])


@pytest.mark.parametrize(
    ("most", "more", "sentence"),
    [
        (
            with_tables(100),
            with_tables(101),
            "realtime_setting.eventTables: 101 event tables; a parent segment has at most 100",
        ),
        (
            with_keys(100),
            with_keys(101),
            "realtime_setting.keyColumns: 101 key columns; a parent segment has at most 100",
        ),
        (
            with_attributes(200),
            with_attributes(201),
            "realtime_attributes: 201 single, list and counter attributes; a parent segment has at most 200",
        ),
        (
            with_all(600),
            with_all(601),
            "realtime_attributes: 601 attributes, look-ups and key columns together; a parent segment has at most 600",
        ),
        (
            with_filters(1_000),
            with_filters(1_001),
            (
                "realtime_key_events: their filters have 1001 characters of columns, operators and operands; all of a "
                "parent segment together have at most 1000"
            ),
        ),
        (
            with_list(100),
            with_list(101),
            "realtime_attributes[0].maxItems: 101 is more than the 100 items a list may have",
        ),
        (
            with_list(duration={"value": 60, "unit": "day"}),
            with_list(duration={"value": 60 * 24 + 1, "unit": "hour"}),
            "realtime_attributes[0].duration: is longer than the 60 days a list may reach back",
        ),
    ],
)
def test_at_load_the_limit_itself_passes_and_one_more_is_refused(
    td: Shop, refused: Refused, most: dict[str, Any], more: dict[str, Any], sentence: str
) -> None:
    td.open(most)
    assert refused(whole(more)) == f"{SEGMENT}.{sentence}"


def test_fifty_tokens_of_a_service_pass_and_one_more_is_refused(td: Shop, refused: Refused) -> None:
    def tokens(count: int) -> list[dict[str, Any]]:
        return [{"name": "s", "reactor": 8, "tokens": [{"name": str(n), "value": f"{n:032x}"} for n in range(count)]}]

    td.open(personalization_services=tokens(50))
    assert refused(whole(personalization_services=tokens(51))) == (
        "personalization_services[0].tokens: has 51 tokens; a service has at most 50"
    )


def test_an_output_name_has_256_characters_at_most(td: Shop) -> None:
    longest = "x" * 256
    td.open(shop(realtime_personalizations=sections(section(texts={longest: "hi"}))))
    assert td.attributes({}) == {longest: "hi"}


# values ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data_type", "fits", "too_large"),
    [
        ("string", "x" * 500, "x" * 501),
        ("string", "ü" * 250, "ü" * 250 + "x"),
        ("string", "👟" * 125, "👟" * 125 + "x"),
        ("number", "0" * 62 + "7", "0" * 500 + "7"),
    ],
)
@pytest.mark.proves("treasuredata.value_size")
def test_a_single_value_has_500_bytes_at_most(td: Shop, data_type: str, fits: str, too_large: str) -> None:
    shown = sections(section(attributes={"a": "s0"}))
    td.open(shop(realtime_attributes=[single(0, dataType=data_type)], realtime_personalizations=shown))
    kept = td.attributes({"client": "c", "p": fits})["a"]
    assert kept == (fits if data_type == "string" else 7)
    refused = td.send({"client": "c", "p": too_large})
    assert refused.json()["offers"]["offer"]["attributes"] == {"a": kept}
    assert refused.headers["x-emulator-provenance"] == "assumed"


@pytest.mark.proves("treasuredata.value_size")
def test_an_item_of_a_list_has_500_bytes_at_most(td: Shop) -> None:
    names = [{"identifier": "notes", "column": "note", "aggregationType": "distinct_list"}]
    made = listing(maxItems=100, fields=["note"], aggregations=names)
    td.open(
        shop(realtime_attributes=[made], realtime_personalizations=sections(section(attributes={"a": ("l", "notes")})))
    )
    fits = "x" * (500 - len('{"p":"1","note":""}'))
    assert td.attributes({"client": "c", "p": "1", "note": fits}) == {"a": [fits]}
    assert td.attributes({"client": "c", "p": "2", "note": fits + "x"}) == {"a": [fits]}
    assert td.attributes({"client": "c", "p": "1", "note": fits + "x"}) == {"a": [fits]}
    assert td.attributes({"client": "c", "p": "3", "note": "short"}) == {"a": [fits, "short"]}


def test_a_list_of_a_hundred_items_is_shown_whole_however_large_the_answer(td: Shop) -> None:
    ids = [{"identifier": "ids", "column": "p", "aggregationType": "distinct_list"}]
    made = listing(maxItems=100, aggregations=ids)
    td.open(
        shop(realtime_attributes=[made], realtime_personalizations=sections(section(attributes={"a": ("l", "ids")})))
    )
    sent = [f"{number:03}" + "x" * 200 for number in range(101)]
    for number, product in enumerate(sent):
        response = td.send({"client": "c", "p": product, "time": NOW - 200 + number})
    assert response.json()["offers"]["offer"]["attributes"]["a"] == sent[1:]
    assert len(response.content) > 10 * 1024
    assert response.status_code == 200
