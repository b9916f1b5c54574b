"""How messages are laid out."""

import pytest

from emulator.testing.layout import clipped, listed, numbered, printable, shown, squeezed, table, times, width, wrapped


def test_columns_are_aligned_as_a_terminal_shows_them() -> None:
    rows = [["1", "日本", "", "x"], ["10", "ü", "", ""], ["2", "a\n\x1b[31m", "", "z"]]
    assert table(("#", "name", "nothing", "end"), rows, {}) == [
        "#   name         end",
        "1   日本         x",
        "10  ü",
        "2   a\\n\\x1b[31m  z",
    ]


def test_columns_give_way_in_their_order_down_to_their_least_width() -> None:
    rows = [["a" * 30, "b" * 30, "c" * 30]]
    heading, row = table(("one", "two", "three"), rows, {"two": 10, "three": 5}, 60, end="three")
    assert row == f"{'a' * 30}  {'b' * 3}…{'b' * 6}  {'c' * 15}…"
    assert width(row) == 60
    assert heading == "one                             two         three"


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("short", 5, "short"),
        ("/v2/customer_sessions/s-1", 15, "/v2/…ssions/s-1"),
        ("日本語日本語", 7, "日…本語"),
    ],
)
def test_of_a_path_the_end_says_most(text: str, most: int, short: str) -> None:
    assert squeezed(text, most) == short
    assert width(short) <= most


def test_a_long_value_says_how_long_it_is() -> None:
    assert clipped("x" * 1_000, 30) == "xxxxxxxxxx… (1,000 characters)"
    assert shown("ü" * 3) == "'üüü'"
    assert len(shown({"a": "b" * 10_000})) == 56


def test_what_was_sent_steers_no_terminal() -> None:
    assert printable("a\x1b[2J\u202e\ud800") == "a\\x1b[2J\\u202e\\ud800"


def test_words_are_wrapped_and_addresses_are_not() -> None:
    address = "http://127.0.0.1:4680/" + "x" * 80
    assert wrapped(f"See {address} for more.", "  ", "    ") == ["  See", f"    {address}", "    for more."]


def test_counts_are_words_as_long_as_there_are_any() -> None:
    assert [times(count) for count in (1, 2, 3, 1_000)] == ["once", "twice", "3 times", "1,000 times"]
    assert [listed(list(words)) for words in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
    assert numbered(["1"]) == "call 1"
    assert numbered(["1", "2"]) == "calls 1 and 2"
    assert numbered([str(one) for one in range(1, 2_000)]) == "calls 1, 2, 3, 4 and 1,995 more"
