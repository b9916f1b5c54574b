"""Whether a call is the one that a test asks about, and if not, wherein they differ."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from emulator.core.errors import dotted
from emulator.testing.calls import Call
from emulator.testing.errors import refused
from emulator.testing.layout import listed, shown

_MASK = "…"
_STEP = re.compile(r"\[(\d+)\]|[^.\[\]]+")
_STATUS = re.compile(r"[1-5]xx|[1-5][0-9]{2}", re.IGNORECASE)


class _Missing:
    def __repr__(self) -> str:
        return "(not sent)"


MISSING: Any = _Missing()
"""What a call has where it has nothing."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that differs. `masked` where nobody can tell, because the journal masks credentials."""

    label: str
    expected: Any
    got: Any
    masked: bool = False


class Place(NamedTuple):
    """Where a call has a field: in which part, under what name, what, and whether it came as text only."""

    part: str
    name: str
    value: Any
    textual: bool

    def __str__(self) -> str:
        return f"{self.part}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A call that a test asks about; what is `None` or empty may be anything. `fields` are sought in the path, the
    query, a form and the JSON body; the other mappings say where. Of JSON objects what is named must be there, whatever
    else is; lists must be as long."""

    vendor: str | None = None
    operation: str | None = None
    status: int | str | None = None
    path_parameters: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        what = " ".join(filter(None, [self.vendor, self.operation])) or "the emulator"
        return " with ".join(filter(None, [what, listed(list(self._told()))]))

    def _told(self) -> Iterator[str]:
        yield from (f"{name}={shown(value, 40)}" for name, value in self.fields.items())
        for name in ("path_parameters", "query", "headers"):
            if mapping := getattr(self, name):
                yield f"{name}={shown(dict(mapping), 60)}"
        if self.body is not None:
            yield f"body={shown(self.body, 60)}"
        if self.status is not None:
            yield f"status={self.status}"

    @property
    def is_plain(self) -> bool:
        """Whether any call of the operation will do."""
        return not next(self._told(), None)

    def check(self) -> None:
        """Raises `Refused` for what no call can be told by."""
        names: dict[str, object] = {"vendor": self.vendor, "operation": self.operation}
        for key, text in names.items():
            if text is not None and (not isinstance(text, str) or not text):
                raise refused(f"{key}: {shown(text)} is no name")
        for key in ("path_parameters", "query", "headers"):
            mapping = getattr(self, key)
            if not isinstance(mapping, Mapping) or not all(isinstance(name, str) for name in mapping):
                raise refused(f"{key}: {shown(mapping)} is no mapping of names to values")
        status = self.status
        if status is not None and (isinstance(status, bool) or not _STATUS.fullmatch(str(status))):
            raise refused(f"status: write a status such as 404, or a class such as '4xx'; found {shown(status)}")

    def mismatches(self, call: Call) -> list[Mismatch]:
        """Raises `Refused` where a field stands in two places of the call, and only one of them is right."""
        return list(self._mismatches(call))

    def _mismatches(self, call: Call) -> Iterator[Mismatch]:
        if self.vendor not in (None, call.vendor):
            yield Mismatch("vendor", self.vendor, call.vendor)
        if self.operation not in (None, call.operation):
            yield Mismatch("operation", self.operation, call.operation)
        for name, expected in self.fields.items():
            yield from _of_field(call, name, expected)
        for name, expected in self.path_parameters.items():
            yield from differences(f"path_parameters.{name}", expected, _member(call.path_parameters, name), True)
        for name, expected in self.query.items():
            yield from differences(f"query.{name}", expected, call.query.get(name, MISSING), True)
        for name, expected in self.headers.items():
            yield from differences(f"headers.{name}", expected, call.headers.get(name, MISSING), True)
        if self.body is not None:
            got = call.form if call.form and isinstance(self.body, Mapping) else call.body
            yield from differences("body", self.body, MISSING if got is None else got, bool(call.form))
        if self.status is not None and not str(call.status).startswith(str(self.status).lower().removesuffix("xx")):
            yield Mismatch("status", self.status, call.status)


def _member(mapping: Mapping[str, Any], name: str) -> Any:
    keys = named_in(mapping, name)
    return mapping[keys[0]] if keys else MISSING


def named_in(names: Mapping[str, Any], name: str) -> list[str]:
    """The name as it is, or else those that differ in their spelling only: user_id is userId."""
    return [name] if name in names else [one for one in names if folded(one) == folded(name)]


def folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def steps(name: str) -> list[str | int]:
    """``cartItems[0].sku`` as ``["cartItems", 0, "sku"]``."""
    return [int(found[1]) if found[1] else found[0] for found in _STEP.finditer(name)]


# fields ---------------------------------------------------------------------------------------------------------------


def _of_field(call: Call, name: str, expected: Any) -> Sequence[Mismatch]:
    places = list(found(call, name))
    if not places:
        return [Mismatch(name, expected, MISSING)]
    by_place = [(one, list(differences(str(one), expected, one.value, one.textual))) for one in places]
    right = [one for one, differing in by_place if not differing]
    if right and len(right) < len(places):
        where = listed([f"{one} ({shown(one.value, 30)})" for one in places])
        raise refused(
            f"{name}: call {call.id} ({call.line}) has it twice, as {where}; say which is meant, "
            f"such as {right[0].part}={{{right[0].name!r}: {shown(expected, 30)}}}"
        )
    return [] if right else by_place[0][1]


def found(call: Call, name: str) -> Iterator[Place]:
    """Wherever the call has it; a name with dots leads into the body where no name has them."""
    yield from _found_in("path_parameters", call.path_parameters, name, textual=True)
    yield from _found_in("query", call.query, name, textual=True)
    yield from _found_in("body", call.form, name, textual=True)
    if isinstance(call.body, Mapping):
        yield from _found_in("body", call.body, name, textual=False)


def _found_in(part: str, names: Mapping[str, Any], name: str, *, textual: bool) -> Iterator[Place]:
    first, *rest = [name] if named_in(names, name) else steps(name) or [name]
    for key in named_in(names, str(first)):
        value = _below(names[key], rest)
        if value is not MISSING:
            yield Place(part, dotted([key, *rest]), value, textual)


def _below(value: Any, rest: Sequence[str | int]) -> Any:
    for step in rest:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else MISSING
        else:
            value = _member(value, step) if isinstance(value, Mapping) else MISSING
    return value


# values ---------------------------------------------------------------------------------------------------------------


def differences(label: str, expected: Any, got: Any, textual: bool) -> Iterator[Mismatch]:
    """`textual`: the value came in a place that has nothing but text, where 1 is written ``1``."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        for key, value in expected.items():
            yield from differences(f"{label}.{key}", value, got.get(str(key), MISSING), textual)
    elif isinstance(expected, list | tuple) and isinstance(got, list) and len(expected) == len(got):
        for index, (value, one) in enumerate(zip(expected, got, strict=True)):
            yield from differences(f"{label}[{index}]", value, one, textual)
    elif got is MISSING or not same(expected, got, textual):
        yield Mismatch(label, expected, got, masked=_is_masked(expected, got))


def same(expected: Any, got: Any, textual: bool) -> bool:
    if isinstance(expected, bool) and textual:
        return bool(str(got).lower() == str(expected).lower())
    if isinstance(got, bool) is not isinstance(expected, bool) and isinstance(expected, int | float):
        return False
    if expected == got:
        return True
    if not isinstance(got, str) or isinstance(expected, str):
        return False
    if isinstance(expected, UUID | Decimal) and str(expected) == got:
        return True
    return textual and any(expected == number for number in _numbers(got))


def _numbers(text: str) -> Iterator[int | float]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def _is_masked(expected: Any, got: Any) -> bool:
    """Whether it could be the same credential, of which the journal shows no more than the end."""
    if not isinstance(got, str) or _MASK not in got or not isinstance(expected, str | int) or _MASK in str(expected):
        return False
    pattern = ".+".join(re.escape(piece) for piece in got.split(_MASK))
    return re.fullmatch(pattern, str(expected), re.DOTALL) is not None
