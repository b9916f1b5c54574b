"""Which sections are sent, what they carry, who sees sensitive data, and the switches for what nobody documents."""

from typing import Any

import orjson
import pytest

from emulator.vendors.treasuredata import router
from emulator.vendors.treasuredata.service import reactor
from tests.vendors.treasuredata.shop import TOKEN, Shop, about, column, section, sections, shop

ANA = {"email": "ana@example.com"}
BATCH = {
    "realtime_imported_attributes": [{"column": "name"}, {"column": "tier"}, {"column": "income", "sensitive": True}],
    "batch_profiles": [
        {
            "key": "ana@example.com",
            "attributes": {"name": "Ana", "tier": "gold", "income": 90000},
            "segments": ["55352", "7"],
        }
    ],
}


def offering(td: Shop, *made: dict[str, Any], settings: dict[str, Any] | None = None, **parts: Any) -> None:
    segment = shop(**BATCH, realtime_personalizations=sections(*made))
    td.open(segment, settings=settings or {}, **parts)


@pytest.mark.proves("treasuredata.operation.personalize", "treasuredata.offers", "treasuredata.selection")
def test_all_matching_sections_of_all_personalizations_are_sent_in_the_order_of_definition(td: Shop) -> None:
    personalizations = [
        {"name": "one", "sections": [section("b"), section("never", "carts"), section("a")]},
        {"name": "two", "sections": [section("c")]},
    ]
    td.open(shop(realtime_personalizations=personalizations))
    assert list(td.offers({})) == ["b", "a", "c"]


@pytest.mark.proves("treasuredata.selection")
def test_of_two_matching_sections_of_one_name_the_later_is_sent(td: Shop) -> None:
    gold = {"profileCriteria": about("tier", "Equal", rightValue="gold")}
    offering(td, section("x", texts={"t": "1"}), section("y"), section("x", texts={"t": "2"}, criteria=gold))
    assert td.offers(ANA)["x"]["attributes"] == {"t": "2"}
    assert td.offers({})["x"]["attributes"] == {"t": "1"}


def test_a_section_of_another_table_is_not_entered(td: Shop) -> None:
    offering(td, section(event="carts"))
    assert not td.enters({})
    assert td.enters({}, "carts")


def test_key_event_filters_narrow_a_section(td: Shop) -> None:
    entry = {"keyEventCriteria": {"keyEventId": "views", "keyEventFilters": column("p", "Equal", rightValue="x")}}
    offering(td, section(criteria=entry))
    assert td.enters({"p": "x"})
    assert not td.enters({"p": "y"})


@pytest.mark.parametrize(
    ("accept", "setting", "entered"),
    [
        (True, "refuse", True),
        (False, "accept", False),
        pytest.param(None, "refuse", False, marks=pytest.mark.proves("treasuredata.unknown_profiles_undecided")),
        pytest.param(None, "accept", True, marks=pytest.mark.proves("treasuredata.unknown_profiles_undecided")),
    ],
)
@pytest.mark.proves("treasuredata.unknown_profiles", "treasuredata.default.unknown_profiles")
def test_an_unknown_profile_enters_where_it_is_accepted(
    td: Shop, accept: bool | None, setting: str, entered: bool
) -> None:
    offering(td, section(criteria={"acceptUnknownProfiles": accept}), settings={"unknown_profiles": setting})
    for event in ({}, {"client": "c-1"}, {"email": "stranger@example.com"}):
        assert td.enters(event) == entered
    assert td.enters(ANA)


@pytest.mark.proves("treasuredata.no_id")
def test_a_section_with_profile_criteria_needs_a_profile(td: Shop) -> None:
    missing = {"profileCriteria": about("tier", "IsNull")}
    offering(td, section(criteria=missing))
    assert td.enters({"client": "c-1"})
    assert not td.enters(ANA)
    assert not td.enters({})


def test_profile_criteria_without_conditions_ask_for_nothing(td: Shop) -> None:
    offering(td, section(criteria={"profileCriteria": {"type": "And", "conditions": []}}))
    assert td.enters({})


@pytest.mark.proves("treasuredata.batch_segments")
def test_a_payload_carries_attributes_then_texts_then_segments(td: Shop) -> None:
    offering(td, section(attributes={"n": "name", "t": "tier"}, texts={"hi": "Hello"}, segments=["7", "9", "55352"]))
    response = td.send(ANA)
    assert response.content == (
        b'{"offers":{"offer":{"attributes":{"n":"Ana","t":"gold","hi":"Hello"},'
        b'"batch_segments":[{"id":"7"},{"id":"55352"}]}}}'
    )


def test_a_text_is_made_of_its_values(td: Shop) -> None:
    made = section()
    node = made["payload"]["node"]["definition"]
    node["stringBuilder"][0]["values"] = [{"type": "String", "value": "Hello "}, {"type": "String", "value": "you"}]
    offering(td, made)
    assert td.attributes({}) == {"text": "Hello you"}


def test_a_section_without_segments_has_no_batch_segments(td: Shop) -> None:
    offering(td, section())
    assert td.send().content == b'{"offers":{"offer":{"attributes":{"text":"hello"}}}}'


@pytest.mark.proves("treasuredata.payload_nodes")
def test_several_nodes_of_a_payload_are_sent_together(td: Shop) -> None:
    made = section(texts={"one": "1"})
    made["payload"]["other"] = section(texts={"two": "2"}, segments=["7"])["payload"]["node"]
    offering(td, made)
    assert td.offers(ANA)["offer"] == {"attributes": {"one": "1", "two": "2"}, "batch_segments": [{"id": "7"}]}


@pytest.mark.parametrize(
    ("setting", "known", "unknown"),
    [
        ("objects", {"batch_segments": [{"id": "55352"}]}, {"batch_segments": []}),
        ("ids", {"batch_segments": ["55352"]}, {"batch_segments": []}),
        ("number", {"batch_segments": 55352}, {}),
    ],
)
@pytest.mark.proves("treasuredata.default.batch_segments")
def test_batch_segments_come_in_the_shape_that_is_set(td: Shop, setting: str, known: Any, unknown: Any) -> None:
    offering(td, section(segments=["55352", "99"]), settings={"batch_segments": setting})
    text = {"attributes": {"text": "hello"}}
    assert td.offers(ANA) == {"offer": {**text, **known}}
    assert td.offers({"client": "c-1"}) == {"offer": {**text, **unknown}}


@pytest.mark.parametrize(("setting", "expected"), [("omit", {}), ("null", {"n": None})])
@pytest.mark.proves("treasuredata.default.missing_attribute", "treasuredata.missing_attribute")
def test_an_attribute_without_a_value_is_left_out_or_null(td: Shop, setting: str, expected: Any) -> None:
    offering(td, section(attributes={"n": "name"}), settings={"missing_attribute": setting})
    assert td.offers({"client": "c-1"}) == {"offer": {"attributes": expected}}
    assert td.offers({}) == {"offer": {"attributes": expected}}
    assert td.offers(ANA) == {"offer": {"attributes": {"n": "Ana"}}}


@pytest.mark.proves("treasuredata.no_match", "treasuredata.default.no_match")
def test_nothing_that_matches_is_204_without_a_body(td: Shop) -> None:
    response = td.send(ANA)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["x-emulator-provenance"] == "inferred"
    assert "content-length" not in response.headers


@pytest.mark.proves("treasuredata.default.no_match", "treasuredata.no_match")
def test_nothing_that_matches_can_be_set_to_200_with_empty_offers(td: Shop) -> None:
    td.open(settings={"no_match": "empty_offers"})
    response = td.send(ANA)
    assert (response.status_code, response.content) == (200, b'{"offers":{}}')
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("include", "setting", "shown"),
    [
        (False, "include_sensitive", {}),
        (True, "include_sensitive", {"i": 90000}),
        (False, "always", {"i": 90000}),
    ],
)
@pytest.mark.proves("treasuredata.sensitivity", "treasuredata.default.sensitive_attributes")
def test_a_private_token_sees_sensitive_attributes_where_the_section_includes_them(
    td: Shop, include: bool, setting: str, shown: dict[str, Any]
) -> None:
    made = section(attributes={"i": "income"}, includeSensitive=include)
    offering(td, made, settings={"sensitive_attributes": setting})
    assert td.attributes(ANA) == shown


def test_a_hidden_attribute_stays_hidden_where_missing_ones_are_null(td: Shop) -> None:
    offering(td, section(attributes={"i": "income"}), settings={"missing_attribute": "null"})
    assert td.attributes(ANA) == {}


@pytest.mark.parametrize("setting", ["include_sensitive", "always"])
@pytest.mark.proves("treasuredata.sensitivity")
def test_a_public_token_never_sees_sensitive_attributes(td: Shop, setting: str) -> None:
    pages = {"name": "pages", "public": True, "reactor": 8, "tokens": [{"name": "page", "value": TOKEN}]}
    offering(td, section(attributes={"n": "name", "i": "income"}, includeSensitive=True),
             settings={"sensitive_attributes": setting}, personalization_services=[pages])  # fmt: skip
    found = td.send(ANA, "/treasuredata/public/shop_db/views", Origin="https://shop.example")
    assert found.json() == {"offers": {"offer": {"attributes": {"n": "Ana"}}}}


def test_sensitive_attributes_may_still_decide(td: Shop) -> None:
    rich = {"profileCriteria": about("income", "Greater", rightValue=50_000)}
    offering(td, section(criteria=rich))
    assert td.enters(ANA)


def test_a_single_attribute_can_be_sensitive_too(td: Shop) -> None:
    attribute = {
        "identifier": "a",
        "type": "single",
        "realtimeKeyEventId": "views",
        "valueColumn": "p",
        "dataType": "string",
        "sensitive": True,
    }
    td.open(
        shop(
            realtime_attributes=[attribute],
            realtime_personalizations=sections(
                section("open", attributes={"a": "a"}, includeSensitive=True), section("shut", attributes={"a": "a"})
            ),
        )
    )
    found = td.offers({"client": "c-1", "p": "secret"})
    assert found == {"open": {"attributes": {"a": "secret"}}, "shut": {"attributes": {}}}


def test_all_tokens_of_all_services_of_a_reactor_get_the_same_offers(td: Shop) -> None:
    services = [
        {"name": name, "reactor": 8, "tokens": [{"name": "t", "value": TOKEN[:-1] + name}]} for name in ("0", "1")
    ]
    offering(td, section(), personalization_services=services)
    answers = {td.send(ANA, WP13n_Token=f"1/8/{TOKEN[:-1]}{name}").content for name in ("0", "1")}
    assert len(answers) == 1


def test_two_parent_segments_know_nothing_of_each_other(td: Shop) -> None:
    other = {**shop(realtime_personalizations=sections(section("theirs"))), "id": "200"}
    mine = shop(realtime_personalizations=sections(section("mine")))
    tokens = [TOKEN, TOKEN[:-1] + "0"]
    td.open(
        parent_segments=[mine, other],
        reactors=[{"id": 8, "parent_segment_id": "100"}, {"id": 9, "parent_segment_id": "200"}],
        personalization_services=[
            {"name": f"s{reactor}", "reactor": reactor, "tokens": [{"name": "t", "value": token}]}
            for reactor, token in zip((8, 9), tokens, strict=True)
        ],
    )
    event = {"client": "c-1"}
    assert list(td.offers(event)) == ["mine"]
    assert list(td.send(event, WP13n_Token=f"1/9/{tokens[1]}").json()["offers"]) == ["theirs"]
    assert [profile["parent_segment"] for profile in td.stored("profiles")] == ["100", "200"]


def test_an_answer_says_how_well_it_is_known(td: Shop) -> None:
    offering(td, section())
    assert td.send(ANA).headers["x-emulator-provenance"] == "inferred"
    operation = next(iter(router.ROUTES))
    assert operation.id == "personalize"
    assert orjson.dumps(operation.answer.__annotations__, default=str)


def test_a_configuration_is_compiled_once_however_many_events_come(td: Shop) -> None:
    offering(td, section())
    reactor.configuration.cache_clear()
    for _ in range(5):
        td.send(ANA)
    assert reactor.configuration.cache_info().misses == 1
