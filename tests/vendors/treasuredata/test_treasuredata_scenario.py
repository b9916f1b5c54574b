"""The section of a scenario: what it may say, and the sentence for what it may not."""

import math
from typing import Any

import pytest

from tests.vendors.treasuredata.shop import (
    KEY,
    TOKEN,
    UNKNOWN_KEYS,
    Refused,
    Shop,
    about,
    changed,
    column,
    full,
    section,
    sections,
    shop,
    whole,
    with_unknown_key,
)

LIST: dict[str, Any] = {
    "identifier": "seen",
    "type": "list",
    "realtimeKeyEventId": "views",
    "idColumn": "p",
    "fields": ["price"],
    "maxItems": 10,
    "duration": {"value": 30, "unit": "day"},
    "aggregations": [{"identifier": "names", "column": "p", "aggregationType": "distinct_list"}],
}
SINGLE = {
    "identifier": "last",
    "type": "single",
    "realtimeKeyEventId": "views",
    "valueColumn": "p",
    "dataType": "string",
}
COUNTER = {
    "identifier": "count",
    "type": "counter",
    "realtimeKeyEventId": "views",
    "increment": {"type": "const", "value": 1},
    "duration": {"value": 1, "unit": "day"},
    "subDurations": [{"identifier": "hour", "value": 1, "unit": "hour"}],
}


def with_attribute(**changes: Any) -> dict[str, Any]:
    """A list attribute, changed."""
    return shop(realtime_attributes=[{key: value for key, value in {**LIST, **changes}.items() if value is not None}])


def with_payload(*items: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """All kinds of attributes, and one section with this payload."""
    made = section()
    made["payload"]["node"]["definition"] = {"attributePayload": list(items) or None, **parts}
    return shop(realtime_attributes=[LIST, SINGLE, COUNTER], realtime_personalizations=sections(made))


SEGMENT = "parent_segments[0]"
NODE = f"{SEGMENT}.realtime_personalizations[0].sections[0].payload.node.definition"


def text(name: str, value: str = "x") -> dict[str, Any]:
    return {"outputName": name, "values": [{"type": "String", "value": value}]}


def shown(attribute: str, output: str = "out", part: str | None = None) -> dict[str, Any]:
    return {"realtimeAttributeId": attribute, "outputName": output, "subAttributeIdentifier": part}


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (with_payload(), f"{NODE}: at least one of attributePayload, stringBuilder, catalogPayload must say something"),
        (
            with_payload(segmentPayload={"batchSegments": [{"id": "1"}]}),
            f"{NODE}: at least one of attributePayload, stringBuilder, catalogPayload must say something",
        ),
        (
            with_payload(shown("last"), stringBuilder=[]),
            f"{NODE}.stringBuilder: can't be blank: write null, or leave the key out",
        ),
        (
            with_payload(shown("last"), attributePayload=[]),
            f"{NODE}.attributePayload: can't be blank: write null, or leave the key out",
        ),
        (
            with_payload(shown("last"), catalogPayload=[]),
            f"{NODE}.catalogPayload: can't be blank: write null, or leave the key out",
        ),
        (
            with_payload(shown("lost")),
            (
                f"{NODE}.attributePayload[0].realtimeAttributeId: there is no attribute 'lost'; there are: "
                "seen, last, count"
            ),
        ),
        (
            with_payload(shown("seen")),
            f"{NODE}.attributePayload[0].subAttributeIdentifier: is required for 'seen': one of names",
        ),
        (
            with_payload(shown("seen", part="prices")),
            f"{NODE}.attributePayload[0].subAttributeIdentifier: 'seen' has no 'prices'; it has: names",
        ),
        (
            with_payload(shown("count")),
            f"{NODE}.attributePayload[0].subAttributeIdentifier: is required for 'count': one of hour",
        ),
        (
            with_payload(shown("last", part="names")),
            (
                f"{NODE}.attributePayload[0].subAttributeIdentifier: 'last' is a plain attribute and has no 'names': "
                "leave the key out"
            ),
        ),
        (
            with_payload(shown("last", "x" * 257)),
            f"{NODE}.attributePayload[0].outputName: has 257 characters, more than 256",
        ),
        (
            with_payload(shown("last", "a"), stringBuilder=[text("a")]),
            f"{NODE}.stringBuilder[0].outputName: 'a' is already the outputName of another part of this payload",
        ),
        (
            with_payload(shown("last", "a"), shown("last", "a")),
            f"{NODE}.attributePayload[1].outputName: 'a' is already the outputName of another part of this payload",
        ),
        (
            with_payload(stringBuilder=[text("a", "Hi {{name}}")]),
            f"{NODE}.stringBuilder[0].values[0].value: must have neither {{{{ nor }}}} in it",
        ),
        (
            with_payload(shown("last"), segmentPayload={"batchSegments": [{"id": "1"}, {"id": 1}]}),
            f"{NODE}.segmentPayload.batchSegments[1].id: '1' is given twice",
        ),
    ],
)
def test_a_payload_outside_the_rules_is_refused_by_its_path(
    refused: Refused, payload: dict[str, Any], sentence: str
) -> None:
    assert refused(whole(payload)) == sentence


def test_an_empty_list_of_attributes_is_refused(refused: Refused) -> None:
    made = with_payload(stringBuilder=[text("a")])
    made["realtime_personalizations"][0]["sections"][0]["payload"]["node"]["definition"]["attributePayload"] = []
    assert refused(whole(made)) == f"{NODE}.attributePayload: can't be blank: write null, or leave the key out"


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("acount", {}, "acount: unknown key, did you mean account?"),
        ("accounts", [{"id": "2"}], "accounts: there is an account already: say account or accounts, not both"),
        (
            "account.api_keys.0.value",
            "2/" + "a" * 40,
            f"account.api_keys[0].value: must start with its account, 1/, found '2/{'a' * 40}'",
        ),
        (
            "account.api_keys",
            [{"value": KEY}, {"value": KEY}],
            f"account.api_keys[1].value: there already is an API key {KEY!r}",
        ),
        (
            "reactors.0.parent_segment_id",
            "999",
            "reactors[0].parent_segment_id: there is no parent segment '999'; there are: 100",
        ),
        ("reactors.0.account", "9", "reactors[0].account: there is no account '9'; there are: 1"),
        (
            "reactors",
            [{"id": 8, "parent_segment_id": 100}, {"id": "8", "parent_segment_id": "100"}],
            "reactors[1].id: there already is a reactor ('1', '8')",
        ),
        (
            "personalization_services.0.reactor",
            9,
            "personalization_services[0].reactor: there is no reactor '9'; there are: 8",
        ),
        (
            "personalization_services.0.tokens",
            [{"name": str(n), "value": f"{n:032x}"} for n in range(51)],
            "personalization_services[0].tokens: has 51 tokens; a service has at most 50",
        ),
        (
            "personalization_services.0.tokens",
            [{"name": "a", "value": TOKEN}, {"name": "b", "value": TOKEN.upper()}],
            f"personalization_services[0].tokens[1].value: there already is a token {TOKEN!r}",
        ),
        (
            "personalization_services.0.tokens.0.allowedIps",
            ["203.0.113.0/33"],
            (
                "personalization_services[0].tokens[0].allowedIps: must be addresses or CIDR ranges: "
                "'203.0.113.0/33' does not appear to be an IPv4 or IPv6 network"
            ),
        ),
        (
            "parent_segments",
            [shop(), shop()],
            "parent_segments[1].id: there already is a parent segment '100'",
        ),
        (
            "parent_segments.0.batch_profiles",
            [{"key": "a"}, {"key": "a"}],
            "parent_segments[0].batch_profiles[1].key: there already is a batch profile 'a'",
        ),
        (
            "parent_segments.0.realtime_setting.extLookupKey",
            "phone",
            (
                f"{SEGMENT}.realtime_setting.extLookupKey: 'phone' is none of the keyColumns, so no event could ever "
                "be linked to a batch profile"
            ),
        ),
        (
            "parent_segments.0.realtime_setting.keyColumns.1.name",
            "client",
            f"{SEGMENT}.realtime_setting.keyColumns[1].name: there already is a key column 'client'",
        ),
        (
            "parent_segments.0.realtime_setting.keyColumns.0.validRegexp",
            "(a)\\1",
            (
                f"{SEGMENT}.realtime_setting.keyColumns[0].validRegexp: '(a)\\\\1' is no RE2 regular expression: "
                "invalid escape sequence: \\1"
            ),
        ),
        (
            "parent_segments.0.realtime_setting.keyColumns.0.validRegexp",
            "((a{1,900}){1,900}){1,900}",
            (
                f"{SEGMENT}.realtime_setting.keyColumns[0].validRegexp: '((a{{1,900}}){{1,900}}){{1,900}}' is no RE2 "
                "regular expression: invalid repetition size: {1,900}"
            ),
        ),
        (
            "parent_segments.0.realtime_key_events.0.tableName",
            "elsewhere",
            (f"{SEGMENT}.realtime_key_events[0].tableName: shop_db.elsewhere is none of realtime_setting.eventTables"),
        ),
        (
            "parent_segments.0.realtime_key_events.1.id",
            "views",
            f"{SEGMENT}.realtime_key_events[1].id: there already is a key event 'views'",
        ),
        (
            "parent_segments.0.realtime_key_events.0.filterRule",
            column("p", "Resembles", rightValue="x"),
            (
                f"{SEGMENT}.realtime_key_events[0].filterRule.conditions[0].operator.type: 'Resembles' is no operator; "
                "known: Equal, In, Greater, Less, GreaterEqual, LessEqual, Between, Contain, StartWith, EndWith, "
                "Regexp, TimeToday, TimeThis, TimeNext, TimeWithinPast, TimeWithinNext, TimeInBetweenNext, TimeRange, "
                "IsNull"
            ),
        ),
    ],
)
def test_a_section_that_makes_no_sense_is_refused_with_path_figure_and_rule(
    refused: Refused, path: str, value: Any, sentence: str
) -> None:
    assert refused(changed(path, value)) == sentence


ATTRIBUTE = f"{SEGMENT}.realtime_attributes[0]"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"idColumn": None}, f"{ATTRIBUTE}.idColumn: is required for an attribute of type list"),
        ({"counterType": "total"}, f"{ATTRIBUTE}.counterType: an attribute of type list has no counterType"),
        (
            {"realtimeKeyEventId": "buys"},
            f"{ATTRIBUTE}.realtimeKeyEventId: there is no key event 'buys'; there are: views, carts",
        ),
        (
            {"aggregations": [{"identifier": "n", "column": "q", "aggregationType": "sum"}]},
            f"{ATTRIBUTE}.aggregations[0].column: 'q' is neither the idColumn nor one of the fields; known: p, price",
        ),
        (
            {"actions": [{"action": "clear", "realtimeKeyEventId": "buys"}]},
            f"{ATTRIBUTE}.actions[0].realtimeKeyEventId: there is no key event 'buys'; there are: views, carts",
        ),
        (
            {"aggregations": [LIST["aggregations"][0]] * 2},
            f"{ATTRIBUTE}.aggregations[1].identifier: there already is a part 'names'",
        ),
        (
            {"backfill": {"attributeIdentifier": "a", "timestampIdentifier": "b"}},
            f"{ATTRIBUTE}.backfill: an attribute of type list has no backfill",
        ),
        (
            {"duration": {"value": 1, "unit": "week"}},
            f"{ATTRIBUTE}.duration.unit: Input should be 'minute', 'hour' or 'day', found 'week'",
        ),
        ({"maxItms": 1}, f"{ATTRIBUTE}.maxItms: unknown key, did you mean maxItems?"),
        (
            {"type": "lookup"},
            (
                f"{ATTRIBUTE}.type: Input should be 'single', 'list', 'counter', 'imported' or 'lookupCatalog', "
                "found 'lookup'"
            ),
        ),
    ],
)
def test_an_attribute_that_makes_no_sense_is_refused(refused: Refused, changes: dict[str, Any], sentence: str) -> None:
    assert refused(whole(with_attribute(**changes))) == sentence


@pytest.mark.parametrize(
    ("increment", "sentence"),
    [
        ({"type": "const", "value": 0}, "must be a number from 1 on, found 0"),
        ({"type": "const", "value": "n"}, "must be a number from 1 on, found 'n'"),
        ({"type": "const", "value": True}, "must be a number from 1 on, found True"),
        ({"type": "const", "value": None}, "must be a number from 1 on, found None"),
        ({"type": "const", "value": math.inf}, "must be a number from 1 on, found inf"),
        ({"type": "field", "value": 1}, "must name a column, found 1"),
        ({"type": "field", "value": ""}, "must name a column, found ''"),
    ],
)
def test_an_increment_is_a_number_or_a_column(refused: Refused, increment: dict[str, Any], sentence: str) -> None:
    made = shop(realtime_attributes=[{**COUNTER, "increment": increment}])
    assert refused(whole(made)) == f"{ATTRIBUTE}.increment.value: {sentence}"


def test_a_sliding_counter_needs_a_duration_and_a_total_one_does_not(refused: Refused, td: Shop) -> None:
    counter = {"identifier": "n", "type": "counter", "realtimeKeyEventId": "views", "increment": COUNTER["increment"]}
    sentence = refused(whole(shop(realtime_attributes=[counter])))
    assert sentence == f"{ATTRIBUTE}.duration: is required for an attribute of type counter"
    td.open(shop(realtime_attributes=[{**counter, "counterType": "total"}]))


def test_two_attributes_of_one_id_are_refused_across_both_lists(refused: Refused) -> None:
    made = shop(realtime_attributes=[SINGLE], realtime_imported_attributes=[{"column": "last"}])
    sentence = refused(whole(made))
    assert sentence == f"{SEGMENT}.realtime_imported_attributes[0].column: there already is an attribute 'last'"


@pytest.mark.parametrize(
    ("place", "one", "key"),
    [
        ("realtime_key_events", {"id": 7, "name": "x", "databaseName": "shop_db", "tableName": "views"}, "id"),
        ("realtime_key_events", {"name": "x", "databaseName": "shop_db", "tableName": "views"}, "name"),
        ("realtime_attributes", {"id": 7, "identifier": "x", "type": "imported", "column": "y"}, "id"),
        ("realtime_attributes", {"identifier": "x", "type": "imported", "column": "y"}, "identifier"),
        ("realtime_imported_attributes", {"identifier": "x", "column": "y"}, "identifier"),
    ],
)
def test_an_id_that_is_given_twice_is_refused_by_the_key_that_gives_it(
    refused: Refused, place: str, one: dict[str, Any], key: str
) -> None:
    noun = "a key event" if place == "realtime_key_events" else "an attribute"
    sentence = refused(whole(shop(**{place: [one, one]})))
    assert sentence == f"{SEGMENT}.{place}[1].{key}: there already is {noun} {str(one[key])!r}"


def test_a_backfill_without_any_batch_attribute_is_refused(refused: Refused) -> None:
    made = {**SINGLE, "backfill": {"attributeIdentifier": "a", "timestampIdentifier": "b"}}
    sentence = refused(whole(shop(realtime_attributes=[made])))
    assert sentence == f"{ATTRIBUTE}.backfill.attributeIdentifier: there is no batch attribute 'a'; there are none"


ENTRY = f"{SEGMENT}.realtime_personalizations[0].sections[0].entryCriteria"


def test_entry_criteria_must_refer_to_what_exists(refused: Refused) -> None:
    buys = shop(realtime_personalizations=sections(section(event="buys")))
    assert refused(whole(buys)) == (
        f"{ENTRY}.keyEventCriteria.keyEventId: there is no key event 'buys'; there are: views, carts"
    )
    lost = section(criteria={"profileCriteria": about("lost", "IsNull")})
    assert refused(whole(shop(realtime_personalizations=sections(lost)))) == (
        f"{ENTRY}.profileCriteria.conditions[0].realtimeAttributeId: there is no attribute 'lost'; there are: none"
    )
    partial = section(criteria={"profileCriteria": about("lost", "IsNull")})
    partial["entryCriteria"]["profileCriteria"]["conditions"][0]["subAttributeIdentifier"] = ["names"]
    assert refused(whole(shop(realtime_personalizations=sections(partial)))) == (
        f"{ENTRY}.profileCriteria.conditions[0].subAttributeIdentifier: must be a text, found ['names']"
    )
    for nobody in (None, True):
        unnamed = section(criteria={"profileCriteria": about("lost", "IsNull")})
        unnamed["entryCriteria"]["profileCriteria"]["conditions"][0]["realtimeAttributeId"] = nobody
        assert refused(whole(shop(realtime_personalizations=sections(unnamed)))) == (
            f"{ENTRY}.profileCriteria.conditions[0].realtimeAttributeId: must be the id of an attribute, found {nobody}"
        )
    misplaced = section(criteria={"profileCriteria": column("p", "IsNull")})
    assert refused(whole(shop(realtime_personalizations=sections(misplaced)))) == (
        f"{ENTRY}.profileCriteria.conditions[0].type: 'Column' is no condition that is evaluated here; known: And, Or, "
        "RealtimeAttribute"
    )


def test_with_several_accounts_a_reactor_says_whose_it_is(refused: Refused) -> None:
    made = whole()
    del made["account"]
    made["accounts"] = [{"id": "1"}, {"id": "2"}]
    assert refused(made) == "reactors[0].account: say whose reactor it is; there are accounts 1, 2"
    made["reactors"] = [{"id": 8, "account": one, "parent_segment_id": "100"} for one in ("1", "2")]
    assert refused(made) == "personalization_services[0].account: say whose reactor 8 it is: of 1 or 2"


def test_two_sections_of_one_name_are_warned_of_at_every_load(td: Shop, caplog: pytest.LogCaptureFixture) -> None:
    two = [{"name": name, "sections": [section("twin")]} for name in ("one", "two")]
    for _ in range(2):
        td.open(shop(realtime_personalizations=two))
    assert [record.getMessage() for record in caplog.records] == [
        "treasuredata.parent_segments 100, realtime_personalizations[1].sections[0].name: 'twin' is not the first of "
        "its name; the later one wins"
    ] * 2


def test_a_counter_has_no_sub_duration_that_is_longer_than_itself(refused: Refused) -> None:
    longer = {**COUNTER, "subDurations": [{"identifier": "week", "value": 7, "unit": "day"}]}
    sentence = refused(whole(shop(realtime_attributes=[longer])))
    assert sentence == f"{ATTRIBUTE}.subDurations[0]: is longer than the counter's duration"


def test_a_total_counter_has_no_sub_durations(refused: Refused) -> None:
    sentence = refused(whole(shop(realtime_attributes=[{**COUNTER, "counterType": "total"}])))
    assert sentence == f"{ATTRIBUTE}.subDurations: a total counter has no window to divide"


def test_a_whole_segment_is_accepted(td: Shop) -> None:
    td.plant({"treasuredata": full()})


@pytest.mark.parametrize("place", UNKNOWN_KEYS)
def test_a_key_that_nobody_knows_is_refused_by_its_path_with_the_nearest_name(refused: Refused, place: str) -> None:
    path = "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in place.split(".") if step)
    where = f"{path}.{UNKNOWN_KEYS[place]}".removeprefix(".")
    assert refused(with_unknown_key(place)).startswith(f"{where}: unknown key, did you mean ")


def test_ids_may_be_numbers_and_may_be_left_out_where_there_is_a_name(td: Shop) -> None:
    made = shop(
        realtime_key_events=[{"id": 101, "name": "x", "databaseName": "shop_db", "tableName": "views"}],
        realtime_attributes=[{**SINGLE, "id": 201, "realtimeKeyEventId": 101}],
        realtime_personalizations=sections(section(event=101, attributes={"p": 201})),
    )
    made["id"] = 100
    td.open(made)
    assert td.attributes({"client": "c", "p": "shoe"}) == {"p": "shoe"}


@pytest.mark.parametrize(("written", "meant"), [("204", "204"), ('"204"', "204"), ("empty_offers", "empty_offers")])
def test_a_setting_that_looks_like_a_number_needs_no_quotes(td: Shop, written: str, meant: str) -> None:
    content = f"name: x\ntreasuredata:\n  settings: {{no_match: {written}, missing_attribute: null}}\n"
    assert td.client.post("/_emulator/scenarios", content=content).status_code == 200
    chosen = td.world.settings["treasuredata"]
    assert (chosen.no_match, chosen.missing_attribute) == (meant, "null")


def test_an_empty_section_knows_nobody(td: Shop) -> None:
    td.plant({"treasuredata": {}})
    assert td.send().status_code == 401
