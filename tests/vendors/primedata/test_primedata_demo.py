"""The demo world: the samples of the documentation byte for byte, and Ana's hundred and twenty events."""

from typing import Any

import httpx
import pytest

from emulator.core.world import World
from tests.vendors.primedata.workspace import EVENTS, PROFILES, Caller

DEMO_KEY = "aGdqZ2tqaGtqZzoxMjM0NTY3"
SAMPLE = "2K7QRzns7Gpw4n4Q4RADtFpmhnm"
DUC = "2Q5OFD0h3NdANoqIJhHzTnto3ay"
ANA = "2YhQlO5kmTIRCu22QrO9BmgwbIy"
NAMES = ["ProductViewed", "OrderCreated", "OrderCompleted"]
IDS = [f"web.{NAMES[i % 3]}.{i:04}" for i in range(120)]


class DemoCaller(Caller):
    def call(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return super().call(path, body, **{"x-api-key": DEMO_KEY, **headers})


@pytest.fixture
def demo(client: httpx.Client, world: World) -> DemoCaller:
    world.settings["primedata"] = world.settings["primedata"].model_copy(update={"requests_per_second": 0})
    return DemoCaller(client, world)


def test_the_sample_profile_to_the_letter(demo: DemoCaller) -> None:
    response = demo.call(PROFILES, {"identities": {"phone_number": ["0123456789"]}})
    assert response.content.decode() == (
        '{"data":{"profile_id":"2K7QRzns7Gpw4n4Q4RADtFpmhnm","last_updated":"2020-01-01T00:00:00Z",'
        '"identity":{"phone_number":["0123456788","0123456789"],"email":["mail@gmail.com"],'
        '"clevertap_device_id":["device_id"],"crm_user_id":["123"]},'
        '"trait":{"full_name":"Sơn","address":"HN"},'
        '"p_trait":{"ltv":12000,"last_time_purchased":"2023:01:01T20:00:00Z"}}}'
    )
    assert demo.call(PROFILES, {"profile_id": SAMPLE}).content == response.content


def test_the_documented_choice_of_properties(demo: DemoCaller) -> None:
    data = demo.profile(profile_id=SAMPLE, include=["full_name", "phone_number", "ltv"]).json()["data"]
    assert data == {
        "profile_id": SAMPLE,
        "last_updated": "2020-01-01T00:00:00Z",
        "identity": {"phone_number": ["0123456788", "0123456789"]},
        "trait": {"full_name": "Sơn"},
        "p_trait": {"ltv": 12000},
    }


def test_the_two_sample_events_to_the_letter(demo: DemoCaller) -> None:
    response = demo.call(EVENTS, {"profile_id": DUC})
    assert response.content.decode() == (
        '{"data":[{"properties":{"at":"2023-05-21T11:48:23","full_name":"\u0110\u1ee8C","phone_number":"0123456789",'
        '"booking_completed_time":"2023-05-21T04:48:23Z","customer_id":"749547"},'
        '"id":"30ShineMSSQL.BookingCompleted.17484563","profile_id":"2Q5OFD0h3NdANoqIJhHzTnto3ay",'
        '"event_name":"BookingCompleted","time_stamp":"2023:01:01T20:00:00Z","sent_at":"2023:01:01T20:01:00Z",'
        '"input_schema_version":"0.1"},'
        '{"properties":{"at":"2023-05-21T11:48:23","full_name":"\u0110\u1ee8C","phone_number":"0123456789",'
        '"order_date":"2023-05-21T04:48:23Z","order_revenue":749547},'
        '"id":"30ShineMSSQL.BookingCompleted.17484563","profile_id":"2Q5OFD0h3NdANoqIJhHzTnto3ay",'
        '"event_name":"OrderCreated","time_stamp":"2023:01:01T20:00:00Z","sent_at":"2023:01:01T20:01:00Z",'
        '"input_schema_version":"0.1"}],"cursor":{"has_more":false,"next":""}}'
    )


def test_the_two_sample_events_share_time_and_id_and_are_paged_one_by_one(demo: DemoCaller) -> None:
    for sort in ("asc", "desc", None):
        assert [len(page) for page in demo.pages(profile_id=DUC, sort=sort, limit=1)] == [1, 1]
    vector = "MTY3MjYwMzIwMDAwMDAwMDAwMDo6MzBTaGluZU1TU1FMLkJvb2tpbmdDb21wbGV0ZWQuMTc0ODQ1NjM="
    assert len(demo.ids(profile_id=DUC, sort="asc", cursor=vector)) == 2


def test_duc_is_known_by_phone_number_and_customer_id(demo: DemoCaller) -> None:
    for identities in ({"phone_number": ["0987654321"]}, {"crm_user_id": [749547]}):
        data = demo.profile(identities=identities).json()["data"]
        assert (data["profile_id"], data["trait"]) == (DUC, {"full_name": "ĐỨC"})


def test_ana_is_known_by_email_and_phone_number(demo: DemoCaller) -> None:
    for identities in ({"email": ["ana@example.com"]}, {"phone_number": ["84900000001"]}):
        data = demo.profile(identities=identities).json()["data"]
        assert data["profile_id"] == ANA
        assert data["identity"] == {"email": ["ana@example.com"], "phone_number": ["84900000001"]}
        assert (data["trait"], data["p_trait"]) == ({"full_name": "Ana"}, {"ltv": 250})


@pytest.mark.parametrize("limit", [7, 25, 40, 100])
@pytest.mark.parametrize("sort", ["asc", "desc", None])
def test_anas_events_are_paged_through_in_every_order(demo: DemoCaller, sort: str | None, limit: int) -> None:
    seen = [one for page in demo.pages(profile_id=ANA, sort=sort, limit=limit) for one in page]
    assert seen == (IDS[::-1] if sort == "desc" else IDS)


@pytest.mark.parametrize("sort", ["asc", "desc", None])
def test_anas_orders_are_paged_through_in_every_order(demo: DemoCaller, sort: str | None) -> None:
    orders = [one for one in IDS if "Order" in one]
    include = ["OrderCreated", "OrderCompleted"]
    seen = [one for page in demo.pages(profile_id=ANA, sort=sort, limit=9, include=include) for one in page]
    assert seen == (orders[::-1] if sort == "desc" else orders)


def test_one_of_anas_events(demo: DemoCaller) -> None:
    (last,) = demo.events(profile_id=ANA, sort="desc", limit=1).json()["data"]
    assert last == {
        "properties": {"sequence": 119},
        "id": "web.OrderCompleted.0119",
        "profile_id": ANA,
        "event_name": "OrderCompleted",
        "time_stamp": "2024:01:01T01:59:00Z",
        "sent_at": "2024:01:01T01:59:01Z",
        "input_schema_version": "0.1",
    }


@pytest.mark.parametrize("name", [*NAMES, "BookingCompleted", "identify"])
def test_the_demo_catalogue_has_its_five_events(demo: DemoCaller, name: str) -> None:
    assert demo.events(profile_id=SAMPLE, include=[name]).status_code == 200


@pytest.mark.parametrize("host", ["live.primedata.ai", "shop.primedatacdp.com"])
def test_a_production_url_reaches_the_same_world(client: httpx.Client, host: str, namespace: str) -> None:
    path = "/pub/profiles/advanced-search"
    root = str(client.base_url).partition("/ns/")[0]
    headers = {"Host": host, "x-api-key": DEMO_KEY, "X-Emulator-Namespace": namespace}
    assert client.post(root + path, headers=headers, json={"profile_id": ANA}).status_code == 200


def test_the_web_shop_tracks_ana(demo: DemoCaller) -> None:
    shop = "JS-2Q5OFBvKq7zXgL1YhM0cNsTdWpR"
    nothing = {"itemId": "_", "itemType": "_", "scope": shop}
    shared = {"scope": shop, "timeStamp": "2024-05-21T11:48:23Z", "source": nothing}
    user = {"itemId": "_", "itemType": "analyticsUser", "scope": shop, "properties": {"email": "ana@example.com"}}
    added = {"product": "Trail Shoe", "price": 100, "colour": "trimmed"}
    body = {
        "sessionId": "s-1",
        "events": [
            {**shared, "eventType": "identify", "target": user},
            {**shared, "eventType": "demo-add-to-cart", "target": nothing, "properties": added},
        ],
    }
    keys = {"X-Client-Id": shop, "X-Client-Access-Token": "2Q5OFDPr3Yw6uEo9JtVxAbZkGm4"}
    answer = demo.client.post("/primedata/powehi/smile", headers=keys, json=body)
    assert answer.content.decode() == f'{{"processedEvents":2,"profileId":"{ANA}"}}'
    (found,) = demo.events(profile_id=ANA, include=["demo-add-to-cart"]).json()["data"]
    assert found["properties"] == {"product": "Trail Shoe", "price": 100}
    assert sum(map(len, demo.pages(profile_id=ANA, limit=100))) == 122
