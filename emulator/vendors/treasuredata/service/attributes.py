"""Attributes of profiles: read from their definitions, and found by the names that payloads and conditions use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from emulator.core.clock import DAY, HOUR, MINUTE, Micros
from emulator.core.errors import Json, Level, Rule
from emulator.core.section import SectionError
from emulator.vendors.treasuredata.errors import CHOICE
from emulator.vendors.treasuredata.service.catalogs import Catalog
from emulator.vendors.treasuredata.service.counters import Counter
from emulator.vendors.treasuredata.service.criteria import hint
from emulator.vendors.treasuredata.service.lists import TIME, Aggregation, ListBuffer
from emulator.vendors.treasuredata.service.singles import Single
from emulator.vendors.treasuredata.service.states import Backfill

Maintained: TypeAlias = Single | ListBuffer | Counter
"""What events keep up to date."""

MOST_LIST_ITEMS = 100
MOST_LIST_DAYS = 60
_UNITS = {"minute": MINUTE, "hour": HOUR, "day": DAY}

IMPORTED = Rule(
    "treasuredata.imported_attributes",
    Level.INFERRED,
    "CDP API OpenAPI 1.0.0, RealtimeSettingAttributes.batchAttributes and ParentSegmentRealtimeImportedAttribute",
    "An imported attribute is the column of the batch profile that the profile is linked to. What batchAttributes "
    "names is imported too, under its name or else its column, where no imported attribute of that id is defined.",
)
WHOLE_LISTS = Rule(
    "treasuredata.whole_lists",
    Level.ASSUMED,
    CHOICE,
    "A condition names no part of an attribute: over a list it sees the ids of the items, over a counter with "
    "sub-durations the sum within its duration. With a subAttributeIdentifier, as payloads have it, it sees that part.",
)


@dataclass(frozen=True, slots=True)
class Imported:
    """Read-only: a column of the batch profile that the real-time profile is linked to."""

    column: str
    parts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LookUp:
    """Read-only: the row of a catalog; `keys` are attributes whose values may be its key."""

    catalog: str
    keys: "Sequence[Attribute]"
    parts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Attribute:
    """`kind` knows how the value comes about; `parts` of it have values of their own."""

    id: str
    kind: Maintained | Imported | LookUp
    sensitive: bool = False


@dataclass(slots=True)
class Attributes:
    """All of a parent segment, by id."""

    catalogs: Mapping[str, Catalog]
    _by_id: dict[str, Attribute] = field(default_factory=dict)
    _look_ups: dict[str, Attribute] = field(default_factory=dict)

    def __getitem__(self, attribute: str) -> Attribute:
        return self._by_id[attribute]

    def add(self, document: Json, path: str) -> Attribute:
        """Raises `SectionError` for a definition that makes no sense."""
        kind = self._look_up(document, path) if document["type"] == "lookupCatalog" else _kind(document, path)
        sensitive = bool(document.get("sensitive"))
        if isinstance(kind, LookUp):
            sensitive = sensitive or any(key.sensitive for key in kind.keys)
        made = self._by_id[document["id"]] = Attribute(document["id"], kind, sensitive)
        if isinstance(kind, LookUp):
            for name in (document["name"], document["identifier"], document["id"]):
                self._look_ups.setdefault(name or document["id"], made)
        return made

    def addressed(self, wanted: str, part: Json, path: str, *, whole: bool = False) -> tuple[Attribute, str | None]:
        """An attribute, or a part of it. A payload must say which part; a condition, `whole`, need not."""
        attribute = self.found(wanted, f"{path}.realtimeAttributeId")
        kind, parts, where = attribute.kind, attribute.kind.parts, f"{path}.subAttributeIdentifier"
        if part is None:
            if not whole and not isinstance(kind, LookUp) and (parts or isinstance(kind, ListBuffer)):
                raise SectionError(
                    where, f"is required for {wanted!r}: one of {', '.join(parts) or 'its aggregations'}"
                )
            return attribute, None
        if not parts and not isinstance(kind, ListBuffer):
            raise SectionError(where, f"{wanted!r} is a plain attribute and has no {part!r}: leave the key out")
        if part not in parts:
            raise SectionError(where, f"{wanted!r} has no {part!r}; it has: {', '.join(parts) or 'no aggregations'}")
        return attribute, part

    def found(self, wanted: str, path: str) -> Attribute:
        attribute = self._by_id.get(wanted)
        if attribute is None:
            raise SectionError(path, f"there is no attribute {wanted!r}; there are: {', '.join(self._by_id) or 'none'}")
        return attribute

    def catalog(self, name: str, column: str, path: str) -> tuple[str, bool]:
        """The table that a catalogPayload item means, and whether it is a sensitive matter."""
        look_up = self._look_ups.get(name)
        if look_up is not None and isinstance(look_up.kind, LookUp):
            if column not in look_up.kind.parts:
                known = hint(column, [*look_up.kind.parts])
                raise SectionError(f"{path}.lookupColumn", f"{name!r} has no column {column!r}{known}")
            return look_up.kind.catalog, look_up.sensitive
        if name not in self.catalogs:
            raise SectionError(f"{path}.catalogName", _no_catalog(name, [*self._look_ups, *self.catalogs]))
        self.catalogs[name].check_column(column, f"{path}.lookupColumn")
        return name, False

    def _look_up(self, document: Json, path: str) -> LookUp:
        name = document["lookupCatalogTableName"]
        if name not in self.catalogs:
            raise SectionError(f"{path}.lookupCatalogTableName", _no_catalog(name, [*self.catalogs]))
        for index, column in enumerate(document["lookupCatalogColumns"]):
            self.catalogs[name].check_column(column["name"], f"{path}.lookupCatalogColumns[{index}].name")
        keys = [
            self._key(key["id"], f"{path}.lookupKeys[{index}].id") for index, key in enumerate(document["lookupKeys"])
        ]
        return LookUp(name, keys, {column["name"]: None for column in document["lookupCatalogColumns"]})

    def _key(self, wanted: str, path: str) -> Attribute:
        key = self.found(wanted, path)
        if isinstance(key.kind, Counter | LookUp):
            raise SectionError(path, f"{wanted!r} cannot be a key: only single, list and imported attributes can")
        return key


def _no_catalog(name: str, known: Sequence[str]) -> str:
    there_are = f"there are: {', '.join(known)}" if known else "tables and their rows are given under catalog_tables"
    return f"there is no catalog {name!r}; {there_are}"


def _kind(document: Json, path: str) -> Maintained | Imported:
    backfill = _backfill(document.get("backfill"))
    match document["type"]:
        case "imported":
            return Imported(document["column"])
        case "list":
            return _list_buffer(document, path)
        case "single":
            duration = document.get("duration")
            return Single(document["valueColumn"], document["dataType"], duration and _micros(duration), backfill)
    increment = document["increment"]["value"]
    if document.get("counterType") == "total":
        return Counter(increment, None, {}, backfill)
    duration = _micros(document["duration"])
    parts = {}
    for index, part in enumerate(document.get("subDurations") or ()):
        parts[part["identifier"]] = _micros(part)
        if _micros(part) > duration:
            raise SectionError(f"{path}.subDurations[{index}]", "is longer than the counter's duration")
    return Counter(increment, duration, parts, backfill)


def _backfill(written: Json) -> Backfill | None:
    return None if written is None else Backfill(written["attributeIdentifier"], written["timestampIdentifier"])


def _list_buffer(document: Json, path: str) -> ListBuffer:
    duration = _micros(document["duration"])
    if document["maxItems"] > MOST_LIST_ITEMS:
        raise SectionError(
            f"{path}.maxItems", f"{document['maxItems']} is more than the {MOST_LIST_ITEMS} items a list may have"
        )
    if duration > MOST_LIST_DAYS * DAY:
        raise SectionError(f"{path}.duration", f"is longer than the {MOST_LIST_DAYS} days a list may reach back")
    known = [document["idColumn"], *(document.get("fields") or ())]
    parts: dict[str, Aggregation] = {}
    for index, one in enumerate(document.get("aggregations") or ()):
        if one["column"] not in (*known, TIME):
            raise SectionError(
                f"{path}.aggregations[{index}].column",
                f"{one['column']!r} is neither the idColumn nor one of the fields{hint(one['column'], known)}",
            )
        parts[one["identifier"]] = Aggregation(one["column"], one["aggregationType"])
    return ListBuffer(known[0], known[1:], document["maxItems"], duration, parts)


def _micros(duration: Json) -> Micros:
    micros: Micros = duration["value"] * _UNITS[duration["unit"]]
    return micros
