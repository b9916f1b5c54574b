"""Bodies that are no event or no records: what is wrong with them, and what they can be read as."""

import gzip
from typing import Any

import pytest

from tests.vendors.explained import explain
from tests.vendors.treasuredata.mistakes import SCRIPT, SINGLE, Told, assert_told, sent
from tests.vendors.treasuredata.shop import MEDIA_TYPE, RECORDED_VIEWS, VIEWS, Shop

PACKED = gzip.compress(b'{"client":"c-1"}')
EVENTS: list[Told] = [
    ({"body": b""}, "The body is empty."),
    ({"body": b"{'a': True}"}, "The body is spelt as Python spells it, with single quotes or True, False and None."),
    ({"body": b'{"a":1,}'}, "The body has a comma after the last member."),
    ({"body": b'{a:"b"}'}, "The body has member names without quotation marks."),
    ({"body": b"a=b&c=d"}, "The body is a form, not JSON."),
    ({"body": b'{"a":"b"'}, "The body breaks off in the middle of its JSON."),
    ({"body": rb'"{\"a\":1}"'}, "The body was written as JSON twice: it is a JSON text with JSON in it."),
    ({"body": b'\xef\xbb\xbf{"a":1}'}, "The body starts with a byte order mark."),
    ({"body": b'{"a":"\xe9"}'}, "The body has octets that are not UTF-8, as a Latin-1 text has."),
    ({"body": PACKED}, "The body is packed with gzip, and no Content-Encoding says so."),
    ({"body": PACKED[:-4], "Content_Encoding": "gzip"}, "The body's gzip stream breaks off."),
    (
        {"body": PACKED + b"!", "Content_Encoding": "gzip"},
        "The body has something after the end of its gzip stream.",
    ),
    ({"Content_Encoding": "gzip"}, "The body is not packed, and Content-Encoding says gzip: leave that out."),
    (
        {"event": [{"a": 1}]},
        'The body is an array, and this call takes one event: several go to /records/shop_db/views as {"events":[…]}.',
    ),
    ({"body": b"null"}, "The body is null, and no object."),
    (
        {"event": {"time": 1700760737000}},
        "time is 1700760737000, which is milliseconds: it is Unix seconds; write 1700760737.",
    ),
    (
        {"event": {"time": "2026-01-05T09:00:00Z"}},
        'time is the text "2026-01-05T09:00:00Z": it is Unix seconds as a whole number; write 1767603600.',
    ),
    (
        {"event": {"time": 1700760737.5}},
        "time is 1700760737.5: it is Unix seconds as a whole number; write 1700760737.",
    ),
    ({"event": {"time": None}}, "time is null: leave it out, and the moment of the call counts."),
    ({"event": {"time": -5}}, "time is -5: it is Unix seconds, from 0 to 253402300799."),
    ({"event": {"uuid": None}}, "uuid is null: leave it out, and one is made."),
    ({"event": {"uuid": 7}}, "uuid is 7, and no text."),
    (
        {"event": {"uuid": "5505C76400FC469B8EEFF85A0FC85794"}},
        'uuid is "5505C76400FC469B8EEFF85A0FC85794", and no UUID: write 5505c764-00fc-469b-8eef-f85a0fc85794.',
    ),
    (
        {"body": b'{"client":"c-1","deep":' + b"[" * 120 + b"]" * 120 + b"}"},
        "The column deep is nested deeper than 100 levels.",
    ),
]
RECORDS: list[Told] = [
    (
        {"event": {"client": "c-1"}},
        "The call has a WP13n-Token and one flat event, as personalization takes them: /shop_db/views is the path for "
        "that.",
    ),
    (
        {"event": {"client": "c-1"}, "WP13n_Token": None},
        f'The body is one flat record: with {MEDIA_TYPE} it stands in {{"events":[…]}}, and alone only with {SINGLE}.',
    ),
    ({"event": [{"client": "c-1"}]}, 'The body is an array: records come as {"events":[…]}.'),
    (
        {"event": [{"client": "c-1"}, {}], "Content_Type": SINGLE},
        f'The body is an array: records come as {{"events":[…]}} with Content-Type {MEDIA_TYPE}.',
    ),
    (
        {"event": {"data": [{"client": "c-1"}]}},
        f"The records stand under data: with {MEDIA_TYPE} they stand under events or records.",
    ),
    ({"event": {"events": [{}], "records": [{}]}}, "The body has events and records: one of them is taken."),
    (
        {"event": {"records": [{}]}, "Content_Type": SCRIPT},
        f"records is a name that goes with {MEDIA_TYPE} only: with {SCRIPT} it is events.",
    ),
    (
        {"event": {"events": {"client": "c-1"}}},
        "events is a JSON object with client: it is an array, of one record too.",
    ),
    ({"event": {"events": []}}, "events is empty: an import has one record at least."),
    (
        {"event": {"events": [{}] * 501}},
        "events has 501 records: an import has 500 at most, so send several.",
    ),
    ({"body": b"{'events': []}"}, "The body is spelt as Python spells it, with single quotes or True, False and None."),
    (
        {"body": PACKED[:-4], "Content_Encoding": "gzip"},
        "The body's gzip stream breaks off.",
    ),
    ({"body": b"7"}, "The body is JSON, but no object: 7, and no object."),
]


@pytest.mark.parametrize(("path", "most"), [(VIEWS, 1_048_576), (RECORDED_VIEWS, 5_242_880)])
def test_a_packed_body_that_is_too_large_is_told_by_its_size(both: Shop, path: str, most: int) -> None:
    body = gzip.compress(b'{"a":"' + b"x" * most + b'"}')
    noun = "one event" if path == VIEWS else "an import"
    cause = (
        f"The body, unpacked, has {most + 8 if path == VIEWS else most + 1} bytes or more: {noun} has {most} at most."
    )
    assert_told(both, both.send(body=body, path=path, Content_Encoding="gzip"), "size", cause)


@pytest.mark.parametrize(("about", "cause"), EVENTS)
def test_no_event_is_told_by_what_is_wrong_with_it(both: Shop, about: dict[str, Any], cause: str) -> None:
    assert_told(both, sent(both, about), "event", cause)


def test_as_much_of_an_event_is_kept_as_can_be(both: Shop) -> None:
    told = explain(both.client, both.send(body=b"{'client': 'c-1', 'time': '1767603600', 'seen': True}"))
    assert """--data-raw '{"client":"c-1","seen":true,"time":1767603600}'""" in told.curl


@pytest.mark.parametrize(("about", "cause"), RECORDS)
def test_no_records_are_told_by_what_is_wrong_with_them(both: Shop, about: dict[str, Any], cause: str) -> None:
    assert_told(both, sent(both, about, RECORDED_VIEWS), "records", cause)


def test_a_body_that_can_be_read_but_not_written_again_is_explained(both: Shop) -> None:
    told = explain(both.client, both.send(body=b"[" * 300 + b"]" * 300))
    assert told.failed == "event"
    assert told.told["request"]["request"]["body"] == "[" * 300 + "]" * 300
