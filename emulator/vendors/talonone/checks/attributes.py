"""Custom attributes and additional costs: defined before they are sent, and of their types."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from emulator.core.checks import Case, Check, Draft
from emulator.core.clock import parse_rfc3339
from emulator.core.errors import Json
from emulator.core.fitting import MISSING, Place, at, dropped, replaced, spot
from emulator.core.slips import nearest, short
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.checks.bodies import fitting, sent, sent_object, write
from emulator.vendors.talonone.checks.callers import caller
from emulator.vendors.talonone.errors import INVALID_TYPE, UNKNOWN_ADDITIONAL_COST, UNKNOWN_ATTRIBUTE
from emulator.vendors.talonone.service.attributes import Definitions, subscribed
from emulator.vendors.talonone.tables.explaining import ALL_ATTRIBUTES, ALL_COSTS

_MOST_NAMED = 8
_ENTITIES = {
    "updateCustomerSession": "CustomerSession",
    "updateCustomerSessionV2": "CustomerSession",
    "updateCustomerProfile": "CustomerProfile",
    "updateCustomerProfileV2": "CustomerProfile",
    "trackEvent": "Event",
    "trackEventV2": "Event",
    "createReferral": "Referral",
}
_Group: TypeAlias = tuple[str, Place]


@dataclass(frozen=True, slots=True)
class _Fault:
    """One attribute that is not taken: where it stands, whose it is to be, its value, and the type it was defined with,
    `None` where it was not."""

    place: Place
    entity: str
    value: Json
    type: str | None

    @property
    def name(self) -> str:
        return str(self.place[-1])


def _root(case: Case) -> Place:
    return ("customerSession",) if case.operation.id == "updateCustomerSessionV2" else ()


def _cart(case: Case, member: str) -> Iterator[Place]:
    items = at(sent(case), (*_root(case), "cartItems"))
    for index, _ in enumerate(items if isinstance(items, list) else ()):
        yield (*_root(case), "cartItems", index, member)


def _groups(case: Case) -> Iterator[_Group]:
    """Where the body has attributes, and of which entity, in the order in which they are looked at."""
    yield _ENTITIES[case.operation.id], (*_root(case), "attributes")
    for place in _cart(case, "attributes"):
        yield "CartItem", place


def _event_type(case: Case, entity: str) -> str:
    return str(sent_object(case).get("type", "")) if entity == "Event" else ""


def _faults(case: Case, own: Application) -> Iterator[_Fault]:
    definitions = Definitions(case.work, own.account, own.number)
    for entity, place in _groups(case):
        values = at(sent(case), place)
        for name, value in values.items() if isinstance(values, Mapping) else ():
            kind = definitions.types(entity, _event_type(case, entity)).get(name)
            complaints = definitions.check({name: value}, entity, event_type=_event_type(case, entity))[1]
            if complaints:
                yield _Fault((*place, name), entity, value, kind)


def _got(case: Case) -> str:
    values = [(place, at(sent(case), place)) for _, place in _groups(case)]
    names = [spot((*place, name)) for place, here in values if isinstance(here, Mapping) for name in here]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}" if names else "no attributes"


def _cause(case: Case) -> str | None:
    own = caller(case)
    found = next(_faults(case, own), None) if own is not None else None
    if own is None or found is None:
        return None
    return _undefined(case, own, found) if found.type is None else _of_another_type(found)


def _undefined(case: Case, own: Application, found: _Fault) -> str:
    event_type = _event_type(case, found.entity)
    entity = f"{found.entity} entities" if found.entity != "Event" else f"events of the type {event_type!r}"
    known = list(Definitions(case.work, own.account, own.number).types(found.entity, event_type))
    alike = nearest(found.name, known)
    if alike is not None:
        return f"{spot(found.place)} is misspelt: the attribute is {alike}."
    for row in case.work.db.all(ALL_ATTRIBUTES):
        if row["name"] != found.name:
            continue
        if row["account_id"] != own.account:
            return (
                f"{found.name} is an attribute of account {row['account_id']}, and the key is of account {own.account}."
            )
        if (row["entity"], row["event_type"]) == (found.entity, event_type) and not subscribed(row, own.number):
            return f"The attribute {found.name} is defined, but not for Application {own.number}, whose key this is."
        other = f"events of the type {row['event_type']!r}" if row["event_type"] else f"{row['entity']} entities"
        return f"The attribute {found.name} is one of {other}, not of {entity}."
    if not known:
        return f"No attribute of {entity} is defined in this world: its scenario lists them under talonone.attributes."
    return f"Nobody has defined {found.name}: the attributes of {entity} are {', '.join(sorted(known)[:_MOST_NAMED])}."


def _of_another_type(found: _Fault) -> str:
    kind = found.type or ""
    mended = _converted(found.value, kind)
    told = f"{spot(found.place)} is {short(found.value)}, and the attribute is defined as {kind}"
    return f"{told}." if mended is MISSING else f"{told}: send {short(mended)}."


def _converted(value: Json, kind: str) -> Json:
    if kind.startswith("("):
        item = kind[1:-1].removeprefix("list ")
        items = [_converted(one, item) for one in (value if isinstance(value, list) else [value])]
        return MISSING if MISSING in items else items
    match kind, value:
        case "string", bool() | int() | float():
            return short(value)
        case "string", str():
            return value
        case "number", bool():
            return MISSING
        case "number", int() | float():
            return value
        case "number", str():
            return _number(value)
        case "boolean", bool():
            return value
        case "boolean", str() | int():
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
                str(value).strip().lower(), MISSING
            )
        case "time", str():
            return next((one for one in (value, f"{value}Z", f"{value}T00:00:00Z") if _is_moment(one)), MISSING)
        case "location", list() if len(value) == 2:
            numbers = [_converted(one, "number") for one in value]
            return MISSING if MISSING in numbers else numbers
    return MISSING


def _number(text: str) -> Json:
    try:
        number = float(text)
    except ValueError:
        return MISSING
    if number - number != 0:
        return MISSING
    return int(number) if number.is_integer() else number


def _is_moment(text: str) -> bool:
    try:
        parse_rfc3339(text)
    except ValueError:
        return False
    return True


def _mend(case: Case, draft: Draft) -> None:
    own, value = caller(case), sent(case)
    if own is None:
        return
    for found in list(_faults(case, own)):
        known = list(
            Definitions(case.work, own.account, own.number).types(found.entity, _event_type(case, found.entity))
        )
        alike = nearest(found.name, known) if found.type is None else None
        mended = MISSING if found.type is None else _converted(found.value, found.type)
        value = dropped(value, found.place) if mended is MISSING else replaced(value, found.place, mended)
        if alike is not None and alike not in (at(value, found.place[:-1]) or {}):
            value = replaced(value, (*found.place[:-1], alike), found.value)
    write(draft, value)


def misplaced(case: Case, holder: Mapping[str, Json]) -> list[str]:
    """Members that nobody documents, beside the attributes, with names of attributes."""
    own, entity = caller(case), _ENTITIES.get(case.operation.id)
    if own is None or entity is None:
        return []
    types = Definitions(case.work, own.account, own.number).types(entity, _event_type(case, entity))
    known = fitting(case).members(_root(case))
    return [name for name in holder if name in types and name not in known]


ATTRIBUTES = Check(
    name="attributes",
    expects="custom attributes that are defined for their entity and this Application, with values of their types",
    failures=(UNKNOWN_ATTRIBUTE, INVALID_TYPE),
    got=_got,
    cause=_cause,
    mend=_mend,
)


# additional costs -----------------------------------------------------------------------------------------------------


def _costs(case: Case) -> Iterator[tuple[str, Place]]:
    places = [("session", (*_root(case), "additionalCosts"))] if _root(case) else []
    for of, place in (*places, *(("item", place) for place in _cart(case, "additionalCosts"))):
        values = at(sent(case), place)
        for name in values if isinstance(values, Mapping) else ():
            yield of, (*place, name)


def _defined(case: Case, own: Application) -> dict[str, str]:
    rows = [row for row in case.work.db.all(ALL_COSTS) if row["account_id"] == own.account]
    return {row["name"]: row["type"] or "both" for row in rows if subscribed(row, own.number)}


def _bad_costs(case: Case, own: Application) -> list[tuple[str, Place]]:
    defined = _defined(case, own)
    return [(of, place) for of, place in _costs(case) if defined.get(str(place[-1])) not in (of, "both")]


def _cost_got(case: Case) -> str:
    return ", ".join(spot(place) for _, place in _costs(case)) or "no additional costs"


def _cost_cause(case: Case) -> str | None:
    own = caller(case)
    bad = _bad_costs(case, own) if own is not None else []
    if own is None or not bad:
        return None
    (of, place), defined = bad[0], _defined(case, own)
    name = str(place[-1])
    if name in defined:
        where = "the session" if defined[name] == "session" else "a cart item"
        return f"{spot(place)} stands in the wrong place: {name} is a cost of {where}."
    alike = nearest(name, [one for one, kind in defined.items() if kind in (of, "both")])
    if alike is not None:
        return f"{spot(place)} is misspelt: the additional cost is {alike}."
    if any(row["name"] == name and row["account_id"] == own.account for row in case.work.db.all(ALL_COSTS)):
        return f"The additional cost {name} is defined, but not for Application {own.number}, whose key this is."
    return f"Nobody has defined {name}: the additional costs are {', '.join(sorted(defined)[:_MOST_NAMED]) or 'none'}."


def _cost_mend(case: Case, draft: Draft) -> None:
    own, value = caller(case), sent(case)
    if own is None:
        return
    defined = _defined(case, own)
    for of, place in _bad_costs(case, own):
        alike = nearest(str(place[-1]), [one for one, kind in defined.items() if kind in (of, "both")])
        cost, value = at(value, place), dropped(value, place)
        if alike is not None and alike not in (at(value, place[:-1]) or {}):
            value = replaced(value, (*place[:-1], alike), cost)
    write(draft, value)


COSTS = Check(
    name="additional costs",
    expects="additional costs that are defined for the session, or for its items, and for this Application",
    failures=(UNKNOWN_ADDITIONAL_COST,),
    got=_cost_got,
    cause=_cost_cause,
    mend=_cost_mend,
)
