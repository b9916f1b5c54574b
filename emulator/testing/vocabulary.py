"""The names that operations have for what is sent to them, for a test that has mistyped one."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from emulator.client import Client, Json
from emulator.core.faults import unknown
from emulator.core.vendor import Vendor
from emulator.testing.calls import Call
from emulator.testing.errors import refused
from emulator.testing.matching import Wanted, folded, found, steps

_DEEPEST = 6
_MOST_LISTED = 20
_BODY = "body"
_COMBINED = ("allOf", "anyOf", "oneOf")


class Members(NamedTuple):
    """Of an object. `is_open` where it may have others, of any name."""

    schemas: Mapping[str, Sequence[Json]]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What one operation takes."""

    path_parameters: Sequence[str]
    query: Sequence[str]
    bodies: Sequence[Json]
    root: Json

    def members(self, schemas: Iterable[Json]) -> Members:
        named: dict[str, list[Json]] = {}
        is_open = False
        for schema in self._plain(schemas):
            for name, below in schema.get("properties", {}).items():
                named.setdefault(name, []).append(below)
            extra = schema.get("additionalProperties", "properties" not in schema)
            is_open = is_open or (extra is not False and "object" in schema.get("type", "object"))
        return Members(named, is_open)

    def items(self, schemas: Iterable[Json]) -> list[Json]:
        return [schema["items"] for schema in self._plain(schemas) if "items" in schema]

    def _plain(self, schemas: Iterable[Json], depth: int = 0) -> Iterator[Json]:
        """Without references and alternatives."""
        for schema in schemas:
            if reference := schema.get("$ref"):
                yield from self._plain([self.root["components"]["schemas"][reference.rpartition("/")[2]]], depth)
            elif any(kind in schema for kind in _COMBINED) and "properties" not in schema and depth < _DEEPEST:
                yield from self._plain([one for kind in _COMBINED for one in schema.get(kind, ())], depth + 1)
            else:
                yield schema


class Vocabulary:
    def __init__(self, vendors: Sequence[Vendor], control: Client) -> None:
        self._vendors = vendors
        self._control = control

    def check(self, wanted: Wanted, calls: Iterable[Call]) -> None:
        """Raises `Refused` for a name that no operation which is asked about has, and no call had."""
        calls = list(calls)
        terms: list[Terms] = []
        names = [name for name in wanted.fields if not any(next(found(call, name), None) for call in calls)]
        if names or wanted.path_parameters or wanted.query or isinstance(wanted.body, Mapping):
            terms = list(self._terms(wanted))
        where = wanted.operation or wanted.vendor or "any vendor"
        for name in names:
            _check_field(terms, name, where)
        _check_flat("path_parameters", wanted.path_parameters, [one.path_parameters for one in terms], where)
        sent = [call.query for call in calls]
        _check_flat("query", wanted.query, [*(one.query for one in terms), *sent], where)
        bodies = [call.body for call in calls]
        if isinstance(wanted.body, Mapping):
            _check_body(_BODY, wanted.body, [(one, one.bodies) for one in terms], bodies, where)

    def _terms(self, wanted: Wanted) -> Iterator[Terms]:
        for vendor in self._vendors:
            if wanted.vendor not in (None, vendor.slug):
                continue
            document = self._control.openapi(vendor.slug)
            own_names = {operation.id: operation.names for operation in vendor.routes}
            for one in (one for item in document["paths"].values() for one in item.values()):
                operation = one["x-emulator-operation"]
                if wanted.operation in (None, operation):
                    yield _terms(own_names.get(operation, ()), one, document)


def _terms(own_names: Sequence[str], operation: Json, document: Json) -> Terms:
    """A path that operations share has the names of the first of them in the document, and in a call its own."""
    parameters = operation.get("parameters", ())
    content = operation.get("requestBody", {}).get("content", {})
    return Terms(
        path_parameters=own_names or [one["name"] for one in parameters if one["in"] == "path"],
        query=[one["name"] for one in parameters if one["in"] == "query"],
        bodies=[one["schema"] for one in content.values()],
        root=document,
    )


def _has(names: Iterable[str], name: str) -> bool:
    return any(folded(one) == folded(name) for one in names)


def _check_flat(part: str, wanted: Mapping[str, Any], known: Sequence[Iterable[str]], where: str) -> None:
    names = list(dict.fromkeys(name for some in known for name in some))
    for name in wanted:
        if not _has(names, name):
            raise refused(f"{part}: {unknown(name, names, f'name in {where}')}")


def _check_field(terms: Sequence[Terms], name: str, where: str) -> None:
    first, *rest = steps(name) or [name]
    names: dict[str, None] = {}
    for one in terms:
        members = one.members(one.bodies)
        flat = [*one.path_parameters, *one.query]
        if members.is_open or (_has(flat, name) and not rest):
            return
        if _has(members.schemas, str(first)) and _leads_on(one, members, [first, *rest]):
            return
        names |= dict.fromkeys([*flat, *members.schemas])
    raise refused(_no_field(terms, name, list(names), where))


def _leads_on(terms: Terms, members: Members, path: Sequence[str | int]) -> bool:
    """Whether a body can have something there."""
    schemas: Sequence[Json] = ()
    for step in path:
        if isinstance(step, int):
            schemas = terms.items(schemas)
            continue
        members = members if step is path[0] else terms.members(schemas)
        schemas = [schema for name, some in members.schemas.items() if folded(name) == folded(step) for schema in some]
        if not schemas:
            return members.is_open
    return True


def _no_field(terms: Sequence[Terms], name: str, names: Sequence[str], where: str) -> str:
    """With the nearest name, also of a member that lies deeper."""
    nested = [path for one in terms for path in _nested(one, one.bodies, ())]
    if "." in name or "[" in name:
        return unknown(name, nested or names, f"field of {where}")
    if deeper := next((path for path in nested if _ends_in(path, name)), None):
        return f"{name!r} is no field of {where} here; did you mean {deeper}? Say it as **{{{deeper!r}: …}}"
    if len(names) <= _MOST_LISTED or difflib.get_close_matches(name.lower(), map(str.lower, names), n=1, cutoff=0.5):
        return unknown(name, names, f"field of {where}")
    return f"{name!r} is no field of {where} here; name the operation, and its fields will be listed"


def _ends_in(path: str, name: str) -> bool:
    return folded(path.rpartition(".")[2]) == folded(name)


def _nested(terms: Terms, schemas: Sequence[Json], above: Sequence[str]) -> Iterator[str]:
    """The dotted names of all members that lie deeper, those that lie higher first."""
    if len(above) >= _DEEPEST:
        return
    members = terms.members(schemas).schemas
    if above:
        yield from (".".join([*above, name]) for name in members)
    for name, below in members.items():
        if items := terms.items(below):
            yield from _nested(terms, items, [*above, f"{name}[0]"])
        yield from _nested(terms, below, [*above, name])


def _check_body(
    label: str,
    wanted: Mapping[str, Any],
    described: Sequence[tuple[Terms, Sequence[Json]]],
    sent: Sequence[Any],
    where: str,
) -> None:
    known = [(terms, terms.members(schemas)) for terms, schemas in described]
    bodies = [one for one in sent if isinstance(one, Mapping)]
    undescribed = label != _BODY and not any(schemas for _, schemas in described)
    if undescribed or any(members.is_open for _, members in known):
        return
    names = list(dict.fromkeys(name for _, members in known for name in members.schemas))
    for name, value in wanted.items():
        below = [one[name] for one in bodies if name in one]
        if name not in names and not below:
            raise refused(f"{label}: {unknown(str(name), names, f'member in {where}')}")
        if isinstance(value, Mapping):
            deeper = [(terms, members.schemas.get(name, ())) for terms, members in known]
            _check_body(f"{label}.{name}", value, deeper, below, where)
