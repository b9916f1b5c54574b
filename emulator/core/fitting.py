"""JSON of the wrong shape: what is wrong with it in a sentence, and the same JSON as it fits.

Works on what a validation found and on the JSON Schema of what is expected. Read only when somebody asks why a call
was refused.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from emulator.core.clock import MILLISECOND, SECOND, parse_rfc3339, rfc3339
from emulator.core.errors import Json, Problem, dotted
from emulator.core.slips import nearest, short

MISSING: Any = object()
"""No value at all: null is one."""
Place: TypeAlias = tuple[str | int, ...]
Schema: TypeAlias = Mapping[str, Any]  # Any: a JSON document
_MOST_MENDS = 200
_EPOCH = re.compile(r"\d{9,10}|\d{12,13}")
_DIGITS_OF_MILLISECONDS = 12
_OFFSET = re.compile(r"(\d{2})(\d{2})$")


@dataclass(frozen=True, slots=True)
class Misfit:
    """The first thing that is wrong: a sentence that names the mistake, and the document without it."""

    sentence: str
    value: Json


def spot(place: Place) -> str:
    """``("cartItems", 2, "sku")`` as ``cartItems[2].sku``; the document itself is the body."""
    return dotted(place) or "the body"


class Fitting:
    """What is expected: `problems` finds what is wrong with a document, `schema` is its JSON Schema, and `invent`
    gives a value for a required member that nobody sent, or `MISSING`."""

    def __init__(
        self,
        problems: Callable[[Json], Sequence[Problem]],
        schema: Schema,
        invent: Callable[[Place], Json] = lambda place: MISSING,
    ) -> None:
        self._problems = problems
        self._schema = schema
        self._invent = invent

    def first(self, value: Json) -> Misfit | None:
        """The first thing that is wrong with the document; `None` where nothing is."""
        found = self._problems(value)
        return self._misfit(value, found[0]) if found else None

    def fitted(self, value: Json) -> Json:
        """The document with everything mended, as far as that goes."""
        for _ in range(_MOST_MENDS):
            misfit = self.first(value)
            if misfit is None or repr(misfit.value) == repr(value):
                break
            value = misfit.value
        return value

    def _misfit(self, value: Json, problem: Problem) -> Misfit:
        place, kind = problem.place, problem.kind
        if kind == "missing":
            return self._missing(value, place)
        found = at(value, place)
        if kind == "literal_error":
            return self._literal(value, place, found, problem)
        if kind in _EXPECTED:
            return self._of_another_type(value, place, found, kind)
        return self._out_of_bounds(value, place, found, problem)

    # a member that is not there -------------------------------------------------------------------------------------

    def _missing(self, value: Json, place: Place) -> Misfit:
        name, holder = str(place[-1]), at(value, place[:-1])
        sent = holder if isinstance(holder, dict) else {}
        known = self.members(place[:-1])
        alike = nearest(name, [one for one in sent if one not in known])
        if alike is not None:
            renamed = {name if one == alike else one: below for one, below in sent.items()}
            sentence = f"{spot((*place[:-1], alike))} is misspelt: the member is {name}."
            return Misfit(sentence, replaced(value, place[:-1], renamed))
        inner = self.members(place)
        if sent and inner and all(one in inner for one in sent if one not in known) and not sent.keys() & known.keys():
            sentence = f"The members of {spot(place)} stand in {spot(place[:-1])} itself: wrap them in {name}."
            return Misfit(sentence, replaced(value, place[:-1], {name: sent}))
        for elsewhere in _places(value, name):
            if name in self.members(elsewhere[:-1]):
                continue
            moved = replaced(dropped(value, elsewhere), place, at(value, elsewhere))
            return Misfit(f"{spot(elsewhere)} stands in the wrong place: it belongs at {spot(place)}.", moved)
        return Misfit(f"{spot(place)} is required and was not sent.", replaced(value, place, self._made_up(place)))

    def _made_up(self, place: Place) -> Json:
        own = self._invent(place)
        if own is not MISSING:
            return own
        for schema in self._schemas(place):
            if "enum" in schema:
                return schema["enum"][0]
            match schema.get("type"):
                case "object":
                    return {}
                case "array":
                    return []
                case "integer" | "number":
                    return max(1, schema.get("minimum", 1))
                case "boolean":
                    return True
                case "string":
                    return "example"
        return {}

    # a value of the wrong kind --------------------------------------------------------------------------------------

    def _literal(self, value: Json, place: Place, found: Json, problem: Problem) -> Misfit:
        allowed = re.findall(r"'([^']*)'", str(problem.context.get("expected", "")))
        alike = nearest(found, allowed) if isinstance(found, str) else None
        choice = ", ".join(map(short, allowed))
        if alike is None:
            other = f"which is none of {choice}" if len(allowed) > 1 else f"and is to be {choice}"
            sentence = f"{spot(place)} is {short(found)}, {other}."
            return Misfit(sentence, self._without(value, place, allowed[0] if allowed else MISSING))
        return Misfit(f"{spot(place)} is {short(found)}: it is written {short(alike)}.", replaced(value, place, alike))

    def _of_another_type(self, value: Json, place: Place, found: Json, kind: str) -> Misfit:
        expected, convert = _EXPECTED[kind]
        converted = convert(found)
        subject = spot(place)
        if converted is MISSING:
            sentence = f"{_upper(subject)} is {short(found)}, and is to be {expected}."
            return Misfit(sentence, self._without(value, place, MISSING))
        if expected == _OBJECT and isinstance(found, str):
            sentence = f"{_upper(subject)} is a text that holds JSON: it was encoded twice."
        else:
            sentence = f"{_upper(subject)} is {short(found)}, and is to be {expected}: {short(converted)}."
        return Misfit(sentence, replaced(value, place, converted))

    def _out_of_bounds(self, value: Json, place: Place, found: Json, problem: Problem) -> Misfit:
        mended = _within(found, problem)
        sentence = f"{_upper(spot(place))} is {short(found)}: {_bound(problem)}."
        if problem.kind == "format" and mended is not MISSING:
            sentence = f"{spot(place)} is {short(found)}, which is no whole moment: {short(mended)} is."
        if mended is MISSING:
            return Misfit(sentence, self._without(value, place, MISSING))
        return Misfit(sentence, replaced(value, place, mended))

    def _without(self, value: Json, place: Place, instead: Json) -> Json:
        """The document without an optional value; a required one is made up."""
        if not place:
            return {}
        if isinstance(place[-1], int) or str(place[-1]) not in self._required(place[:-1]):
            return dropped(value, place)
        return replaced(value, place, self._made_up(place) if instead is MISSING else instead)

    # the schema -----------------------------------------------------------------------------------------------------

    def members(self, place: Place) -> Mapping[str, Schema]:
        """The documented members of the object at this place."""
        return {name: one for schema in self._schemas(place) for name, one in schema.get("properties", {}).items()}

    def _required(self, place: Place) -> set[str]:
        return {name for schema in self._schemas(place) for name in schema.get("required", ())}

    def _schemas(self, place: Place) -> list[Schema]:
        found = list(self._alternatives(self._schema))
        for step in place:
            below = [_below(schema, step) for schema in found]
            found = [one for schema in below if schema is not None for one in self._alternatives(schema)]
        return found

    def _alternatives(self, schema: Schema) -> Iterator[Schema]:
        if "$ref" in schema:
            yield from self._alternatives(self._schema["$defs"][schema["$ref"].rpartition("/")[2]])
            return
        for word in ("anyOf", "oneOf", "allOf"):
            for one in schema.get(word, ()):
                yield from self._alternatives(one)
        if schema.get("type") != "null":
            yield schema


def _below(schema: Schema, step: str | int) -> Schema | None:
    if isinstance(step, int):
        items = schema.get("items")
        return items if isinstance(items, Mapping) else None
    named = schema.get("properties", {}).get(step)
    other = schema.get("additionalProperties")
    return named if named is not None else other if isinstance(other, Mapping) else None


# places of a document -------------------------------------------------------------------------------------------------


def at(value: Json, place: Place) -> Json:
    for step in place:
        if not _holds(value, step):
            return None
        value = value[step]
    return value


def _holds(value: Json, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value


def replaced(value: Json, place: Place, new: Json) -> Json:
    if not place:
        return new
    step, *rest = place
    if isinstance(value, list) and isinstance(step, int):
        return [replaced(one, tuple(rest), new) if n == step else one for n, one in enumerate(value)]
    held = value if isinstance(value, dict) else {}
    return {**held, step: replaced(held.get(step), tuple(rest), new)}


def dropped(value: Json, place: Place) -> Json:
    *head, last = place
    holder = at(value, tuple(head))
    if isinstance(holder, list):
        return replaced(value, tuple(head), [one for n, one in enumerate(holder) if n != last])
    kept = {name: one for name, one in holder.items() if name != last} if isinstance(holder, dict) else holder
    return replaced(value, tuple(head), kept)


def _places(value: Json, name: str, place: Place = ()) -> Iterator[Place]:
    """Where else the document has a member of that name, outermost first."""
    if isinstance(value, dict):
        if name in value:
            yield (*place, name)
        for key, below in value.items():
            yield from _places(below, name, (*place, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _places(below, name, (*place, index))


# values ---------------------------------------------------------------------------------------------------------------


def _text(value: Json) -> Json:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    return short(value) if isinstance(value, bool | int | float) else MISSING


def _number(value: Json) -> Json:
    if not isinstance(value, str):
        return MISSING
    try:
        number = orjson.loads(value.strip().replace(",", ".") if value.count(",") == 1 else value.strip())
    except ValueError:
        return MISSING
    return number if isinstance(number, int | float) and not isinstance(number, bool) else MISSING


def _integer(value: Json) -> Json:
    number = value if isinstance(value, float) else _number(value)
    return MISSING if number is MISSING else round(number)


def _boolean(value: Json) -> Json:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    return words.get(str(value).strip().lower(), MISSING)


def _list(value: Json) -> Json:
    if isinstance(value, dict):
        return [value]
    return MISSING if value is None else [value]


def _object(value: Json) -> Json:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return value[0]
    if not isinstance(value, str):
        return MISSING
    try:
        inner = orjson.loads(value)
    except ValueError:
        return MISSING
    return inner if isinstance(inner, dict) else MISSING


_OBJECT = "an object"
_EXPECTED: Mapping[str, tuple[str, Callable[[Json], Json]]] = {
    "string_type": ("a text", _text),
    "int_type": ("a whole number", _integer),
    "int_from_float": ("a whole number", _integer),
    "float_type": ("a number", _number),
    "finite_number": ("a finite number", lambda value: MISSING),
    "bool_type": ("true or false", _boolean),
    "list_type": ("a list", _list),
    "dict_type": (_OBJECT, _object),
    "model_type": (_OBJECT, _object),
    "model_attributes_type": (_OBJECT, _object),
}


def _within(value: Json, problem: Problem) -> Json:
    """The value as far as its bounds let it be."""
    match problem.kind, problem.context:
        case (("string_too_long" | "too_long"), {"max_length": most}):
            return value[:most]
        case "greater_than_equal", {"ge": bound}:
            return _whole(bound)
        case "less_than_equal", {"le": bound}:
            return _whole(bound)
        case "format", _:
            return next(iter(moments(value)), MISSING)
    return MISSING


_BOUNDS = {
    "string_too_short": ("min_length", "the least length is {}"),
    "string_too_long": ("max_length", "the greatest length is {}"),
    "too_short": ("min_length", "the least number of items is {}"),
    "too_long": ("max_length", "the greatest number of items is {}"),
    "greater_than_equal": ("ge", "it is at least {}"),
    "less_than_equal": ("le", "it is at most {}"),
    "greater_than": ("gt", "it is more than {}"),
    "less_than": ("lt", "it is less than {}"),
}


def _bound(problem: Problem) -> str:
    word, sentence = _BOUNDS.get(problem.kind, ("", ""))
    if word not in problem.context:
        return problem.message[:1].lower() + problem.message[1:]
    return sentence.format(_whole(problem.context[word]))


def _whole(bound: float) -> Json:
    return int(bound) if float(bound).is_integer() else bound


def moments(value: Json) -> Iterator[str]:
    """What may have been meant, in RFC 3339: seconds or milliseconds since 1970, a date, a time without its offset."""
    text = str(value).strip()
    if _EPOCH.fullmatch(text):
        yield rfc3339(int(text) * (SECOND if len(text) < _DIGITS_OF_MILLISECONDS else MILLISECOND))
    joined = (text if "T" in text else text.replace(" ", "T", 1)).replace(" ", "+").replace("/", "-")
    for one in (joined, f"{joined}Z", f"{joined}:00Z", f"{joined}T00:00:00Z", _OFFSET.sub(r"\1:\2", joined)):
        if _is_moment(one):
            yield one


def _is_moment(text: str) -> bool:
    try:
        parse_rfc3339(text)
    except ValueError:
        return False
    return True


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:] if text == "the body" else text
