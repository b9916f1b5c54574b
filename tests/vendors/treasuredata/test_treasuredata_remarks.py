"""What is told of calls that were accepted and may surprise: why there are no offers, and what was read by nobody."""

from typing import Any

import pytest

from tests.vendors.explained import explain
from tests.vendors.treasuredata.mistakes import SINGLE
from tests.vendors.treasuredata.shop import (
    ORIGIN,
    PAGE_VIEWS,
    RECORDED_VIEWS,
    TOKEN,
    Json,
    Shop,
    about,
    column,
    section,
    sections,
    shop,
)

ANA = {"client": "c-1", "email": "ana@example.com"}
NO_PROFILE = "The event belongs to no profile: it has no client nor email."


def offering(**parts: Any) -> Json:
    """A parent segment with one section of the name `offer`, and one batch profile."""
    return shop(
        realtime_personalizations=sections(section(**parts)),
        batch_profiles=[{"key": "ana@example.com", "attributes": {"tier": "gold"}}],
    )


def remarks(td: Shop, event: Any, path: str | None = None, **how: Any) -> list[str]:
    response = td.send(event, path, **how)
    assert response.status_code in (200, 204), response.text
    return explain(td.client, response).remarks


def test_a_call_that_gets_its_offer_needs_no_remark(td: Shop) -> None:
    td.open(offering())
    assert remarks(td, ANA) == []


def test_a_table_that_is_no_event_table_is_told_with_the_nearest(td: Shop) -> None:
    assert remarks(td, ANA, "/treasuredata/shop_db/view") == [
        "No offers: shop_db.view is no event table of parent segment 100, so the event was stored and reached no "
        "profile; did you mean shop_db.views?"
    ]


def test_a_table_that_no_section_is_about_is_told(td: Shop) -> None:
    assert remarks(td, ANA) == ["No offers: no section is entered by events of shop_db.views."]


def test_an_event_that_is_no_key_event_is_told(td: Shop) -> None:
    views = {"name": "views", "databaseName": "shop_db", "tableName": "views", "filterRule": column("p", "IsNull")}
    carts = {"name": "carts", "databaseName": "shop_db", "tableName": "carts"}
    td.open({**offering(), "realtime_key_events": [views, carts]})
    assert remarks(td, {**ANA, "p": 1}) == [
        "No offers: the event meets the filters of none of the key events of shop_db.views: views."
    ]


def test_filters_of_a_section_are_told(td: Shop) -> None:
    criteria = {"keyEventCriteria": {"keyEventId": "views", "keyEventFilters": column("p", "Equal", rightValue="shoe")}}
    td.open(offering(criteria=criteria))
    assert remarks(td, {**ANA, "p": "hat"}) == [
        "No offers: the section offer is not entered, because the event does not meet its keyEventFilters."
    ]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"client": "c-1"}, "no batch profile is linked: the event has no email, which would link one"),
        (
            {"email": "ben@example.com"},
            'no batch profile is linked: none has the email "ben@example.com"',
        ),
    ],
)
def test_an_unknown_profile_is_told_with_what_would_link_it(td: Shop, event: Json, why: str) -> None:
    td.open(offering(criteria={"acceptUnknownProfiles": None}))
    assert remarks(td, event) == [
        f"No offers: the section offer is not entered, because it does not accept unknown profiles, and {why}."
    ]


def test_criteria_of_a_profile_are_told(td: Shop) -> None:
    imported = [{"column": "tier", "dataType": "string"}]
    criteria = {"profileCriteria": about("tier", "Equal", rightValue="silver")}
    td.open({**offering(criteria=criteria), "realtime_imported_attributes": imported})
    assert remarks(td, ANA) == [
        "No offers: the section offer is not entered, because the profile does not meet its profileCriteria."
    ]


@pytest.mark.parametrize(
    ("event", "remark"),
    [
        ({"client": 7}, "client is 7, which is no id: only texts are."),
        ({"client": ""}, 'client is "", which is no id: it is empty.'),
        ({"client": "c-1", "email": None}, "email is null, which is no id: only texts are."),
        ({"p": 1}, NO_PROFILE),
    ],
)
def test_values_that_are_no_ids_are_told(td: Shop, event: Json, remark: str) -> None:
    td.open(offering())
    assert remarks(td, event) == [remark]


def test_sensitive_and_missing_attributes_are_told(td: Shop) -> None:
    fed = {"type": "single", "realtimeKeyEventId": "views", "dataType": "string"}
    attributes = [
        {**fed, "identifier": "secret", "valueColumn": "p", "sensitive": True},
        {**fed, "identifier": "size", "valueColumn": "s"},
    ]
    td.open({**offering(attributes={"a": "secret", "b": "size"}), "realtime_attributes": attributes})
    assert remarks(td, {**ANA, "p": "shoe"}) == [
        "The offer offer leaves out a, which is sensitive: the section has no includeSensitive.",
        "The offer offer leaves out b: the profile has no value for it.",
    ]


def test_a_batch_at_personalization_is_one_event(td: Shop) -> None:
    assert remarks(td, {"events": [ANA]})[0] == (
        "events is one column of one event here: batches are unpacked at /records/shop_db/views only, where there are "
        "no offers."
    )


def test_headers_and_parameters_that_nobody_reads_are_told(td: Shop) -> None:
    td.open(offering())
    path = "/treasuredata/shop_db/views?email=ana@example.com"
    assert remarks(td, ANA, path, X_Token=TOKEN, Origin=ORIGIN) == [
        "The header X-Token is ignored: older texts of code 3000 speak of it, and WP13n-Token is what is read.",
        "The query string has no effect here (email): columns of the event stand in the body.",
        "The call names an Origin, and the servers' path has no CORS: a page cannot read this answer.",
    ]


def test_records_that_were_not_stored_are_told_by_their_number(td: Shop) -> None:
    told = remarks(td, {"events": [ANA, {"time": "now"}, 7]}, RECORDED_VIEWS, WP13n_Token=None)
    assert told == [
        'Record 1 was not stored, and its receipt says {"success":false}: time is the text "now": it is Unix seconds '
        "as a whole number.",
        'Record 2 was not stored, and its receipt says {"success":false}: record 2 is 7, and no object.',
    ]


def test_records_that_reach_no_reactor_are_told(td: Shop) -> None:
    path = "/treasuredata/records/shop_db/other?modified=1&time=2"
    assert remarks(td, {"events": [{**ANA, "td_ip": "td_ip"}]}, path) == [
        "The header WP13n-Token has no effect here: records need no token, and get no offers.",
        "td_ip is stored as the text td_ip: only v1.js and v1.mobile imports fill it in.",
        "The records were stored and reach no profile: shop_db.other is no event table of a reactor of account 1.",
        "The query parameter modified is accepted and has no effect.",
        "The query parameter time is accepted and has no effect.",
    ]


def test_records_whose_routing_is_off_are_told(td: Shop) -> None:
    td.open(settings={"records_routing": "off"})
    assert remarks(td, {"events": [ANA]}, RECORDED_VIEWS, WP13n_Token=None) == [
        "The records reach no reactor: the setting records_routing is off."
    ]


def test_a_batch_that_says_it_is_single_is_one_record(td: Shop) -> None:
    assert remarks(td, {"events": [ANA]}, RECORDED_VIEWS, Content_Type=SINGLE, WP13n_Token=None) == [
        f"events is one column of one record here: {SINGLE} has no batches."
    ]


@pytest.mark.parametrize(
    ("path", "headers", "remark"),
    [
        (
            PAGE_VIEWS,
            {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type, x-trace"},
            "The page wants to send x-trace, which is not granted: a browser does not go on.",
        ),
        (
            RECORDED_VIEWS,
            {"Access-Control-Request-Method": "PUT"},
            "The page wants to send PUT, and only POST is granted: a browser does not go on.",
        ),
        (
            RECORDED_VIEWS,
            {"Origin": "null"},
            "The preflight names no usable Origin, so that the answer grants nothing and a browser does not go on.",
        ),
        (
            "/treasuredata/shop_db/views",
            {},
            "The servers' path has no CORS: a browser does not go on after this answer. Pages call "
            "/public/shop_db/views.",
        ),
    ],
)
def test_a_preflight_that_a_browser_stops_after_is_told(
    td: Shop, path: str, headers: dict[str, str], remark: str
) -> None:
    passed = td.client.options(path, headers={"Origin": ORIGIN, **headers})
    assert passed.status_code == 204
    assert explain(td.client, passed).remarks == [remark]
