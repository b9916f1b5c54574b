"""The `primedata` fixture: who somebody is, what they did, and how both come to be."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from emulator.testing import Emulator, NotFound, PrimeData, Unusable, VendorRefused

ANA = "2YhQlO5kmTIRCu22QrO9BmgwbIy"
SOURCE = "JS-2Q5OFBvKq7zXgL1YhM0cNsTdWpR"


def operations(emulator: Emulator) -> list[str]:
    return [call["operation"] for call in emulator.control.requests()["requests"]]


# Who it is


def test_a_profile_is_found_by_any_of_its_identities_and_by_its_id(primedata: PrimeData) -> None:
    profile = primedata.profile(email="ana@example.com")
    assert profile == primedata.profile(phone_number=["nobody's", "84900000001"]) == primedata.profile(profile_id=ANA)
    assert profile.id == ANA
    assert profile.identity == {"email": ["ana@example.com"], "phone_number": ["84900000001"]}
    assert (profile.trait, profile.p_trait) == ({"full_name": "Ana"}, {"ltv": 250})
    assert profile.last_updated == datetime(2024, 1, 1, 1, 59, tzinfo=UTC)
    assert profile["profile_id"] == ANA


def test_nobody_is_a_lookup_error_that_says_how_somebody_comes_to_be(primedata: PrimeData) -> None:
    for search in (primedata.profile, primedata.events):
        with pytest.raises(NotFound) as raised:
            search(email="nobody@example.com")
        assert isinstance(raised.value, LookupError)
        assert raised.value.body["error"]["code"] == "not_found"
        assert raised.value.cause is not None
        assert raised.value.cause.startswith("No profile has any of these values: one comes to be by a scenario")


def test_an_identity_that_the_workspace_does_not_know_is_refused(primedata: PrimeData) -> None:
    with pytest.raises(VendorRefused, match=r"Invalid Identities \{e_mail="):
        primedata.profile(e_mail="ana@example.com")


def test_nothing_that_tells_who_is_refused(primedata: PrimeData) -> None:
    with pytest.raises(VendorRefused) as raised:
        primedata.profile()
    assert raised.value.status == 400


# What they did


def test_events_are_read_to_the_last_page(primedata: PrimeData, emulator: Emulator) -> None:
    events = primedata.events(email="ana@example.com")
    assert [event.properties["sequence"] for event in events] == [*range(120)]
    assert operations(emulator) == ["searchEvents", "searchEvents"]
    assert (events[0].name, events[0].id) == ("ProductViewed", "web.ProductViewed.0000")
    assert events[1].at == datetime(2024, 1, 1, 0, 1, tzinfo=UTC)
    assert events[1]["profile_id"] == ANA


def test_events_can_be_those_of_some_names_and_of_some_time_and_the_latest_first(primedata: PrimeData) -> None:
    start, end = datetime(2024, 1, 1, 0, 3, tzinfo=UTC), "2024-01-01T00:10:00Z"
    events = primedata.events(include="ProductViewed", start=start, end=end, sort="desc", profile_id=ANA)
    assert [event.properties["sequence"] for event in events] == [9, 6]
    both = primedata.events(include=["ProductViewed", "OrderCreated"], start=start, end=end, email="ana@example.com")
    assert [event.properties["sequence"] for event in both] == [4, 6, 7, 9]


def test_the_moment_of_an_event_is_read_in_either_spelling(primedata: PrimeData, emulator: Emulator) -> None:
    before = primedata.events(profile_id=ANA)[0]
    emulator.load({"extends": "demo", "primedata": {"settings": {"time_format": "iso"}}})
    after = primedata.events(profile_id=ANA)[0]
    assert before["time_stamp"] != after["time_stamp"]
    assert before.at == after.at


# How it comes to be


def test_an_event_that_is_added_is_found_at_once_even_where_time_stands_still(
    primedata: PrimeData, emulator: Emulator
) -> None:
    assert primedata.add_event("ProductViewed", {"product": "Trail Shoe"}, email="ana@example.com") == ANA
    identified, viewed = primedata.events(email="ana@example.com", start="2025-01-01")
    assert (identified.name, viewed.name, viewed.properties) == ("identify", "ProductViewed", {"product": "Trail Shoe"})
    assert timedelta() < emulator.clock.now - viewed.at <= timedelta(seconds=1)


def test_an_event_of_somebody_new_makes_a_profile(primedata: PrimeData) -> None:
    profile_id = primedata.add_event("OrderCreated", phone_number=["0911", "0922"], email="linh@example.com")
    profile = primedata.profile(email="linh@example.com")
    assert profile.id == profile_id
    assert profile.identity["phone_number"] == ["0911", "0922"]


def test_an_event_can_be_added_by_the_profiles_id_and_then_nobody_is_identified(primedata: PrimeData) -> None:
    assert primedata.add_event("ProductViewed", profile_id=ANA) == ANA
    assert [event.name for event in primedata.events(profile_id=ANA, start="2025-01-01")] == ["ProductViewed"]


def test_an_event_of_a_session_is_the_one_whose_session_it_is(primedata: PrimeData) -> None:
    profile_id = primedata.identify(session_id="visit-1", email="linh@example.com")
    assert primedata.add_event("ProductViewed", session_id="visit-1") == profile_id


def test_what_was_done_in_a_session_before_becomes_that_of_whoever_it_was(primedata: PrimeData) -> None:
    assert primedata.add_event("ProductViewed", session_id="visit-1") is None
    profile_id = primedata.add_event("OrderCreated", session_id="visit-1", email="linh@example.com")
    names = [event.name for event in primedata.events(profile_id=profile_id)]
    assert sorted(names) == ["OrderCreated", "ProductViewed", "identify"]


def test_an_event_of_nobody_belongs_to_nobody(primedata: PrimeData) -> None:
    assert primedata.add_event("ProductViewed") is None


def test_an_event_happens_when_it_is_said_to(primedata: PrimeData) -> None:
    at = datetime(2025, 12, 24, 18, 0, tzinfo=UTC)
    primedata.add_event("ProductViewed", at=at, email="ana@example.com")
    primedata.add_event("ProductViewed", at="2025-12-25T18:00:00+07:00", profile_id=ANA)
    viewed = primedata.events(include="ProductViewed", start="2025-01-01", profile_id=ANA)
    assert [event.at for event in viewed] == [at, datetime(2025, 12, 25, 11, 0, tzinfo=UTC)]


def test_a_moment_without_a_time_zone_is_refused_before_anything_is_sent(
    primedata: PrimeData, emulator: Emulator
) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        primedata.add_event("ProductViewed", at=datetime(2025, 12, 24), email="ana@example.com")
    assert operations(emulator) == []


def test_an_event_that_is_sent_twice_counts_once(primedata: PrimeData) -> None:
    for _ in range(2):
        primedata.add_event("ProductViewed", event_id="web.1", profile_id=ANA)
    assert [event.id for event in primedata.events(start="2025-01-01", profile_id=ANA)] == ["web.1"]


def test_a_property_that_is_taken_for_an_identity_is_told_where_it_belongs(
    primedata: PrimeData, emulator: Emulator
) -> None:
    with pytest.raises(
        TypeError,
        match=r"^'product' is no identity here; known: phone_number, email, crm_user_id, clevertap_device_id\. "
        r'A property of the event goes into its properties: add_event\("ProductViewed", \{"product": …\}\)$',
    ):
        primedata.add_event("ProductViewed", email="ana@example.com", product="Trail Shoe")
    assert operations(emulator) == []


def test_what_is_an_identity_is_for_the_world_to_say(primedata: PrimeData, emulator: Emulator) -> None:
    primedata.add_event("ProductViewed", email="ana@example.com")
    section = {"identity_config": [{"name": "loyalty_card", "priority": 1}], "event_catalogue": [{"name": "Visit"}]}
    emulator.load({"primedata": {**section, "api_keys": ["k"], "sources": [{"id": "JS-1", "write_key": "w"}]}})
    primedata.add_event("Visit", loyalty_card="c-1")
    assert primedata.profile(loyalty_card="c-1").identity == {"loyalty_card": ["c-1"]}


def test_an_event_that_is_not_registered_is_refused_with_the_reason(primedata: PrimeData) -> None:
    with pytest.raises(VendorRefused) as raised:
        primedata.add_event("ProductVeiwed", email="ana@example.com")
    assert raised.value.status == 422
    assert raised.value.cause is not None
    assert "ProductViewed" in raised.value.cause


def test_a_property_that_its_schema_misses_is_refused_with_the_reason(primedata: PrimeData) -> None:
    with pytest.raises(VendorRefused) as raised:
        primedata.add_event("demo-add-to-cart", {"product": "Trail Shoe"}, email="ana@example.com")
    assert raised.value.status == 422
    assert "price" in str(raised.value)


def test_a_profile_that_is_added_has_its_identities_and_its_traits(primedata: PrimeData) -> None:
    profile = primedata.add_profile(email="ngọc@example.com", full_name="Ngọc", age=31)
    assert (profile.identity, profile.trait) == (
        {"email": ["ngọc@example.com"]}, {"full_name": "Ngọc", "age": 31},
    )  # fmt: skip


def test_without_an_identity_there_is_no_profile_to_add(primedata: PrimeData) -> None:
    assert primedata.identify(full_name="Linh") is None
    with pytest.raises(
        ValueError, match=r"^full_name, age: none of these is an identity here, and without one there is no profile$"
    ):
        primedata.add_profile(full_name="Linh", age=31)
    with pytest.raises(ValueError, match=r"^nothing: none of these"):
        primedata.add_profile()


def test_one_identity_of_each_makes_two_profiles_one(primedata: PrimeData) -> None:
    primedata.add_profile(email="linh@example.com")
    primedata.add_profile(phone_number="0911")
    primedata.identify(email="linh@example.com", phone_number="0911")
    assert primedata.profile(email="linh@example.com") == primedata.profile(phone_number="0911")


# Credentials and clients


def test_the_credentials_are_the_first_key_and_the_first_data_source(primedata: PrimeData) -> None:
    assert primedata.api_key == "aGdqZ2tqaGtqZzoxMjM0NTY3"
    assert (primedata.client_id, primedata.access_token) == (SOURCE, "2Q5OFDPr3Yw6uEo9JtVxAbZkGm4")


def test_a_client_sends_what_each_kind_of_call_needs(primedata: PrimeData) -> None:
    search = primedata.client.post("/pub/profiles/advanced-search", json={"profile_id": ANA})
    assert search.status_code == 200
    assert search.request.headers["x-api-key"] == primedata.api_key
    assert "x-client-id" not in search.request.headers
    thing = {"itemId": "_", "itemType": "_", "scope": SOURCE}
    event = {"eventType": "ProductViewed", "scope": SOURCE, "timeStamp": "2026-01-05T08:00:00Z"}
    tracked = primedata.client.post("/powehi/smile", json={"events": [{**event, "source": thing, "target": thing}]})
    assert tracked.status_code == 200
    assert tracked.request.headers["x-client-id"] == SOURCE
    assert "x-api-key" not in tracked.request.headers


def test_a_client_sends_a_credential_as_it_is_given_and_none_without_auth(primedata: PrimeData) -> None:
    url, who = "/pub/profiles/advanced-search", {"profile_id": ANA}
    assert primedata.client.post(url, json=who, headers={"x-api-key": "wrong"}).status_code == 401
    assert primedata.client.post(url, json=who, auth=None).status_code == 401
    wrong = primedata.client.post("/powehi/smile", json={}, headers={"X-Client-Id": SOURCE})
    assert (wrong.status_code, wrong.request.headers.get("x-client-access-token")) == (401, None)


def test_the_production_url_leads_to_the_same_world(primedata: PrimeData) -> None:
    headers = {"x-api-key": primedata.api_key}
    url = f"{primedata.production_url}/pub/profiles/advanced-search"
    assert httpx.post(url, json={"profile_id": ANA}, headers=headers).json()["data"]["trait"] == {"full_name": "Ana"}


def test_a_limit_that_is_reached_while_pages_are_read_is_a_refusal(primedata: PrimeData, emulator: Emulator) -> None:
    emulator.control.add_fault("primedata", "rate_limit_error", operation="searchEvents", times=1)
    with pytest.raises(VendorRefused) as raised:
        primedata.events(profile_id=ANA)
    assert raised.value.status == 429


def test_a_world_without_credentials_says_where_they_would_be_given(primedata: PrimeData, emulator: Emulator) -> None:
    emulator.load("empty")
    here = r"^the scenario 'empty' has no {} that PrimeData would take: give it one in primedata\.{}\[\]$"
    for attempt in (lambda: primedata.api_key, lambda: primedata.profile(profile_id=ANA)):
        with pytest.raises(Unusable, match=here.format("API key", "api_keys")):
            attempt()
    for attempt in (
        lambda: primedata.client_id,
        lambda: primedata.access_token,
        lambda: primedata.add_event("identify"),
        lambda: primedata.client.post("/powehi/smile", json={}),
    ):
        with pytest.raises(Unusable, match=here.format("data source", "sources")):
            attempt()


def test_it_says_where_it_is_and_hides_its_key(primedata: PrimeData, emulator: Emulator) -> None:
    assert repr(primedata) == f"<PrimeData at {primedata.base_url}, with x-api-key …NTY3>"
    emulator.load("empty")
    assert repr(primedata) == f"<PrimeData at {primedata.base_url}, without a credential>"
