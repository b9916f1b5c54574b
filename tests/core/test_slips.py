"""Mistakes that have nothing to do with any vendor, told as the end of a sentence."""

import gzip
from typing import Any

import pytest

from emulator.core.slips import likest, nearest, reread, spoiled, unspoiled


@pytest.mark.parametrize("text", ["…4b2c", "…4b2c".encode().decode("latin-1"), "***4b2c"])
def test_a_masked_value_is_told_as_such(text: str) -> None:
    assert spoiled(text) == "is masked, as journals and explanations show it: the whole of it is needed"


@pytest.mark.parametrize(
    "text", ["$KEY", "${API_KEY}", "{{key}}", "<your key>", "YOUR_API_KEY", "xxxxxxxx", "undefined"]
)
def test_a_placeholder_is_told_as_such(text: str) -> None:
    assert spoiled(text) == "is a placeholder that was never filled in"


@pytest.mark.parametrize("text", ['"abc"', "'abc'", "abc”", " abc ", "a%62c", "ab c"])
def test_what_was_added_to_a_value_is_told_and_taken_away(text: str) -> None:
    assert spoiled(text) is not None
    assert unspoiled(text) == "abc"


def test_a_value_as_it_was_issued_is_not_spoiled() -> None:
    assert spoiled("1/abcdef0123456789") is None


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{'a': True}", {"a": True}),
        (b'{"a":1,}', {"a": 1}),
        (b"{a:1}", {"a": 1}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (rb'"{\"a\":1}"', {"a": 1}),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b'{"a":"\xe9"}', {"a": "é"}),
        (gzip.compress(b'{"a":1}', mtime=0), {"a": 1}),
    ],
)
def test_a_body_is_read_as_it_was_meant(body: bytes, value: Any) -> None:
    meant = reread(body)
    assert meant is not None
    assert meant.value == value


@pytest.mark.parametrize(
    "body", [b"", b"{", b"hello", rb'{"a":"\ud800"}', b"{'a':{1}}", b"[" * 5_000, b'{"a":' + b"9" * 400]
)
def test_a_body_that_is_nothing_is_told_without_a_value(body: bytes) -> None:
    meant = reread(body)
    assert meant is not None
    assert meant.value is None


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'"text"', b'"7"'])
def test_json_is_left_alone(body: bytes) -> None:
    assert reread(body) is None


def test_the_nearest_name_is_found_across_letter_case_and_punctuation() -> None:
    assert nearest("clientId", ["grant_type", "client_id"]) == "client_id"
    assert nearest("colour", ["client_id"]) is None


def test_what_ends_alike_comes_before_what_looks_alike() -> None:
    assert likest("…0001", ["aaaa0002", "bbbb0001"]) == ["bbbb0001", "aaaa0002"]
    assert likest("aaaa0003", ["bbbb0001", "aaaa0002"]) == ["aaaa0002", "bbbb0001"]
