"""Custom attributes: defined before use, checked when they arrive, typed when rules read them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from sqlite3 import Row
from typing import Any

import orjson

from emulator.core.clock import parse_rfc3339, to_datetime
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.errors import INVALID_TYPE, UNKNOWN_ATTRIBUTE, Complaint, pointer
from emulator.vendors.talonone.service.money import Number, amount, exact
from emulator.vendors.talonone.tables import ATTRIBUTES

MERGED = Rule(
    "talonone.attributes", Level.DOCUMENTED, "Talon.One developer pages, quick start",
    "New attributes are merged into those of a profile.",
)  # fmt: skip
NULL = Rule(
    "talonone.null_attributes", Level.ASSUMED, "talon-one.js before 2018, README",
    "An attribute of null is ignored; setting null_attributes lets it delete the value.",
)  # fmt: skip
LOCATION = Rule(
    "talonone.locations", Level.ASSUMED, "emulator's choice",
    "The value of an attribute of the type location is a list of two numbers; what they look like is not published.",
)  # fmt: skip
UNSET = Rule(
    "talonone.unset_attributes", Level.ASSUMED, "emulator's choice",
    "A rule that reads an attribute which is defined but has no value reads null; an undefined one is an error.",
)  # fmt: skip


class Definitions:
    """The attributes that an account has defined, as far as one of its Applications may use them.

    Read entity by entity, when somebody asks, and kept: only a scenario defines any.
    """

    def __init__(self, work: Work, account: int, application: int | None) -> None:
        """`application` None: all that the account has, whoever may use them."""
        self._work = work
        self._account = account
        self._application = application

    def types(self, entity: str, event_type: str = "") -> Mapping[str, str]:
        """Type by name."""
        key = ("talonone.attributes", self._account, self._application, entity, event_type)
        memory = self._work.db.memory
        found: Mapping[str, str] | None = memory.get(key)
        if found is None:
            rows = self._work.db.all(ATTRIBUTES, account_id=self._account, entity=entity, event_type=event_type)
            usable = (row for row in rows if self._application is None or subscribed(row, self._application))
            found = memory[key] = {row["name"]: row["type"] for row in usable}
        return found

    def check(
        self, values: Mapping[str, Any], entity: str, *place: str | int, event_type: str = ""
    ) -> tuple[dict[str, Any], list[Complaint]]:
        """The values fit to be stored, nulls included, and what is wrong with the others. `place` leads to them."""
        types = self.types(entity, event_type) if values else {}
        kept: dict[str, Any] = {}
        complaints = []
        for name, value in values.items():
            source = {"pointer": pointer(*place, name)}
            if name not in types:
                details = f'The attribute "{name}" is not defined on {entity} entities.'
                complaints.append(Complaint(UNKNOWN_ATTRIBUTE, "Unknown", details, source))
            elif value is None:
                kept[name] = None
            elif (typed := _typed(value, types[name])) is None:
                details = f'Value of "{name}" attribute ({_shown(value)}) is not a {types[name]}'
                complaints.append(Complaint(INVALID_TYPE, "Invalid type", details, source))
            else:
                kept[name] = typed
                if "location" in types[name]:
                    self._work.rely(LOCATION)
        return kept, complaints


def subscribed(row: Row, application: int) -> bool:
    """Whether an Application may use what the row defines; without a list all may."""
    listed = row["applications"]
    return listed is None or application in orjson.loads(listed)


def note_nulls(work: Work, values: Mapping[str, Any]) -> None:
    """Attributes of null that are about to be left out."""
    if None in values.values():
        work.rely(NULL)


def merged(work: Work, stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` on top of `stored`."""
    result = {**stored, **{name: value for name, value in given.items() if value is not None}}
    if nulls := [name for name, value in given.items() if value is None]:
        work.rely(NULL)
        if work.settings.null_attributes == "deleted":
            for name in nulls:
                result.pop(name, None)
    return result


def _typed(value: Any, type_name: str) -> Any:
    """The value as it is stored, or None where it is not of the type."""
    if type_name.startswith("("):
        item_type = type_name[1:-1].removeprefix("list ")
        items = [_typed(item, item_type) for item in value] if isinstance(value, list) else [None]
        return None if any(item is None for item in items) else items
    match type_name:
        case "string":
            return value if isinstance(value, str) else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "number":
            return _number(value)
        case "time":
            return value if isinstance(value, str) and _moment(value) else None
    position = [_number(item) for item in value] if isinstance(value, list) else []
    return position if len(position) == 2 and None not in position else None


def _number(value: Any) -> Number | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        nearest = float(value)
    except OverflowError:
        return None
    return amount(exact(nearest)) if nearest - nearest == 0 else None


def _moment(text: str) -> datetime | None:
    try:
        return to_datetime(parse_rfc3339(text))
    except ValueError:
        return None


def _shown(value: Any) -> str:
    """As the published example shows one: ``false``. Texts stand without quotes, as Go prints them."""
    return value if isinstance(value, str) else repr_json(value)


def repr_json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an integer that is too large for orjson
        return str(value)


class Attributes(Mapping[str, object]):
    """The attributes of one entity as rules read them: times are times, and what has no value is null."""

    def __init__(
        self, work: Work, definitions: Definitions, entity: str, values: Mapping[str, Any], event_type: str = ""
    ) -> None:
        self._work = work
        self._definitions = definitions
        self._entity = entity
        self._values = values
        self._event_type = event_type

    def __getitem__(self, name: str) -> object:
        types = self._definitions.types(self._entity, self._event_type)
        if name not in self._values:
            if name not in types:
                raise KeyError(name)
            self._work.rely(UNSET)
            return None
        value = self._values[name]
        match types.get(name):
            case "time":
                return _moment(value)
            case "(list time)":
                return [_moment(item) for item in value]
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
