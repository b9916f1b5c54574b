"""Keyset paging: a cursor names a place, in base64 of either alphabet."""

import pytest

from emulator.core import cursor
from emulator.core.cursor import Page, page_of


@pytest.mark.parametrize("position", ["", "1", "1767603600000000,42", "Zoë?>~ ÿþ", "x" * 100])
def test_a_cursor_leads_back_to_its_position(position: str) -> None:
    assert cursor.decode(cursor.encode(position)) == position


def test_a_cursor_may_come_back_url_safe_and_without_padding() -> None:
    position = "Zoë?>~ ÿþÿþ"
    standard = cursor.encode(position)
    assert "+" in standard or "/" in standard
    altered = standard.replace("+", "-").replace("/", "_").rstrip("=")
    assert altered != standard
    assert cursor.decode(f" {altered} ") == position


@pytest.mark.parametrize("text", ["a", "ab!c", "ü", "/w==", "====a"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a cursor"):
        cursor.decode(text)


def test_a_page_is_cut_from_one_row_too_many() -> None:
    assert page_of(["a", "b", "c"], 2) == Page(["a", "b"], "c")
    assert page_of(["a", "b"], 2) == Page(["a", "b"], None)
    assert page_of([], 2) == Page([], None)
