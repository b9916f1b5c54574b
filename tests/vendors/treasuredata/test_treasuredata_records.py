"""The records host: events that nobody waits for fill the same tables and reach the same reactors, without offers."""

import gzip
import re
from typing import Any

import httpx
import orjson
import pytest

from emulator.server import Background
from emulator.vendors.treasuredata import VENDOR
from tests.vendors.treasuredata.shop import (
    KEY,
    MEDIA_TYPE,
    NOW,
    ORIGIN,
    RECORDED_VIEWS,
    TOKEN,
    Shop,
    pages,
    section,
    sections,
    shop,
    whole,
)

SINGLE = "application/vnd.treasuredata.v1.single+json"
BROWSER = "application/vnd.treasuredata.v1.js+json"
MOBILE = "application/vnd.treasuredata.v1.mobile+json"
A_UUID = "5505C764-00FC-469B-8EEF-F85A0FC85794"
TAKEN = b'{"receipts":[{"success":true}]}'
OTHER_KEY = "2/" + "b" * 40
READABLE = {"access-control-allow-origin": ORIGIN, "access-control-allow-credentials": "true", "vary": "Origin"}
COUNTER = {
    "identifier": "views",
    "type": "counter",
    "counterType": "total",
    "realtimeKeyEventId": "views",
    "increment": {"type": "const", "value": 1},
}
COUNTED = shop(realtime_attributes=[COUNTER], realtime_personalizations=sections(section(attributes={"n": "views"})))


@pytest.fixture
def recorder(td: Shop) -> Shop:
    """The shop as a client that only records sees it: with a key, and no token."""
    td.path = RECORDED_VIEWS
    del td.headers["WP13n-Token"]
    return td


def answer(response: httpx.Response) -> tuple[int, bytes]:
    return response.status_code, response.content


def columns(recorder: Shop) -> list[dict[str, Any]]:
    """What is stored, without the times."""
    return [{n: v for n, v in event["json"].items() if n != "time"} for event in recorder.stored("events")]


@pytest.mark.parametrize("authorization", [None, "", KEY, f"td1 {KEY}", f"TD1 1/{'0' * 40}"])
def test_a_call_without_a_known_key_is_401(recorder: Shop, authorization: str | None) -> None:
    response = recorder.send({"events": [{}]}, Authorization=authorization)
    assert answer(response) == (401, b'{"message":"Unauthorized"}')
    assert recorder.stored("events") == []


def test_what_the_browser_client_tracks_is_stored(recorder: Shop) -> None:
    event = {"td_version": "4.4.3", "td_client_id": "fadf8388-8ff1-4277-b118-84196886785b", "event_name": "view"}
    response = recorder.send(
        {"events": [event]}, f"{RECORDED_VIEWS}?modified=1795301610292", Accept=MEDIA_TYPE, Origin=ORIGIN
    )
    assert answer(response) == (200, TAKEN)
    assert response.headers["content-type"] == "application/json"
    assert {name: response.headers[name] for name in READABLE} == READABLE
    [stored] = recorder.stored("events")
    assert (stored["account"], stored["database"], stored["table"]) == ("1", "shop_db", "views")
    assert stored["time"] == NOW
    assert stored["json"] == {**event, "time": NOW}
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", stored["uuid"])


def test_a_time_of_its_own_is_kept_and_the_one_in_the_query_is_not_read(recorder: Shop) -> None:
    path = f"{RECORDED_VIEWS}?modified=1795301611603&time=1"
    assert answer(recorder.send({"events": [{"time": 1_700_760_737}, {}]}, path))[0] == 200
    assert [event["time"] for event in recorder.stored("events")] == [1_700_760_737, NOW]


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (MEDIA_TYPE, {"events": [{"a": 1}]}),
        (MEDIA_TYPE, {"records": [{"a": 1}]}),
        (f"{MEDIA_TYPE}; charset=utf-8", {"events": [{"a": 1}], "more": True}),
        (SINGLE, {"a": 1}),
        (BROWSER, {"events": [{"a": 1}]}),
        (MOBILE, {"events": [{"a": 1}]}),
    ],
)
def test_every_media_type_has_its_shape(recorder: Shop, media_type: str, body: Any) -> None:
    assert answer(recorder.send(body, Content_Type=media_type)) == (200, TAKEN)
    assert columns(recorder) == [{"a": 1}]


def test_a_single_record_may_have_a_column_called_events(recorder: Shop) -> None:
    assert answer(recorder.send({"events": [1]}, Content_Type=SINGLE)) == (200, TAKEN)
    assert columns(recorder) == [{"events": [1]}]


@pytest.mark.parametrize(
    "media_type",
    [None, "", "application/json", "text/plain", "application/vnd.treasuredata.v2+json"],
)
def test_another_media_type_is_415(recorder: Shop, media_type: str | None) -> None:
    response = recorder.send({"events": [{}]}, Content_Type=media_type)
    assert answer(response) == (415, b'{"message":"Unsupported Media Type"}')


@pytest.mark.parametrize("media_type", [SINGLE, BROWSER, MOBILE])
def test_the_media_types_of_records_are_none_of_the_personalization_paths(either: Shop, media_type: str) -> None:
    assert either.send(Content_Type=media_type).status_code == 415


@pytest.mark.proves(
    "treasuredata.operation.importRecords",
    "treasuredata.record_body",
    "treasuredata.receipts",
    "treasuredata.default.receipt_uuids",
)
def test_receipts_come_in_the_order_of_the_records_and_bad_ones_do_not_harm_the_others(recorder: Shop) -> None:
    records = [
        {"n": 1, "uuid": A_UUID},
        "no object",
        {"n": 2, "time": "1700760737"},
        {"n": 3},
        {"n": 4, "uuid": "no uuid"},
        None,
        {"n": 5, "time": -1},
        [],
        {"n": 6, "uuid": A_UUID.lower(), "time": 5},
    ]
    response = recorder.send({"events": records})
    assert answer(response) == (
        200,
        b'{"receipts":[{"success":true,"uuid":"5505C764-00FC-469B-8EEF-F85A0FC85794"},{"success":false},'
        b'{"success":false},{"success":true},{"success":false},{"success":false},{"success":false},'
        b'{"success":false},{"success":true,"uuid":"5505c764-00fc-469b-8eef-f85a0fc85794"}]}',
    )
    assert columns(recorder) == [{"n": 1}, {"n": 3}, {"n": 6}]
    assert response.headers["x-emulator-provenance"] == "assumed"


def test_a_single_record_that_is_no_event_gets_a_receipt_that_says_so(recorder: Shop) -> None:
    response = recorder.send({"time": None}, Content_Type=SINGLE)
    assert answer(response) == (200, b'{"receipts":[{"success":false}]}')
    assert recorder.stored("events") == []


@pytest.mark.proves("treasuredata.default.receipt_uuids")
def test_every_receipt_carries_a_uuid_where_the_setting_says_so(recorder: Shop) -> None:
    recorder.open(settings={"receipt_uuids": "always"})
    response = recorder.send({"events": [{"uuid": A_UUID}, {}, {"time": 1.5}]})
    stored = [event["uuid"] for event in recorder.stored("events")]
    assert stored[0] == A_UUID
    assert response.json() == {
        "receipts": [{"success": True, "uuid": stored[0]}, {"success": True, "uuid": stored[1]}, {"success": False}]
    }


def test_the_same_seed_gives_the_same_uuids(recorder: Shop) -> None:
    def twice() -> bytes:
        recorder.open(settings={"receipt_uuids": "always"})
        return recorder.send({"events": [{}, {}]}).content

    assert twice() == twice()


@pytest.mark.parametrize(
    ("media_type", "body", "reason"),
    [
        (MEDIA_TYPE, b"", "the body is not JSON: "),
        (MEDIA_TYPE, b"{", "the body is not JSON: "),
        (MEDIA_TYPE, b'{"events":[{"a":NaN}]}', "the body is not JSON: "),
        (MEDIA_TYPE, b'{"events":[{"a":"\xff"}]}', "the body is not JSON: "),
        (MEDIA_TYPE, b'{"events":' + b"[" * 5_000, "the body is not JSON: "),
        (MEDIA_TYPE, b"[]", "the body must be an object with an array events or records"),
        (MEDIA_TYPE, b"null", "the body must be an object with an array events or records"),
        (MEDIA_TYPE, b'"events"', "the body must be an object with an array events or records"),
        (MEDIA_TYPE, b"{}", "the body must be an object with an array events or records"),
        (MEDIA_TYPE, b'{"a":1}', "the body must be an object with an array events or records"),
        (MEDIA_TYPE, b'{"events":{}}', "the body must be an object with an array events or records"),
        (MEDIA_TYPE, b'{"events":null}', "the body must be an object with an array events or records"),
        (MEDIA_TYPE, b'{"events":[{}],"records":[{}]}', "the body must be an object with an array events or records"),
        (BROWSER, b'{"records":[{}]}', "the body must be an object with an array events"),
        (MOBILE, b'{"a":1}', "the body must be an object with an array events"),
        (SINGLE, b"[{}]", "the body must be one object, the record"),
        (SINGLE, b"7", "the body must be one object, the record"),
        (MEDIA_TYPE, b'{"events":[]}', "an import has 1 to 500 records, found 0"),
        (MEDIA_TYPE, b'{"events":[' + b"{}," * 500 + b"{}]}", "an import has 1 to 500 records, found 501"),
    ],
)
@pytest.mark.proves("treasuredata.error.invalid_batch")
def test_a_body_of_the_wrong_shape_is_400_as_a_whole(recorder: Shop, media_type: str, body: bytes, reason: str) -> None:
    response = recorder.send(body=body, Content_Type=media_type)
    assert response.status_code == 400
    assert list(response.json()) == ["message"]
    assert response.json()["message"].startswith(reason)
    assert recorder.stored("events") == []


def test_500_records_are_taken_at_once(recorder: Shop) -> None:
    response = recorder.send({"events": [{"n": number} for number in range(500)]})
    assert response.json() == {"receipts": [{"success": True}] * 500}
    assert [one["n"] for one in columns(recorder)] == list(range(500))


def test_a_batch_may_have_five_mebibytes_and_a_record_one(recorder: Shop) -> None:
    fitting, too_large = {"a": "x" * 1_048_568}, {"a": "x" * 1_048_569}
    assert len(orjson.dumps(fitting)) == 1024 * 1024
    response = recorder.send({"events": [fitting, too_large, {"b": 1}]})
    assert response.json() == {"receipts": [{"success": True}, {"success": False}, {"success": True}]}
    assert [list(one) for one in columns(recorder)] == [["a"], ["b"]]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.proves("treasuredata.error.payload_too_large")
def test_a_batch_over_five_mebibytes_is_413(recorder: Shop, packed: bool) -> None:
    largest = b'{"events":[{}]' + b" " * (5 * 1024 * 1024 - 15) + b"}"
    assert len(largest) == 5 * 1024 * 1024

    def send(body: bytes) -> httpx.Response:
        if not packed:
            return recorder.send(body=body)
        return recorder.send(body=gzip.compress(body), Content_Encoding="gzip")

    assert answer(send(largest)) == (200, TAKEN)
    assert answer(send(largest + b" ")) == (413, b'{"message":"Payload Too Large"}')
    assert len(recorder.stored("events")) == 1


def test_a_batch_may_be_packed(recorder: Shop) -> None:
    body = gzip.compress(b'{"events":[{"a":1}]}')
    assert answer(recorder.send(body=body, Content_Encoding="gzip")) == (200, TAKEN)
    assert columns(recorder) == [{"a": 1}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"events":[{}]}',
        gzip.compress(b'{"events":[{}]}')[:-4],
        gzip.compress(b'{"events":[{}]}') + b"x",
        gzip.compress(b'{"events":[{}]}') * 2,
        gzip.compress(b'{"events":[{}]}')[:-8] + b"\x00" * 8,
    ],
    ids=["nothing", "plain", "cut", "trailing", "two", "checksum"],
)
def test_a_broken_gzip_stream_is_400(recorder: Shop, body: bytes) -> None:
    response = recorder.send(body=body, Content_Encoding="gzip")
    assert answer(response) == (400, b'{"message":"the body is no whole gzip stream"}')
    assert recorder.stored("events") == []


def test_another_content_encoding_is_415(recorder: Shop) -> None:
    assert recorder.send({"events": [{}]}, Content_Encoding="br").status_code == 415


@pytest.mark.parametrize(
    ("record", "stored"),
    [
        (b'{"n":18446744073709551615}', 18446744073709551615),
        (b'{"n":123456789012345678901234567890}', 1.2345678901234568e29),
        (b'{"n":' + b"[" * 99 + b"]" * 99 + b"}", None),
    ],
)
def test_unusual_values_are_taken(recorder: Shop, record: bytes, stored: Any) -> None:
    assert answer(recorder.send(body=b'{"events":[' + record + b"]}")) == (200, TAKEN)
    [found] = columns(recorder)
    assert stored is None or found == {"n": stored}


def test_a_record_nested_too_deep_is_none(recorder: Shop) -> None:
    deep = b'{"n":' + b"[" * 100 + b"]" * 100 + b"}"
    response = recorder.send(body=b'{"events":[{"n":1},' + deep + b"]}")
    assert response.json() == {"receipts": [{"success": True}, {"success": False}]}


@pytest.mark.parametrize("media_type", [BROWSER, MOBILE])
@pytest.mark.proves("treasuredata.placeholders")
def test_placeholders_are_filled_with_what_the_server_knows(recorder: Shop, media_type: str) -> None:
    event = {"td_global_id": "td_global_id", "td_ip": "td_ip", "other": "other"}
    recorder.send({"events": [event, {"td_ip": "10.0.0.1", "td_global_id": "mine"}]}, Content_Type=media_type)
    filled, kept = columns(recorder)
    assert filled["td_ip"] == "127.0.0.1"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", filled["td_global_id"])
    assert filled["other"] == "other"
    assert kept == {"td_ip": "10.0.0.1", "td_global_id": "mine"}


def test_other_media_types_have_no_placeholders(recorder: Shop) -> None:
    recorder.send({"events": [{"td_ip": "td_ip"}]})
    recorder.send({"td_ip": "td_ip"}, Content_Type=SINGLE)
    assert columns(recorder) == [{"td_ip": "td_ip"}] * 2


def test_the_global_id_stands_for_address_and_agent(recorder: Shop) -> None:
    recorder.open(settings={"client_ip_header": "X-Forwarded-For"})
    for address, agent in (("10.0.0.1", "A"), ("10.0.0.1", "A"), ("10.0.0.2", "A"), ("10.0.0.1", "B"), ("?", "A")):
        recorder.send(
            {"events": [{"td_global_id": "td_global_id", "td_ip": "td_ip"}]},
            Content_Type=BROWSER, User_Agent=agent, X_Forwarded_For=address,
        )  # fmt: skip
    found = columns(recorder)
    ids = [one["td_global_id"] for one in found]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4
    assert [one["td_ip"] for one in found] == ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1", None]


def test_a_global_id_can_be_a_stitching_key(recorder: Shop) -> None:
    segment = {**COUNTED, "realtime_setting": {**COUNTED["realtime_setting"], "extLookupKey": None}}
    segment["realtime_setting"]["keyColumns"] = [{"name": "td_global_id"}]
    recorder.open(segment)
    for agent in ("A", "A", "B"):
        recorder.send({"events": [{"td_global_id": "td_global_id"}]}, Content_Type=BROWSER, User_Agent=agent)
    assert len(recorder.stored("profiles")) == 2


@pytest.mark.proves("treasuredata.records_routing", "treasuredata.default.records_routing")
def test_records_move_the_attributes_that_offers_tell(td: Shop) -> None:
    td.open(COUNTED)
    response = td.send({"events": [{"client": "c-1"}, {"client": "c-1", "email": "a@example.com"}]}, RECORDED_VIEWS)
    assert response.content == b'{"receipts":[{"success":true},{"success":true}]}'
    assert response.headers["x-emulator-provenance"] == "inferred"
    assert td.attributes({"email": "a@example.com"}) == {"n": 3}
    assert len(td.stored("profiles")) == 1


@pytest.mark.proves("treasuredata.default.records_routing")
def test_records_reach_no_reactor_where_routing_is_off(td: Shop) -> None:
    td.open(COUNTED, settings={"records_routing": "off"})
    td.send({"events": [{"client": "c-1"}]}, RECORDED_VIEWS)
    assert len(td.stored("events")) == 1
    assert td.stored("profiles") == []
    assert td.attributes({"client": "c-1"}) == {"n": 1}


def test_records_of_a_table_that_nobody_watches_are_stored_only(td: Shop) -> None:
    td.open(COUNTED)
    response = td.send({"events": [{"client": "c-1", "time": 1, "uuid": A_UUID}]}, "/treasuredata/records/shop_db/logs")
    assert response.headers["x-emulator-provenance"] == "observed"
    assert [event["table"] for event in td.stored("events")] == ["logs"]
    assert td.stored("profiles") == []


def test_records_reach_every_parent_segment_of_the_account_once_and_no_others(td: Shop) -> None:
    parts = whole()
    del parts["account"]
    parts["accounts"] = [{"id": "1", "api_keys": [{"value": KEY}]}, {"id": "2", "api_keys": [{"value": OTHER_KEY}]}]
    parts["parent_segments"] = [{**COUNTED, "id": one} for one in ("100", "200", "300")]
    parts["reactors"] = [
        {"id": 8, "account": "1", "parent_segment_id": "100"},
        {"id": 9, "account": "1", "parent_segment_id": "100"},
        {"id": 10, "account": "1", "parent_segment_id": "200"},
        {"id": 11, "account": "2", "parent_segment_id": "300"},
    ]
    td.plant({"treasuredata": parts})
    td.send({"events": [{"client": "c-1"}]}, RECORDED_VIEWS)
    assert [profile["parent_segment"] for profile in td.stored("profiles")] == ["100", "200"]
    assert td.attributes({"client": "c-1"}) == {"n": 2}
    td.send({"events": [{"client": "c-1"}]}, RECORDED_VIEWS, Authorization=f"TD1 {OTHER_KEY}")
    assert [profile["parent_segment"] for profile in td.stored("profiles")] == ["100", "200", "300"]


def test_a_key_for_other_databases_is_403(recorder: Shop) -> None:
    recorder.open(account={"id": "1", "api_keys": [{"value": KEY, "databases": ["other_db"]}]})
    assert answer(recorder.send(body=b"", Content_Type="x")) == (403, b'{"message":"Forbidden"}')
    assert recorder.send({"events": [{}]}, "/treasuredata/records/other_db/views").status_code == 200


@pytest.mark.parametrize("name", ["ab", "a" * 129, "Shop_db", "shop-db", "shop%2Fdb", "%zz"])
def test_an_impossible_database_or_table_is_404(recorder: Shop, name: str) -> None:
    for path in (f"/treasuredata/records/{name}/views", f"/treasuredata/records/shop_db/{name}"):
        assert answer(recorder.send({"events": [{}]}, path)) == (404, b'{"message":"Not Found"}')
        assert recorder.client.options(path).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_another_method_is_405(recorder: Shop, method: str) -> None:
    response = recorder.client.request(method, RECORDED_VIEWS)
    assert answer(response) == (405, b'{"message":"Method Not Allowed"}')
    assert response.headers["allow"] == "POST, OPTIONS"


def test_checks_come_in_this_order(recorder: Shop) -> None:
    wrong: dict[str, Any] = {"Authorization": "TD1 x", "Content_Type": "x", "path": "/treasuredata/records/X/Y"}
    found = [recorder.send(body=b"[]", **wrong).status_code]
    for name, better in (("Authorization", f"TD1 {KEY}"), ("Content_Type", MEDIA_TYPE), ("path", RECORDED_VIEWS)):
        wrong[name] = better
        found.append(recorder.send(body=b"[]", **wrong).status_code)
    assert found == [401, 415, 404, 400]


@pytest.mark.proves("treasuredata.operation.importRecordsPreflight")
def test_the_preflight_of_the_browser_client_lets_it_go_on(recorder: Shop) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    response = recorder.client.options(f"{RECORDED_VIEWS}?modified=1795301610292", headers=asked)
    assert answer(response) == (204, b"")
    assert {name: response.headers[name] for name in READABLE} == READABLE
    assert response.headers["access-control-allow-methods"] == "POST"
    assert response.headers["access-control-allow-headers"] == "authorization, content-type, wp13n-token"


def test_a_call_that_is_no_browsers_needs_no_origin_and_learns_nothing(recorder: Shop) -> None:
    response = recorder.send({"events": [{}]})
    assert response.status_code == 200
    assert not [name for name in response.headers if name.startswith("access-control") or name == "vary"]
    plain = recorder.client.options(RECORDED_VIEWS)
    assert answer(plain) == (204, b"")
    assert plain.headers["allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("failure", VENDOR.failures, ids=lambda failure: failure.name)
def test_every_failure_can_be_provoked_and_read_by_a_page(recorder: Shop, failure: Any) -> None:
    expected = failure.provoked().answer()
    response = recorder.send({"events": [{}]}, X_Emulator_Fault=failure.name, Origin=ORIGIN)
    assert answer(response) == (expected.status, expected.body)
    assert {name: response.headers[name] for name in READABLE} == READABLE
    assert recorder.stored("events") == []
    fault = recorder.break_with(failure.name, times=1, operation="importRecords")
    assert answer(recorder.send({"events": [{"client": "c-1"}]})) == (expected.status, expected.body)
    assert fault.fired == 1
    assert len(recorder.stored("events")) == failure.keeps_rows
    assert recorder.stored("profiles") == []


def test_a_failure_for_records_leaves_personalization_alone_and_the_reverse(td: Shop) -> None:
    td.break_with("2003", operation="importRecords")
    assert td.send().status_code == 204
    assert td.send({"events": [{}]}, RECORDED_VIEWS).status_code == 429
    td.world.faults.clear()
    td.break_with("2003", operation="personalize")
    assert td.send({"events": [{}]}, RECORDED_VIEWS).status_code == 200


@pytest.mark.parametrize("region", ["us01", "eu01", "ap01", "ap02", "ap03"])
def test_the_records_hosts_have_it_at_their_root(recorder: Shop, server: Background, region: str) -> None:
    recorder.open(region=region)
    host = {"Host": f"{region}.records.in.treasuredata.com", "X-Emulator-Namespace": recorder.world.name}
    headers = {**recorder.headers, **host}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        taken = client.post("/shop_db/views?modified=1", content=b'{"events":[{"a":1}]}')
        assert answer(taken) == (200, TAKEN)
        assert client.options("/shop_db/views").status_code == 204
        assert client.post("/views", content=b"{}").status_code == 501
        assert client.post("/public/shop_db/views", content=b"{}").status_code == 501
        client.headers["Host"] = (
            "us01.records.in.treasuredata.com" if region != "us01" else "eu01.records.in.treasuredata.com"
        )
        assert client.post("/shop_db/views", content=b'{"events":[{}]}').status_code == 401
    assert columns(recorder) == [{"a": 1}]


def test_a_page_with_a_token_may_record_too(td: Shop) -> None:
    td.open(COUNTED, personalization_services=[pages([{"name": "page", "value": TOKEN}])])
    assert td.send({"events": [{"client": "c-1"}]}, RECORDED_VIEWS, Origin=ORIGIN).status_code == 200
    offers = td.send({"client": "c-1"}, "/treasuredata/public/shop_db/views", Origin=ORIGIN).json()["offers"]
    assert offers["offer"]["attributes"] == {"n": 2}
