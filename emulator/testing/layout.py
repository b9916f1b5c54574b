"""How messages are laid out: short values, aligned columns, lines that a terminal of 80 columns shows whole."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

WIDTH = 72
"""Of a message's lines: what an 80-column terminal has left after pytest's own margin."""
_LONGEST_SHOWN = 56
_WIDE = ("W", "F")
_TIMES = {1: "once", 2: "twice"}


def times(count: int) -> str:
    return _TIMES.get(count, f"{count:,} times")


def numbered(ids: Sequence[str], most: int = 4) -> str:
    """Of calls, by their ids."""
    if len(ids) == 1:
        return f"call {ids[0]}"
    more = len(ids) - most
    return "calls " + listed([*ids[:most], *([f"{more:,} more"] if more > 0 else [])])


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(words: Sequence[str], joint: str = "and") -> str:
    """``a, b and c``"""
    return f" {joint} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def shown(value: Any, most: int = _LONGEST_SHOWN) -> str:
    """A value as its author would write it, on one line."""
    return clipped(printable(_written(value)), most)


def _written(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a value of the test's own may do anything when asked who it is
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"


def printable(text: str) -> str:
    """What was sent by whomever must not steer a terminal, and stays on its line."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def clipped(text: str, most: int) -> str:
    """Its beginning, and how long it is."""
    if width(text) <= most:
        return text
    told = f"… ({len(text):,} characters)"
    return _fitting(text, most - len(told)) + told


def squeezed(text: str, most: int, last: int | None = None) -> str:
    """Its beginning and its end: of a path, the end says most. `last` is how much of the end is kept."""
    if width(text) <= most:
        return text
    end = _fitting(text[::-1], most * 2 // 3 if last is None else last)[::-1]
    return _fitting(text, most - 1 - width(end)) + "…" + end


def _fitting(text: str, most: int) -> str:
    kept, room = [], most
    for one in text:
        room -= width(one)
        if room < 0:
            break
        kept.append(one)
    return "".join(kept)


def width(text: str) -> int:
    """In the columns of a terminal."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(one) in _WIDE else 1 for one in text if not unicodedata.combining(one))


def wrapped(text: str, indent: str = "", later: str | None = None) -> list[str]:
    """Words on as many lines as they need; what is longer than a line stays whole, to be copied. `later` indents all
    lines but the first."""
    return wrap(
        printable(text),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if later is None else later,
        break_long_words=False,
        break_on_hyphens=False,
    )


def table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], least: Mapping[str, int], most: int = WIDTH, end: str = ""
) -> list[str]:
    """Aligned, with nothing after a row's last word. A column in which no row has anything is left out. Where lines
    would be longer than `most`, columns give way in the order of `least`, each down to its least width: in the middle,
    or the one called `end` at its end."""
    lines = [list(headings), *([printable(cell) for cell in row] for row in rows)]
    used = [column for column in range(len(headings)) if any(line[column] for line in lines[1:])]
    widths = [max((width(line[column]) for line in lines), default=0) for column in range(len(headings))]
    too_wide = sum(widths[column] for column in used) + 2 * (len(used) - 1) - most
    for heading, smallest in least.items():
        column = headings.index(heading)
        if column in used and too_wide > 0 and widths[column] > smallest:
            narrow = max(smallest, widths[column] - too_wide)
            too_wide -= widths[column] - narrow
            widths[column] = narrow
            for line in lines:
                line[column] = squeezed(line[column], narrow, 0 if heading == end else narrow * 2 // 3)
    return ["  ".join(_padded([line[column] for column in used], [widths[one] for one in used])) for line in lines]


def _padded(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    last = max((column for column, cell in enumerate(cells) if cell), default=0)
    for column, cell in enumerate(cells[: last + 1]):
        yield cell if column == last else cell + " " * (widths[column] - width(cell))
