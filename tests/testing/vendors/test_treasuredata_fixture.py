"""The `treasuredata` fixture: events in, offers out, and what has become of both."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from emulator.testing import Emulator, NotFound, TreasureData, Unusable, VendorRefused

KEY = "1/abcdef0123456789012345678901230123456789"
TOKEN = "1/8/12345789abcdef012345678901234567"
PUBLIC = "1/8/6b6ea5f8df5845fa8e7962f9e1ba84a3"
TYPE = "application/vnd.treasuredata.v1+json"
ANA = {"td_client_id": "c-1", "email": "ana@example.com"}
PLACE = "personalization__database/preferences_table"


def account(number: int, *kinds: str, **more: Any) -> Mapping[str, Any]:
    keys = [{"value": f"{number}/{place:040x}", "type": kind, **more} for place, kind in enumerate(kinds)]
    return {"id": str(number), "api_keys": keys}


def shop(number: int, *tokens: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
    """A reactor of account `number`, and a service with its tokens."""
    return {
        "reactors": [{"id": "8", "account": str(number), "parent_segment_id": "1"}],
        "parent_segments": [{"id": "1", "name": "S", "realtime_setting": {"keyColumns": [{"name": "email"}]}}],
        "personalization_services": [{"name": "shop", "reactor": "8", "tokens": [*tokens], **more}],
    }


def token(digit: str, **more: Any) -> Mapping[str, Any]:
    return {"name": f"token {digit}", "value": digit * 32, **more}


# Events and offers


def test_an_event_earns_offers_by_section(treasuredata: TreasureData) -> None:
    offers = treasuredata.send("preferences_table", **ANA, event_name="view", product_name="Trail Shoe")
    assert list(offers) == ["welcome_back", "recently_viewed"]
    assert offers["welcome_back"].attributes == {"first_name": "Ana", "greeting": "Welcome back"}
    assert offers["welcome_back"].batch_segments == [{"id": "55352"}]
    assert offers["recently_viewed"].attributes["views"] == 1
    assert offers["recently_viewed"].batch_segments == []
    assert repr(offers).startswith("Offers({'welcome_back': Offer({'attributes': {'first_name': 'Ana',")


def test_an_event_that_no_section_is_about_earns_nothing(treasuredata: TreasureData) -> None:
    offers = treasuredata.send("pageviews", **ANA, td_path="/")
    assert not offers
    assert len(offers) == 0


def test_no_offers_can_come_as_a_document_too(treasuredata: TreasureData, emulator: Emulator) -> None:
    emulator.load({"extends": "demo", "treasuredata": {"settings": {"no_match": "empty_offers"}}})
    assert treasuredata.send("pageviews", **ANA) == {}


def test_a_column_may_have_any_name(treasuredata: TreasureData) -> None:
    treasuredata.send("pageviews", table="t", self="s", größe=[1, {"a": None}])
    (event,) = treasuredata.events("pageviews")
    assert {name: value for name, value in event.items() if name != "time"} == {
        "table": "t", "self": "s", "größe": [1, {"a": None}],
    }  # fmt: skip


def test_what_the_app_sends_to_the_production_url_is_found_in_its_table(
    treasuredata: TreasureData, emulator: Emulator
) -> None:
    headers = {"Authorization": f"TD1 {treasuredata.api_key}", "WP13n-Token": treasuredata.token, "Content-Type": TYPE}
    body = json.dumps({**ANA, "event_name": "view"}).encode()
    httpx.post(f"{treasuredata.production_url}/{PLACE}", content=body, headers=headers).raise_for_status()
    (event,) = treasuredata.events("preferences_table")
    assert (event["email"], event["event_name"], event.time) == ("ana@example.com", "view", emulator.clock.now)
    assert treasuredata.events("pageviews") == []


def test_an_event_happened_when_it_says(treasuredata: TreasureData) -> None:
    treasuredata.send("pageviews", time=1_700_000_000, uuid="5505C764-00FC-469B-8EEF-F85A0FC85794")
    (event,) = treasuredata.events(PLACE.replace("preferences_table", "pageviews"))
    assert event.time == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert event.uuid.upper() == "5505C764-00FC-469B-8EEF-F85A0FC85794"


def test_records_are_stored_one_by_one(treasuredata: TreasureData) -> None:
    stored = treasuredata.ingest("pageviews", [{"td_path": "/"}, {"td_path": "/cart", "time": "never"}, {}])
    assert stored == [True, False, True]
    assert [event.get("td_path") for event in treasuredata.events("pageviews")] == ["/", None]


def test_what_is_no_record_is_refused_before_it_is_sent(treasuredata: TreasureData) -> None:
    with pytest.raises(TypeError, match=r"^3 is no event: write its columns and their values"):
        treasuredata.ingest("pageviews", [{"td_path": "/"}, 3])  # type: ignore[list-item]
    treasuredata.assert_not_called()


def test_no_records_are_refused(treasuredata: TreasureData) -> None:
    with pytest.raises(VendorRefused) as raised:
        treasuredata.ingest("pageviews", [])
    assert raised.value.status == 400


def test_a_profile_has_all_ids_that_were_stitched_to_it(treasuredata: TreasureData) -> None:
    treasuredata.send("pageviews", td_client_id="c-1")
    treasuredata.send("pageviews", td_client_id="c-2", email="ana@example.com")
    treasuredata.send("pageviews", td_client_id="c-1", email="ana@example.com")
    profile = treasuredata.profile(td_client_id="c-2")
    assert {key: sorted(ids) for key, ids in profile.ids.items()} == {
        "td_client_id": ["c-1", "c-2"], "email": ["ana@example.com"],
    }  # fmt: skip
    assert profile.rid == treasuredata.profile(email="ana@example.com").rid


def test_an_id_that_nobody_has_is_a_lookup_error(treasuredata: TreasureData) -> None:
    with pytest.raises(LookupError, match=r"^no profile has the email 'bo@example.com'$"):
        treasuredata.profile(email="bo@example.com")


@pytest.mark.parametrize("key", [{}, {"td_client_id": "c-1", "email": "ana@example.com"}])
def test_a_profile_is_asked_for_by_one_id(treasuredata: TreasureData, key: dict[str, str]) -> None:
    with pytest.raises(
        TypeError, match=rf'^profile\(\) takes one id, as in profile\(td_client_id="c-1"\), and got {len(key)}$'
    ):
        treasuredata.profile(**key)


# Tables


def test_a_table_that_is_no_event_table_is_told_the_nearest_one(treasuredata: TreasureData) -> None:
    for verb in (lambda: treasuredata.send("pageview"), lambda: treasuredata.events("pageview")):
        with pytest.raises(
            Unusable,
            match=r"^'pageview' is no event table here; did you mean pageviews\?; or write \"database/table\"$",
        ):
            verb()


def test_any_table_can_be_named_with_its_database(treasuredata: TreasureData) -> None:
    treasuredata.send("shop_db/clicks", button="buy")
    assert [event["button"] for event in treasuredata.events("shop_db/clicks")] == ["buy"]


def test_a_table_that_cannot_be_is_the_vendors_to_refuse(treasuredata: TreasureData) -> None:
    with pytest.raises(NotFound, match=r"^Treasure Data answers 404 to POST .*/Shop%20DB/clicks"):
        treasuredata.send("Shop DB/clicks")


def test_a_name_that_two_databases_have_needs_the_database(treasuredata: TreasureData, emulator: Emulator) -> None:
    treasuredata.send("pageviews")
    tables = [{"database": database, "table": "clicks"} for database in ("db_one", "db_two")]
    setting = {"keyColumns": [{"name": "email"}], "eventTables": tables}
    emulator.load({"treasuredata": {"parent_segments": [{"id": "1", "name": "S", "realtime_setting": setting}]}})
    with pytest.raises(
        Unusable, match=r"^there are several event tables 'clicks': write 'db_one/clicks' or 'db_two/clicks'$"
    ):
        treasuredata.events("clicks")
    with pytest.raises(Unusable, match=r"^'pageviews' is no event table here; known: clicks; or write"):
        treasuredata.events("pageviews")


# Credentials and clients


def test_the_credentials_are_the_first_that_nothing_limits(treasuredata: TreasureData) -> None:
    assert (treasuredata.api_key, treasuredata.token, treasuredata.public_token) == (KEY, TOKEN, PUBLIC)


def test_all_credentials_tell_what_they_are_and_what_limits_them(treasuredata: TreasureData) -> None:
    told = {one["header"].split()[-1]: (one["kind"], one.get("limits")) for one in treasuredata.credentials}
    assert told[KEY] == ("write-only key", None)
    assert (told[TOKEN], told[PUBLIC]) == (("private token", None), ("public token", None))
    assert told["1/8/20150000000000000000000000000000"] == ("private token", "not deployed: 2015")
    assert told["1/8/30050000000000000000000000000000"] == ("private token", "only from 203.0.113.0/24")


def test_the_key_is_of_the_tokens_account_and_may_do_as_little_as_there_is(
    treasuredata: TreasureData, emulator: Emulator
) -> None:
    accounts = [account(1, "write-only"), account(2, "master", "write")]
    emulator.load({"treasuredata": {"accounts": accounts, **shop(2, token("a"))}})
    assert (treasuredata.token, treasuredata.api_key) == (f"2/8/{'a' * 32}", f"2/{1:040x}")
    assert treasuredata.client.post("/shop_db/clicks", json={}).status_code == 204


def test_a_key_for_every_database_goes_before_one_that_is_not(treasuredata: TreasureData, emulator: Emulator) -> None:
    keys = [
        {"value": f"1/{'a' * 40}", "type": "write-only", "databases": ["shop_db"]},
        {"value": f"1/{'b' * 40}", "type": "write-only", "databases": []},
        {"value": f"1/{'c' * 40}", "type": "master"},
    ]
    emulator.load({"treasuredata": {"accounts": [{"id": "1", "api_keys": keys}], **shop(1, token("a"))}})
    assert treasuredata.api_key == f"1/{'c' * 40}"
    emulator.load({"treasuredata": {"accounts": [{"id": "1", "api_keys": keys[:1]}], **shop(1, token("a"))}})
    assert treasuredata.api_key == f"1/{'a' * 40}"


def test_the_production_url_is_that_of_the_region_that_knows_the_account(
    treasuredata: TreasureData, emulator: Emulator
) -> None:
    assert treasuredata.production_url == "https://us01.p13n.in.treasuredata.com"
    section = {"accounts": [account(1, "write-only")], **shop(1, token("a"))}
    emulator.load({"treasuredata": {"region": "eu01", **section}})
    assert treasuredata.production_url == "https://eu01.p13n.in.treasuredata.com"
    for url in (treasuredata.base_url, treasuredata.production_url):
        assert treasuredata.client.post(f"{url}/shop_db/clicks", json={}).status_code == 204


def test_tokens_that_are_not_deployed_or_not_for_every_address_are_passed_over(
    treasuredata: TreasureData, emulator: Emulator
) -> None:
    tokens = [token("a", state="pending"), token("b", allowedIps=["203.0.113.7"]), token("c")]
    emulator.load({"treasuredata": {"accounts": [account(1, "write")], **shop(1, *tokens)}})
    assert treasuredata.token == f"1/8/{'c' * 32}"
    emulator.load({"name": "limited", "treasuredata": {"accounts": [account(1, "write")], **shop(1, *tokens[:2])}})
    with pytest.raises(
        Unusable,
        match=r"^the scenario 'limited' has no private token without limits that Treasure Data would take: give it one "
        r"in treasuredata\.personalization_services\[\]\.tokens\[\]$",
    ):
        _ = treasuredata.token


def test_a_client_sends_what_each_kind_of_call_needs(treasuredata: TreasureData) -> None:
    client, origin = treasuredata.client, {"Origin": "https://shop.example"}
    server = client.post(f"/{PLACE}", json=ANA)
    page = client.post(f"/public/{PLACE}", json=ANA, headers=origin)
    record = client.post(f"/records/{PLACE}", json={"events": [ANA]})
    elsewhere = client.post(f"https://us01.records.in.treasuredata.com/{PLACE}", json={"events": [ANA]})
    assert [answer.status_code for answer in (server, page, record, elsewhere)] == [204, 204, 200, 200]
    sent = [answer.request.headers for answer in (server, page, record, elsewhere)]
    assert [headers.get("WP13n-Token") for headers in sent] == [TOKEN, PUBLIC, None, None]
    assert {(headers["Authorization"], headers["Content-Type"]) for headers in sent} == {(f"TD1 {KEY}", TYPE)}


def test_a_header_that_is_given_is_sent_as_it_is_given(treasuredata: TreasureData) -> None:
    for headers, status in (
        ({"WP13n-Token": "nonsense"}, 400),
        ({"Authorization": "TD1 nonsense"}, 401),
        ({"Content-Type": "application/json"}, 415),
    ):
        assert treasuredata.client.post(f"/{PLACE}", json=ANA, headers=headers).status_code == status
    assert treasuredata.client.post(f"/{PLACE}", json=ANA, auth=None).status_code == 401


def test_records_have_a_path_below_the_base_url(treasuredata: TreasureData) -> None:
    assert treasuredata.records_url == f"{treasuredata.base_url}/records"


def test_a_refused_verb_tells_the_vendors_code_and_the_cause(treasuredata: TreasureData) -> None:
    with pytest.raises(VendorRefused) as raised:
        treasuredata.send("pageviews", time="yesterday")
    assert (raised.value.status, raised.value.body["code"]) == (400, 3004)
    assert raised.value.cause is not None
    assert "time" in raised.value.cause


def test_a_world_without_credentials_says_where_they_would_be_given(
    treasuredata: TreasureData, emulator: Emulator
) -> None:
    emulator.load("empty")
    here = r"^the scenario 'empty' has no {} that Treasure Data would take: give it one in treasuredata\.{}$"
    services = r"personalization_services\[\]\.tokens\[\]"
    with pytest.raises(Unusable, match=here.format("API key", r"accounts\[\]\.api_keys\[\]")):
        _ = treasuredata.api_key
    with pytest.raises(Unusable, match=here.format("private token without limits", services)):
        _ = treasuredata.token
    with pytest.raises(Unusable, match=here.format("public token without limits", f"{services} of a public one")):
        _ = treasuredata.public_token
    with pytest.raises(Unusable, match="no API key"):
        treasuredata.client.post(f"/{PLACE}", json=ANA)
    with pytest.raises(Unusable, match=r"^'pageviews' is no event table here; known: none; or write"):
        treasuredata.send("pageviews")


def test_it_says_where_it_is_and_hides_its_credentials(treasuredata: TreasureData, emulator: Emulator) -> None:
    assert repr(treasuredata) == f"<TreasureData at {treasuredata.base_url}, with TD1 …6789, token …4567>"
    emulator.load("empty")
    assert repr(treasuredata) == f"<TreasureData at {treasuredata.base_url}, without a credential>"
