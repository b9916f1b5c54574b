"""Catalogs: values of attributes, looked up in tables that a scenario gives."""

from typing import Any

import pytest

from tests.vendors.treasuredata.shop import NOW, Refused, Shop, about, section, sections, shop, whole

DAY = {"value": 1, "unit": "day"}
ROWS = [
    {"sku": "shoe", "price": 90, "tags": ["new", "blue"], "left": None},
    {"sku": "tent", "price": 250.5, "tags": []},
    {"sku": 42, "price": 1},
    {"sku": True, "price": 2},
]
PRODUCTS = {"name": "products", "keyColumn": "sku", "rows": ROWS}
LAST = {
    "identifier": "last",
    "type": "single",
    "realtimeKeyEventId": "views",
    "valueColumn": "p",
    "dataType": "string",
}
SEEN = {
    "identifier": "seen",
    "type": "list",
    "realtimeKeyEventId": "views",
    "idColumn": "p",
    "maxItems": 5,
    "duration": DAY,
}
LOOK_UP = {
    "identifier": "product",
    "name": "Product",
    "id": "9",
    "type": "lookupCatalog",
    "lookupCatalogTableName": "products",
    "lookupCatalogColumns": [{"name": "price", "dataType": "number"}, {"name": "tags", "dataType": "string"}],
    "lookupKeys": [{"id": "last", "type": "single"}],
}


def looked_up(column: str = "price", key: str = "last", output: str = "found", catalog: str = "products") -> Any:
    return {"catalogName": catalog, "lookupAttributeId": key, "lookupColumn": column, "outputName": output}


def carrying(*items: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A section with these look-ups and nothing else, save what `parts` say."""
    made = section(**{"texts": {}, **parts})
    made["payload"]["node"]["definition"]["catalogPayload"] = list(items)
    return made


def stocked(*made: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {
        **shop(
            realtime_attributes=[LAST, SEEN],
            catalog_tables=[PRODUCTS],
            realtime_personalizations=sections(*made),
        ),
        **parts,
    }


def seen(td: Shop, *products: Any) -> Any:
    """What is found after these events of one profile."""
    shown = None
    for product in products:
        shown = td.attributes({"client": "c", "p": product})
    return (shown or {}).get("found")


@pytest.mark.parametrize(
    ("product", "column", "found"),
    [
        ("shoe", "price", 90),
        ("tent", "price", 250.5),
        ("shoe", "tags", ["new", "blue"]),
        ("tent", "tags", []),
        ("shoe", "sku", "shoe"),
        ("42", "price", 1),
        (42, "sku", 42),
        ("true", "price", 2),
        ("shoe", "left", None),
        ("42", "tags", None),
        ("boat", "price", None),
        ("Shoe", "price", None),
        ("", "price", None),
    ],
)
def test_a_single_attribute_is_looked_up(td: Shop, product: Any, column: str, found: Any) -> None:
    td.open(stocked(carrying(looked_up(column))))
    assert seen(td, product) == found


@pytest.mark.proves("treasuredata.catalogs")
def test_of_a_list_every_item_is_looked_up_in_the_order_of_its_first_appearance(td: Shop) -> None:
    td.open(stocked(carrying(looked_up(key="seen"))))
    assert seen(td, "tent", "boat", "shoe", "tent", 42) == [250.5, 90, 1]


def test_of_a_list_whose_items_are_in_no_catalog_there_is_no_value(td: Shop) -> None:
    td.open(stocked(carrying(looked_up(key="seen"))))
    assert seen(td, "boat") is None
    assert td.offers({"client": "d"}) == {"offer": {"attributes": {}}}
    assert td.offers({}) == {"offer": {"attributes": {}}}


def test_items_that_have_left_the_list_are_looked_up_no_more(td: Shop) -> None:
    td.open(stocked(carrying(looked_up(key="seen"))))
    td.send({"client": "c", "p": "shoe", "time": NOW - 86_399})
    assert seen(td, "tent") == [90, 250.5]
    td.wait(1)
    assert seen(td, "tent") == [250.5]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("attributes", {"attributes": {"last": "shoe", "hi": "Hello", "found": 90}, "batch_segments": []}),
        (
            "separate",
            {
                "attributes": {"last": "shoe", "hi": "Hello"},
                "catalog_lookups": {"found": 90},
                "batch_segments": [],
            },
        ),
    ],
)
@pytest.mark.proves("treasuredata.catalog_lookups", "treasuredata.default.catalog_lookups")
def test_look_ups_come_after_attributes_and_texts_or_in_a_part_of_their_own(
    td: Shop, setting: str, expected: dict[str, Any]
) -> None:
    made = carrying(looked_up(), attributes={"last": "last"}, texts={"hi": "Hello"}, segments=["7"])
    td.open(stocked(made), settings={"catalog_lookups": setting})
    [offer] = td.offers({"client": "c", "p": "shoe"}).values()
    assert offer == expected
    assert [*offer] == [*expected]
    assert [*offer["attributes"]] == [*expected["attributes"]]


def test_a_section_of_look_ups_alone_has_no_attributes_where_they_are_separate(td: Shop) -> None:
    td.open(stocked(carrying(looked_up())), settings={"catalog_lookups": "separate"})
    assert td.offers({"client": "c", "p": "shoe"}) == {"offer": {"catalog_lookups": {"found": 90}}}
    assert td.offers({"client": "c", "p": "boat"}) == {"offer": {"catalog_lookups": {}}}


def test_a_look_up_that_finds_nothing_can_be_null(td: Shop) -> None:
    td.open(stocked(carrying(looked_up())), settings={"missing_attribute": "null"})
    assert td.offers({"client": "c", "p": "boat"}) == {"offer": {"attributes": {"found": None}}}


def test_an_answer_with_a_look_up_is_assumed(td: Shop) -> None:
    td.open(stocked(carrying(looked_up())))
    assert td.send({"client": "c", "p": "shoe"}).headers["x-emulator-provenance"] == "assumed"


@pytest.mark.parametrize("name", ["product", "Product", "9", "products"])
def test_a_payload_names_a_catalog_by_its_attribute_or_its_table(td: Shop, name: str) -> None:
    td.open(stocked(carrying(looked_up(catalog=name)), realtime_attributes=[LAST, SEEN, LOOK_UP]))
    assert seen(td, "shoe") == 90


# lookupCatalog attributes ---------------------------------------------------------------------------------------------


def test_a_look_up_attribute_is_the_row_of_its_columns_or_one_of_them(td: Shop) -> None:
    shown = section(attributes={"found": "9", "tags": ("9", "tags")})
    td.open(stocked(shown, realtime_attributes=[LOOK_UP, LAST, SEEN]))
    expected = {"found": {"price": 90, "tags": ["new", "blue"]}, "tags": ["new", "blue"]}
    assert td.attributes({"client": "c", "p": "shoe"}) == expected
    assert td.attributes({"client": "c", "p": "42"}) == {"found": {"price": 1}}
    assert td.attributes({"client": "c", "p": "boat"}) == {}


def test_the_first_key_that_has_a_row_counts(td: Shop) -> None:
    keys = [{"id": "fav", "type": "imported"}, {"id": "last", "type": "single"}, {"id": "seen", "type": "list"}]
    segment = stocked(
        section(attributes={"found": ("9", "price")}),
        realtime_attributes=[LAST, SEEN, {**LOOK_UP, "lookupKeys": keys}],
        realtime_imported_attributes=[{"column": "fav"}],
        batch_profiles=[{"key": "a", "attributes": {"fav": "tent"}}, {"key": "b", "attributes": {"fav": "boat"}}],
    )
    td.open(segment)
    assert td.attributes({"email": "a", "p": "shoe"}) == {"found": 250.5}
    assert td.attributes({"email": "b", "p": "shoe"}) == {"found": 90}
    assert td.attributes({"email": "b", "p": "boat"}) == {"found": [90]}


def test_criteria_can_ask_for_a_column_of_a_look_up(td: Shop) -> None:
    dear = {"profileCriteria": about("9", "Greater", rightValue=100)}
    dear["profileCriteria"]["conditions"][0]["subAttributeIdentifier"] = "price"
    td.open(stocked(section(criteria=dear), realtime_attributes=[LAST, SEEN, LOOK_UP]))
    assert [td.enters({"client": "c", "p": product}) for product in ("shoe", "tent", "boat")] == [False, True, False]


# sensitivity ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sensitive", "catalog", "hidden"),
    [
        ({}, "products", False),
        ({"last"}, "products", True),
        ({"product"}, "product", True),
        ({"product"}, "products", False),
        ({"seen"}, "product", False),
    ],
)
def test_a_look_up_is_as_sensitive_as_its_key_and_its_attribute(
    td: Shop, sensitive: set[str], catalog: str, hidden: bool
) -> None:
    attributes = [{**one, "sensitive": one["identifier"] in sensitive} for one in (LAST, SEEN, LOOK_UP)]
    shut, opened = (carrying(looked_up(catalog=catalog), name=name) for name in ("shut", "open"))
    td.open(stocked(shut, {**opened, "includeSensitive": True}, realtime_attributes=attributes))
    found = td.offers({"client": "c", "p": "shoe"})
    assert found["open"] == {"attributes": {"found": 90}}
    assert found["shut"] == {"attributes": {} if hidden else {"found": 90}}


@pytest.mark.parametrize("sensitive", ["last", "product"])
def test_a_look_up_attribute_of_a_sensitive_key_is_sensitive(td: Shop, sensitive: str) -> None:
    attributes = [{**one, "sensitive": one["identifier"] == sensitive} for one in (LAST, LOOK_UP)]
    td.open(stocked(section(attributes={"found": "9"}), realtime_attributes=attributes))
    assert td.attributes({"client": "c", "p": "shoe"}) == {}


def test_a_page_never_sees_what_is_looked_up_by_a_sensitive_attribute(td: Shop) -> None:
    made = {**carrying(looked_up()), "includeSensitive": True}
    td.open_to_pages(stocked(made, realtime_attributes=[{**LAST, "sensitive": True}]))
    assert td.send({"client": "c", "p": "shoe"}).json() == {"offers": {"offer": {"attributes": {}}}}


# scenario -------------------------------------------------------------------------------------------------------------

SEGMENT = "parent_segments[0]"
ITEM = f"{SEGMENT}.realtime_personalizations[0].sections[0].payload.node.definition.catalogPayload[0]"
ATTRIBUTE = f"{SEGMENT}.realtime_attributes[2]"


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        (looked_up(catalog="product"), f"{ITEM}.catalogName: there is no catalog 'product'; there are: products"),
        (
            looked_up(column="prize"),
            f"{ITEM}.lookupColumn: no row of the catalog 'products' has a column 'prize', did you mean price?",
        ),
        (
            looked_up(key="lost"),
            f"{ITEM}.lookupAttributeId: there is no attribute 'lost'; there are: last, seen, count, name",
        ),
        (
            looked_up(key="count"),
            f"{ITEM}.lookupAttributeId: 'count' cannot be looked up: only single and list attributes can",
        ),
        (
            looked_up(key="name"),
            f"{ITEM}.lookupAttributeId: 'name' cannot be looked up: only single and list attributes can",
        ),
        (looked_up(output="x" * 257), f"{ITEM}.outputName: has 257 characters, more than 256"),
        (
            looked_up(output="text"),
            f"{ITEM}.outputName: 'text' is already the outputName of another part of this payload",
        ),
        ({**looked_up(), "lookupColum": "x"}, f"{ITEM}.lookupColum: unknown key, did you mean lookupColumn?"),
    ],
)
def test_a_catalog_payload_outside_the_rules_is_refused(refused: Refused, item: dict[str, Any], sentence: str) -> None:
    count = {
        "identifier": "count",
        "type": "counter",
        "realtimeKeyEventId": "views",
        "increment": {"type": "const", "value": 1},
        "duration": DAY,
    }
    segment = stocked(
        carrying(item, texts={"text": "hello"}),
        realtime_attributes=[LAST, SEEN, count],
        realtime_imported_attributes=[{"column": "name"}],
    )
    assert refused(whole(segment)) == sentence


def test_a_catalog_payload_of_a_look_up_attribute_takes_one_of_its_columns(refused: Refused) -> None:
    segment = stocked(carrying(looked_up("sku", catalog="Product")), realtime_attributes=[LAST, LOOK_UP])
    assert refused(whole(segment)) == f"{ITEM}.lookupColumn: 'Product' has no column 'sku'; known: price, tags"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"lookupCatalogTableName": "product"},
            f"{ATTRIBUTE}.lookupCatalogTableName: there is no catalog 'product'; there are: products",
        ),
        (
            {"lookupCatalogColumns": [{"name": "prise", "dataType": "number"}]},
            (
                f"{ATTRIBUTE}.lookupCatalogColumns[0].name: no row of the catalog 'products' has a column 'prise', did "
                "you mean price?"
            ),
        ),
        (
            {"lookupKeys": [{"id": "first", "type": "single"}]},
            f"{ATTRIBUTE}.lookupKeys[0].id: there is no attribute 'first'; there are: last, seen",
        ),
        (
            {"lookupKeys": None},
            f"{ATTRIBUTE}.lookupKeys: is required for an attribute of type lookupCatalog",
        ),
        (
            {"lookupKeys": []},
            f"{ATTRIBUTE}.lookupKeys: List should have at least 1 item after validation, not 0, found []",
        ),
        ({"valueColumn": "p"}, f"{ATTRIBUTE}.valueColumn: an attribute of type lookupCatalog has no valueColumn"),
    ],
)
def test_a_look_up_attribute_that_makes_no_sense_is_refused(
    refused: Refused, changes: dict[str, Any], sentence: str
) -> None:
    assert refused(whole(stocked(realtime_attributes=[LAST, SEEN, {**LOOK_UP, **changes}]))) == sentence


def test_where_there_is_no_catalog_the_sentence_says_where_to_give_one(refused: Refused) -> None:
    assert refused(whole(stocked(carrying(looked_up()), catalog_tables=[]))) == (
        f"{ITEM}.catalogName: there is no catalog 'products'; tables and their rows are given under catalog_tables"
    )


def test_a_look_up_cannot_be_the_key_of_another(refused: Refused) -> None:
    second = {**LOOK_UP, "id": "10", "identifier": "second", "lookupKeys": [{"id": "9", "type": "lookupCatalog"}]}
    assert refused(whole(stocked(realtime_attributes=[LAST, LOOK_UP, second]))) == (
        f"{ATTRIBUTE}.lookupKeys[0].id: '9' cannot be a key: only single, list and imported attributes can"
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([{"price": 1}], "rows[0].sku: must be a text, a number or a boolean, as it is the keyColumn"),
        ([{"sku": None}], "rows[0].sku: must be a text, a number or a boolean, as it is the keyColumn"),
        ([{"sku": "1"}, {"sku": 1}], "rows[1].sku: there already is a row '1'"),
    ],
)
def test_rows_of_a_catalog_need_a_key_of_their_own(refused: Refused, rows: list[Any], sentence: str) -> None:
    made = whole(shop(catalog_tables=[{**PRODUCTS, "rows": rows}]))
    assert refused(made) == f"{SEGMENT}.catalog_tables[0].{sentence}"


def test_two_catalogs_of_one_name_are_refused(refused: Refused) -> None:
    made = whole(shop(catalog_tables=[PRODUCTS, PRODUCTS]))
    assert refused(made) == f"{SEGMENT}.catalog_tables[1].name: there already is a catalog 'products'"


def test_of_an_empty_catalog_all_columns_are_right(td: Shop) -> None:
    td.open(stocked(carrying(looked_up("anything")), catalog_tables=[{**PRODUCTS, "rows": []}]))
    assert seen(td, "shoe") is None


def test_two_parent_segments_have_catalogs_of_their_own(td: Shop) -> None:
    cheap = {**PRODUCTS, "rows": [{"sku": "shoe", "price": 1}]}
    other = {**stocked(carrying(looked_up()), catalog_tables=[cheap]), "id": "200"}
    td.open(parent_segments=[stocked(carrying(looked_up())), other])
    assert seen(td, "shoe") == 90
