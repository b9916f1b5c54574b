"""How the command line speaks: tables and colours for people, JSON for programs, complaints on stderr."""

import json
import sys
import threading
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

import click

from emulator.cli.verbs import AS_JSON

SAID_NO = 1
_WIDE = ("W", "F")
_PATIENCE = 1.0
"""Seconds that something may take before a person is told what it is busy with."""


class Cell(NamedTuple):
    """Of a table: what it says, in which colour."""

    text: str
    colour: str | None = None


def wants_json() -> bool:
    return bool(click.get_current_context().meta.get(AS_JSON))


def answer(document: Any, text: str) -> None:
    """The document for programs, the text for people."""
    click.echo(as_json(document) if wants_json() else text)


def as_json(document: Any, *, indent: int | None = 2) -> str:
    """In letters that stdout can carry."""
    plain = "utf" not in (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    return json.dumps(document, indent=indent, ensure_ascii=plain)


def table(headings: Sequence[str] | None, rows: Sequence[Sequence[str | Cell]], *, least: Sequence[int] = ()) -> str:
    """Aligned, with nothing after a row's last word. `least` are widths for tables that come line by line."""
    titles = [[Cell(heading, "bright_black") for heading in headings]] if headings else []
    lines = [*titles, *([_cell(one) for one in row] for row in rows)]
    widths = [
        max([*least[column : column + 1], *(_width(line[column].text) for line in lines if column < len(line))])
        for column in range(max(map(len, lines), default=0))
    ]
    return "\n".join(_line(line, widths) for line in lines)


def _cell(said: str | Cell) -> Cell:
    return Cell(printable(said)) if isinstance(said, str) else Cell(printable(said.text), said.colour)


def _line(row: Sequence[Cell], widths: Sequence[int]) -> str:
    last = max((column for column, cell in enumerate(row) if cell.text), default=0)
    pieces = []
    for column, cell in enumerate(row[: last + 1]):
        pad = " " * (widths[column] - _width(cell.text)) if column < last else ""
        pieces.append((click.style(cell.text, fg=cell.colour) if cell.colour else cell.text) + pad)
    return "  ".join(pieces)


def _width(text: str) -> int:
    """In the columns of a terminal."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(one) in _WIDE else 1 for one in text if not unicodedata.combining(one))


def printable(text: str) -> str:
    """What was sent by whomever must not steer a terminal."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def outline(value: Any, indent: str = "  ") -> list[str]:
    """JSON as lines for people: a key a line, what is below it further in."""
    if isinstance(value, dict):
        pairs = [(f"{key}:", below) for key, below in value.items()]
    elif isinstance(value, list):
        pairs = [("-", below) for below in value]
    else:
        return [f"{indent}{_plain(value)}"]
    lines = []
    for key, below in pairs:
        if isinstance(below, dict | list) and below:
            lines += [f"{indent}{printable(key)}", *outline(below, indent + "  ")]
        else:
            lines.append(f"{indent}{printable(key)} {_plain(below)}")
    return lines


def _plain(value: Any) -> str:
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def of_status(status: int) -> Cell:
    """In the colour of its class."""
    return Cell(str(status), {2: "green", 3: "cyan", 4: "yellow"}.get(status // 100, "red"))


def complain(sentence: str) -> None:
    click.echo(f"{click.style('martech-emulator:', fg='red')} {printable(sentence)}", err=True)


def refuse(problem: Mapping[str, Any], sentences: Sequence[str]) -> NoReturn:
    """The emulator, or the check, said no: exit code 1. Programs find the problem document on stdout."""
    for sentence in sentences:
        complain(sentence)
    if wants_json():
        click.echo(as_json(problem))
    click.get_current_context().exit(SAID_NO)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Tells a person at a terminal, on stderr, how long it has been taking, once it takes long."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()

    def tell() -> None:
        seconds = 0
        while not done.wait(_PATIENCE):
            seconds += 1
            click.echo(f"\r{what} … {seconds} s", nl=False, err=True)
        if seconds:
            click.echo("\r\033[K", nl=False, err=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
