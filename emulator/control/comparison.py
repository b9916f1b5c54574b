"""Where two answers to the same call differ first."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import orjson

from emulator.control.recording import Answered, AnyBody, AnyText, Call, Octets, Text
from emulator.core.errors import Json

OWN = "x-emulator-"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ABSENT = object()
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Difference:
    """`where` is the path of a JSON value (``$.effects[0].props``), the name of a header, or nothing."""

    what: Literal["status", "header", "body", "connection"]
    where: str | None
    expected: Json
    got: Json

    def told(self, call: Call) -> dict[str, Json]:
        return {
            "id": call.id,
            "operation": call.operation,
            "what": self.what,
            "where": self.where,
            "expected": _clipped(self.expected),
            "got": _clipped(self.got),
        }


def _clipped(value: Json) -> Json:
    return value if not isinstance(value, str) or len(value) <= _LONGEST else value[:_LONGEST] + "…"


def first(expected: Answered, got: Answered) -> Difference | None:
    """Credentials are masked in both, so that only their last four characters count. Headers of the emulator's own do
    not count, nor does the order of headers of different names."""
    if expected.status != got.status:
        if 0 in (expected.status, got.status):
            return Difference("connection", None, _end(expected), _end(got))
        return Difference("status", None, expected.status, got.status)
    return _header(expected, got) or _body(expected, got)


def _end(answer: Answered) -> str:
    return f"status {answer.status}" if answer.status else "closed without an answer"


def _header(expected: Answered, got: Answered) -> Difference | None:
    here, there = _by_name(expected), _by_name(got)
    for name in {**here, **there}:
        ours, theirs = here.get(name), there.get(name)
        if ours != theirs:
            return Difference("header", name, _one(ours), _one(theirs))
    return None


def _by_name(answer: Answered) -> Mapping[str, list[str]]:
    named: dict[str, list[str]] = {}
    for name, value in answer.headers:
        if not shown(name).lower().startswith(OWN):
            named.setdefault(shown(name).lower(), []).append(shown(value))
    return named


def _one(values: Sequence[str] | None) -> Json:
    return values[0] if values and len(values) == 1 else values


def shown(text: AnyText) -> str:
    return text.text if isinstance(text, Text) else text


def _body(expected: Answered, got: Answered) -> Difference | None:
    ours, theirs = _content(expected.body), _content(got.body)
    if ours == theirs and expected.body_cut == got.body_cut:
        return None
    try:
        parsed = _json(ours), _json(theirs)
    except orjson.JSONDecodeError:
        return Difference("body", None, ours, theirs)
    return _within("$", *parsed) or Difference("body", "$", ours, theirs)


def _content(body: AnyBody) -> str | None:
    if isinstance(body, Octets):
        return body.base64
    return None if body is None else shown(body)


def _json(text: str | None) -> Json:
    return _ABSENT if text is None else orjson.loads(text)


def _within(path: str, ours: Json, theirs: Json) -> Difference | None:
    """Depth first, in the order of what was expected; what is not there is null."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        places = [(_member(path, key), ours.get(key, _ABSENT), theirs.get(key, _ABSENT)) for key in {**ours, **theirs}]
    elif isinstance(ours, list) and isinstance(theirs, list):
        longest = range(max(len(ours), len(theirs)))
        places = [(f"{path}[{n}]", _at(ours, n), _at(theirs, n)) for n in longest]
    elif ours == theirs and type(ours) is type(theirs):
        return None
    else:
        return Difference("body", path, _told(ours), _told(theirs))
    return next((found for place in places if (found := _within(*place)) is not None), None)


def _member(path: str, key: str) -> str:
    return f"{path}.{key}" if _NAME.fullmatch(key) else f"{path}[{orjson.dumps(key).decode()}]"


def _at(values: Sequence[Json], place: int) -> Json:
    return values[place] if place < len(values) else _ABSENT


def _told(value: Json) -> Json:
    return None if value is _ABSENT else value
