"""The event: what is taken, what is filled in, what is refused, and what is stored."""

import gzip
import re
import zlib
from typing import Any

import orjson
import pytest

from tests.vendors.treasuredata.shop import NOW, Shop

BAD_EVENT = (400, b'{"code":3004,"message":"Invalid event object"}')
TOO_LARGE = (413, b'{"message":"Payload Too Large"}')
A_UUID = "5505C764-00FC-469B-8EEF-F85A0FC85794"


def nested(depth: int) -> bytes:
    """An event whose arrays and objects go `depth` levels down, the event itself included."""
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


def test_an_event_is_stored_under_its_account_database_and_table(td: Shop) -> None:
    sent = {"time": 1_700_760_737, "uuid": A_UUID, "string": "hello", "number": 3}
    assert td.send(sent).status_code == 204
    assert td.stored("events") == [
        {
            "seq": 1,
            "account": "1",
            "database": "shop_db",
            "table": "views",
            "time": 1_700_760_737,
            "uuid": A_UUID,
            "json": {"time": 1_700_760_737, "string": "hello", "number": 3},
        }
    ]


@pytest.mark.proves("treasuredata.event_defaults")
def test_time_and_uuid_are_filled_in_where_a_client_sends_none(td: Shop) -> None:
    assert td.send(body=b"{}").status_code == 204
    [event] = td.stored("events")
    assert event["time"] == NOW
    assert event["json"] == {"time": NOW}
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", event["uuid"])


def test_values_of_every_kind_are_stored_as_they_came(td: Shop) -> None:
    sent = {
        "text": "Zoë \u0000 \U0001f45f",
        "list": ["a", 1, None],
        "object": {"b": [True]},
        "float": 1.5,
        "null": None,
    }
    td.send(sent)
    [event] = td.stored("events")
    assert event["json"] == {**sent, "time": NOW}


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        (b'{"n":18446744073709551615}', 18446744073709551615),
        (b'{"n":-9223372036854775808}', -9223372036854775808),
        pytest.param(
            b'{"n":123456789012345678901234567890}',
            1.2345678901234568e29,
            marks=pytest.mark.proves("treasuredata.event_body"),
        ),
        (b'{"n":1e-400}', 0.0),
        (b'{"n":1,"n":2}', 2),
        (b' \n{"n":0}\t ', 0),
    ],
)
def test_unusual_numbers_are_taken(td: Shop, body: bytes, stored: Any) -> None:
    assert td.send(body=body).status_code == 204
    assert td.stored("events")[0]["json"]["n"] == stored


@pytest.mark.proves("treasuredata.event_body")
def test_an_envelope_of_events_is_one_event_with_one_column(td: Shop) -> None:
    td.send({"events": [{"a": 1}, {"a": 2}]})
    [event] = td.stored("events")
    assert event["json"] == {"events": [{"a": 1}, {"a": 2}], "time": NOW}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"[{}]",
        b'"event"',
        b"12",
        b"true",
        b"{",
        b"{}}",
        b"{}{}",
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":"\xff\xfe"}',
        b'{"a":"\x00"}',
        rb'{"a":"\ud800"}',
        b"\xef\xbb\xbf{}",
        b"a=1&b=2",
    ],
)
@pytest.mark.proves("treasuredata.error.3004")
def test_a_body_that_is_no_json_object_is_3004(td: Shop, body: bytes) -> None:
    response = td.send(body=body)
    assert (response.status_code, response.content) == BAD_EVENT
    assert td.stored("events") == []


@pytest.mark.parametrize("time", [0, 1, 253_402_300_799])
def test_time_is_any_second_from_1970_to_9999(td: Shop, time: int) -> None:
    assert td.send({"time": time}).status_code == 204
    assert td.stored("events")[0]["time"] == time


@pytest.mark.parametrize("time", [-1, 253_402_300_800, 10**30, 1.0, 1.5, "1700760737", True, None, [1], {}])
def test_a_time_that_is_no_such_second_is_3004(td: Shop, time: Any) -> None:
    response = td.send(body=b'{"time":' + (str(time).encode() if time == 10**30 else orjson.dumps(time)) + b"}")
    assert (response.status_code, response.content) == BAD_EVENT


@pytest.mark.parametrize("uuid", [A_UUID, A_UUID.lower()])
def test_a_uuid_is_kept_as_it_came(td: Shop, uuid: str) -> None:
    td.send({"uuid": uuid})
    assert td.stored("events")[0]["uuid"] == uuid


@pytest.mark.parametrize(
    "uuid", ["", "x", A_UUID[:-1], A_UUID + "0", f"{{{A_UUID}}}", A_UUID.replace("-", ""), 1, None]
)
def test_a_uuid_that_is_none_is_3004(td: Shop, uuid: Any) -> None:
    response = td.send({"uuid": uuid})
    assert (response.status_code, response.content) == BAD_EVENT


def test_the_same_uuid_twice_is_two_events(td: Shop) -> None:
    for _ in range(2):
        assert td.send({"uuid": A_UUID}).status_code == 204
    assert len(td.stored("events")) == 2


def test_nesting_is_taken_to_a_hundred_levels(td: Shop) -> None:
    assert td.send(body=nested(100)).status_code == 204
    response = td.send(body=nested(101))
    assert (response.status_code, response.content) == BAD_EVENT


def test_many_shallow_objects_are_not_nesting(td: Shop) -> None:
    assert td.send({"list": [{"a": [i]} for i in range(500)]}).status_code == 204


@pytest.mark.proves("treasuredata.error.payload_too_large")
def test_an_event_of_a_mebibyte_passes_and_a_larger_one_is_413(td: Shop) -> None:
    empty = len(b'{"a":""}')
    assert td.send({"a": "x" * (1024 * 1024 - empty)}).status_code == 204
    response = td.send({"a": "x" * (1024 * 1024 - empty + 1)})
    assert (response.status_code, response.content) == TOO_LARGE
    assert len(td.stored("events")) == 1


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
def test_a_gzipped_event_is_unpacked(td: Shop, encoding: str) -> None:
    assert td.send(body=gzip.compress(b'{"a":"b"}'), Content_Encoding=encoding).status_code == 204
    assert td.stored("events")[0]["json"]["a"] == "b"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"a":"b"}',
        gzip.compress(b'{"a":"b"}')[:-1],
        gzip.compress(b'{"a":"b"}')[:8],
        gzip.compress(b'{"a":"b"}') + b"more",
        gzip.compress(b'{"a":"b"}')[:-8] + b"\x00" * 8,
        zlib.compress(b'{"a":"b"}'),
        gzip.compress(b"[]"),
        gzip.compress(b""),
    ],
    ids=["nothing", "plain", "cut", "header", "trailing", "checksum", "zlib", "array", "empty"],
)
@pytest.mark.proves("treasuredata.error.3004")
def test_a_broken_gzip_stream_is_3004(td: Shop, body: bytes) -> None:
    response = td.send(body=body, Content_Encoding="gzip")
    assert (response.status_code, response.content) == BAD_EVENT


def test_a_small_body_that_unpacks_to_a_large_one_is_413(td: Shop) -> None:
    bomb = gzip.compress(b'{"a":"' + b"x" * 50_000_000 + b'"}')
    assert len(bomb) < 100_000
    response = td.send(body=bomb, Content_Encoding="gzip")
    assert (response.status_code, response.content) == TOO_LARGE


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
@pytest.mark.proves("treasuredata.error.unsupported_media_type")
def test_another_content_encoding_is_415(td: Shop, encoding: str) -> None:
    response = td.send(Content_Encoding=encoding)
    assert (response.status_code, response.content) == (415, b'{"message":"Unsupported Media Type"}')


def test_an_encoding_named_by_two_headers_is_415(td: Shop) -> None:
    headers = [*td.headers.items(), ("Content-Encoding", "gzip"), ("Content-Encoding", "gzip")]
    response = td.client.post(td.path, content=gzip.compress(b"{}"), headers=headers)
    assert response.status_code == 415
    assert td.stored("events") == []


def test_identity_is_no_encoding(td: Shop) -> None:
    assert td.send(Content_Encoding="identity").status_code == 204


def test_query_parameters_do_not_matter(td: Shop) -> None:
    assert td.send(path="/treasuredata/shop_db/views?modified=1795301610292&time=1").status_code == 204
    assert td.stored("events")[0]["time"] == NOW


@pytest.mark.proves("treasuredata.unregistered_table")
def test_an_event_for_an_unregistered_table_is_stored_and_reaches_no_profile(td: Shop) -> None:
    response = td.send({"client": "c-1"}, "/treasuredata/shop_db/elsewhere")
    assert response.status_code == 204
    assert response.headers["x-emulator-provenance"] == "assumed"
    assert [event["table"] for event in td.stored("events")] == ["elsewhere"]
    assert td.stored("profiles") == []
