"""The demo scenario answers as the documentation shows it, byte for byte."""

import httpx
import pytest

from emulator.core.world import World
from emulator.server import Background
from emulator.vendors.treasuredata import VENDOR

KEY = "TD1 1/abcdef0123456789012345678901230123456789"
MASTER_KEY = "TD1 1/00000000000000000000000000000000000000aa"
OTHER_KEY = "TD1 2/2222222222222222222222222222222222222222"
PRIVATE = "1/8/12345789abcdef012345678901234567"
BROWSER = "1/8/6b6ea5f8df5845fa8e7962f9e1ba84a3"
TABLES = "/treasuredata/personalization__database"
PAGES = "/treasuredata/public/personalization__database"
RECORDS = "/treasuredata/records/personalization__database"
ANA = b'{"td_client_id":"c-1","email":"ana@example.com","event_name":"view","product_name":"Trail Shoe"}'


@pytest.fixture
def demo(client: httpx.Client, world: World) -> httpx.Client:
    """A client with the private token's headers in a fresh demo world."""
    client.headers.update(
        {"Authorization": KEY, "WP13n-Token": PRIVATE, "Content-Type": "application/vnd.treasuredata.v1+json"}
    )
    return client


def test_the_first_view_answers_both_sections(demo: httpx.Client) -> None:
    response = demo.post(f"{TABLES}/preferences_table", content=ANA)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.content == (
        b'{"offers":{"welcome_back":{"attributes":{"first_name":"Ana","greeting":"Welcome back"},'
        b'"batch_segments":[{"id":"55352"}]},'
        b'"recently_viewed":{"attributes":{"last_viewed":"Trail Shoe","recent_products":["Trail Shoe"],"views":1}}}}'
    )


def test_the_same_call_to_pageviews_answers_204(demo: httpx.Client) -> None:
    response = demo.post(f"{TABLES}/pageviews", content=ANA)
    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers


def test_a_second_view_by_client_id_alone_is_stitched_to_ana(demo: httpx.Client) -> None:
    demo.post(f"{TABLES}/preferences_table", content=ANA)
    second = b'{"td_client_id":"c-1","event_name":"view","product_name":"Rain Jacket"}'
    response = demo.post(f"{TABLES}/preferences_table", content=second)
    assert response.content == (
        b'{"offers":{"welcome_back":{"attributes":{"first_name":"Ana","greeting":"Welcome back"},'
        b'"batch_segments":[{"id":"55352"}]},'
        b'"recently_viewed":{"attributes":{"last_viewed":"Rain Jacket",'
        b'"recent_products":["Trail Shoe","Rain Jacket"],"views":2}}}}'
    )


def test_a_stranger_gets_recently_viewed_only(demo: httpx.Client) -> None:
    stranger = b'{"td_client_id":"c-2","event_name":"view","product_name":"Tent"}'
    response = demo.post(f"{TABLES}/preferences_table", content=stranger)
    assert response.content == (
        b'{"offers":{"recently_viewed":{"attributes":{"last_viewed":"Tent","recent_products":["Tent"],"views":1}}}}'
    )


def test_another_event_than_a_view_answers_204(demo: httpx.Client) -> None:
    response = demo.post(f"{TABLES}/preferences_table", content=ANA.replace(b'"view"', b'"like"'))
    assert response.status_code == 204


def test_the_master_key_passes_too(demo: httpx.Client) -> None:
    response = demo.post(f"{TABLES}/preferences_table", content=ANA, headers={"Authorization": MASTER_KEY})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Authorization": OTHER_KEY}, 3002),
        ({"WP13n-Token": "1/8/6b6ea5f8df5845fa8e7962f9e1ba84a3"}, 3006),
        ({"WP13n-Token": "1/8/30050000000000000000000000000000"}, 3005),
        ({"WP13n-Token": "1/8/20150000000000000000000000000000"}, 2015),
    ],
    ids=["key of account 2", "public token", "token limited to other addresses", "token not deployed"],
)
def test_the_other_keys_and_tokens_are_refused_as_they_are_meant_to(
    demo: httpx.Client, headers: dict[str, str], code: int
) -> None:
    assert demo.post(f"{TABLES}/preferences_table", content=ANA, headers=headers).json()["code"] == code


def test_a_page_gets_the_same_offers_with_the_browsers_token(demo: httpx.Client) -> None:
    server = demo.post(f"{TABLES}/preferences_table", content=ANA)
    demo.post("/_emulator/reset")
    page = {"WP13n-Token": BROWSER, "Origin": "http://localhost:8081"}
    response = demo.post(f"{PAGES}/preferences_table", content=ANA, headers=page)
    assert (response.status_code, response.content) == (200, server.content)
    assert response.headers["access-control-allow-origin"] == "http://localhost:8081"
    assert demo.post(f"{PAGES}/pageviews", content=b"{}", headers=page).status_code == 204


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": ""}, 3007),
        ({"WP13n-Token": PRIVATE}, 3006),
        ({"WP13n-Token": "1/8/30050000000000000000000000000000"}, 3006),
        ({"Authorization": OTHER_KEY}, 3002),
    ],
    ids=["no origin", "private token", "private token limited to other addresses", "key of account 2"],
)
def test_what_is_wrong_with_a_page_is_told(demo: httpx.Client, headers: dict[str, str], code: int) -> None:
    page = {"WP13n-Token": BROWSER, "Origin": "http://localhost:8081", **headers}
    assert demo.post(f"{PAGES}/preferences_table", content=ANA, headers=page).json()["code"] == code


def test_the_office_token_works_from_the_office(demo: httpx.Client) -> None:
    chosen = {"vendor": "treasuredata", "settings": {"client_ip_header": "X-Forwarded-For"}}
    assert demo.patch("/_emulator/settings", json=chosen).status_code == 200
    office = {"WP13n-Token": "1/8/30050000000000000000000000000000", "X-Forwarded-For": "203.0.113.7"}
    assert demo.post(f"{TABLES}/preferences_table", content=ANA, headers=office).status_code == 200


def test_a_recorded_view_counts_for_the_next_offer(demo: httpx.Client) -> None:
    recorded = demo.post(f"{RECORDS}/preferences_table", content=b'{"events":[' + ANA + b"]}")
    assert (recorded.status_code, recorded.content) == (200, b'{"receipts":[{"success":true}]}')
    response = demo.post(f"{TABLES}/preferences_table", content=ANA)
    assert response.json()["offers"]["recently_viewed"]["attributes"]["views"] == 2


def test_production_hosts_reach_the_same_world(demo: httpx.Client, server: Background, namespace: str) -> None:
    for region in ("us01", "eu01", "ap01", "ap02", "ap03"):
        response = demo.post(
            f"{server.url}/personalization__database/preferences_table",
            content=ANA,
            headers={"Host": f"{region}.p13n.in.treasuredata.com", "X-Emulator-Namespace": namespace},
        )
        assert response.status_code == 200


def test_all_credentials_of_the_demo_world_are_listed(world: World) -> None:
    with world.turn:
        found = [one["header"] for one in VENDOR.credentials(world.work(VENDOR))]
    assert found == [
        f"Authorization: {MASTER_KEY}",
        f"Authorization: {KEY}",
        f"Authorization: {OTHER_KEY}",
        "WP13n-Token: 1/8/20150000000000000000000000000000",
        "WP13n-Token: 1/8/30050000000000000000000000000000",
        f"WP13n-Token: {PRIVATE}",
        "WP13n-Token: 1/8/6b6ea5f8df5845fa8e7962f9e1ba84a3",
    ]
