"""Database and table: what the path names, and where the events of a reactor really come in."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

import orjson

from emulator.core.checks import Case, Check, Draft
from emulator.core.slips import nearest
from emulator.vendors.treasuredata.contract import NAME_PATTERN
from emulator.vendors.treasuredata.errors import NOT_FOUND
from emulator.vendors.treasuredata.tables import LIST_CONFIGURATIONS

_NAME = re.compile(NAME_PATTERN)
_PARTS = ("database", "table")
_SHORTEST, _LONGEST = 3, 128


def event_tables(case: Case) -> list[tuple[str, str]]:
    """Database and table of every event table of this world."""
    settings = [orjson.loads(row["configuration"]) for row in case.work.db.all(LIST_CONFIGURATIONS)]
    tables = [table for one in settings for table in one["realtime_setting"]["eventTables"]]
    return [(table["database"], table["table"]) for table in tables]


def place_of(case: Case) -> tuple[str, str]:
    return case.found.get("database", ""), case.found.get("table", "")


def _decoded(name: str) -> str:
    while (once := unquote(name)) != name:
        name = once
    return name


def _causes(case: Case) -> Iterator[str]:
    for part, name in zip(_PARTS, place_of(case), strict=True):
        if _NAME.fullmatch(name):
            continue
        what = f"The {part} {name[:_LONGEST]!r}"
        if _decoded(name) != name:
            yield f"{what} is percent-encoded twice: encode it once, or not at all."
        elif not _SHORTEST <= len(name) <= _LONGEST:
            yield f"{what} is {len(name)} characters long: {_SHORTEST} to {_LONGEST} are taken."
        elif _NAME.fullmatch(name.lower()):
            yield f"{what} has capital letters: names are of 0-9, a-z and _ only."
        else:
            wrong = " and ".join(repr(one) for one in dict.fromkeys(re.findall(r"[^0-9a-zA-Z_]", name)))
            yield f"{what} has {wrong} in it: names are of 0-9, a-z and _ only."


def _mend(case: Case, draft: Draft) -> None:
    known = event_tables(case)
    for index, name in enumerate(place_of(case)):
        if not _NAME.fullmatch(name):
            draft.set_value(case.operation, _PARTS[index], _respelt(name, [place[index] for place in known]))


def _respelt(name: str, known: list[str]) -> str:
    tidy = re.sub(r"[^0-9a-z_]", "_", _decoded(name).lower())[:_LONGEST]
    near = nearest(tidy, known)
    if near is not None:
        return near
    return tidy if len(tidy) >= _SHORTEST else (known or [tidy.ljust(_SHORTEST, "_")])[0]


NAMES = Check(
    name="database and table",
    expects=f"names of {_SHORTEST} to {_LONGEST} of 0-9, a-z and _",
    failures=(NOT_FOUND,),
    got=lambda case: " and ".join(
        f"{part} {name[:_LONGEST]}" for part, name in zip(_PARTS, place_of(case), strict=True)
    ),
    cause=lambda case: next(_causes(case), None),
    mend=_mend,
)
