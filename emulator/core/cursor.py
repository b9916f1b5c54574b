"""Keyset paging: a cursor names a position in an order, never a number of rows to skip."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """`rows` to show, and the row that the next page starts with, if there is one."""

    rows: Sequence[Row]
    following: Row | None


def page_of(rows: Sequence[Row], limit: int) -> Page[Row]:
    """Cut a page from a query that asked for ``limit + 1`` rows."""
    return Page(rows[:limit], rows[limit] if len(rows) > limit else None)


def encode(position: str) -> str:
    """Standard base64 alphabet, padded."""
    return base64.b64encode(position.encode()).decode("ascii")


def decode(cursor: str) -> str:
    """Accepts the URL-safe alphabet and missing padding too. Raises `ValueError` for what is not base64 of UTF-8."""
    text = cursor.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise ValueError(f"{cursor!r} is not a cursor") from None
