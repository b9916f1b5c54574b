"""Bodies of both APIs: JSON, and of the documented shape."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emulator.core.checks import Case, Check, Draft
from emulator.core.errors import BodyTooLarge, Json, MalformedBody, Problem
from emulator.core.fitting import MISSING, Fitting, Place, at, dropped, replaced
from emulator.core.journal import is_cut
from emulator.core.request import Request
from emulator.core.slips import nearest, reread, short
from emulator.vendors.primedata.checks.rows import IDENTITY_NAMES_BY_PRIORITY, SOME_IDENTITIES
from emulator.vendors.primedata.errors import INVALID_REQUEST

_LEADING_ZERO = re.compile(r"(?<=[\[,:\s])0\d+(?=\s*[,\]}])")
_TEXTS: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}}
_WHO: Mapping[str, Mapping[str, Any]] = {
    "profile_id": {"type": "string"},
    "identities": {"type": "object", "additionalProperties": _TEXTS},
    "include": _TEXTS,
}
_MEMBERS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "searchProfiles": {**_WHO, "type": _TEXTS},
    "searchEvents": {
        **_WHO, "start": {}, "end": {}, "sort": {"type": "string"}, "limit": {"type": "integer"},
        "cursor": {"type": "string"},
    },
}  # fmt: skip


def sent(case: Case) -> Json:
    """The body as JSON, `MISSING` where it is none: half a surrogate pair is no character."""
    try:
        value = json.loads(case.request.raw_body, parse_constant=_no_word)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return MISSING
    return value


def _no_word(word: str) -> Json:
    raise ValueError(f"{word} is not JSON")


def sent_object(case: Case) -> dict[str, Any]:
    value = sent(case)
    return value if isinstance(value, dict) else {}


def write(draft: Draft, value: Json) -> None:
    draft.body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def got(case: Case) -> str:
    value, size = sent(case), len(case.request.raw_body)
    if isinstance(value, dict):
        return f"an object with {', '.join(map(str, value)) or 'no members'}"
    if value is not MISSING:
        return short(value)
    return f"more than {size} bytes" if is_cut(case.request.raw_body) else f"{size} bytes that are not JSON"


def reading_cause(case: Case) -> str | None:
    """What is wrong with a body that is no JSON."""
    body = case.request.raw_body
    if is_cut(body):
        return f"The body has {case.request.header('content-length') or 'too many'} bytes, and fewer are taken."
    if (numbers := _LEADING_ZERO.findall(body.decode("utf-8", "replace"))) and _unzeroed(body) is not None:
        return f'The number {numbers[0]} begins with a zero, which JSON does not allow: write "{numbers[0]}".'
    again = reread(body)
    return f"The body {again.slip}." if again is not None else None


def _unzeroed(body: bytes) -> Json:
    try:
        return json.loads(_LEADING_ZERO.sub(lambda found: f'"{found[0]}"', body.decode()))
    except (ValueError, RecursionError):
        return None


def readable(draft: Draft) -> Json:
    """What a body that is no JSON can be read as."""
    unzeroed = _unzeroed(draft.body) if _LEADING_ZERO.search(draft.body.decode("utf-8", "replace")) else None
    if isinstance(unzeroed, dict):
        return unzeroed
    again = reread(draft.body)
    return again.value if again is not None and isinstance(again.value, dict) else {}


# searches -------------------------------------------------------------------------------------------------------------


def identity_names(case: Case) -> list[str]:
    return [row["name"] for row in case.work.db.all(IDENTITY_NAMES_BY_PRIORITY)]


def somebody(case: Case) -> dict[str, Any]:
    """Identities that find a profile; none where there are none."""
    row = case.work.db.one(SOME_IDENTITIES)
    return {row["name"]: [row["value"]]} if row is not None else {}


def _is_read(case: Case, value: Json) -> bool:
    try:
        case.operation.models["search"].from_request(Request("POST", "/", body=json.dumps(value).encode()))
    except (MalformedBody, BodyTooLarge):
        return False
    return True


def _problems(case: Case, value: Json) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem((), "dict_type", "", value)
        return
    for name, schema in _MEMBERS[case.operation.id].items():
        if value.get(name) is not None:
            yield from _of_member((name,), value[name], schema)
    if not value.get("profile_id"):
        yield from _of_identities(value.get("identities"))


def _of_member(place: Place, value: Json, schema: Mapping[str, Any]) -> Iterator[Problem]:
    match schema.get("type"):
        case "string" if not isinstance(value, str):
            yield Problem(place, "string_type", "", value)
        case "object" if not isinstance(value, dict):
            yield Problem(place, "dict_type", "", value)
        case "integer" if isinstance(value, bool) or not isinstance(value, int):
            yield Problem(place, "int_type", "", value)
        case "array" if not isinstance(value, list):
            yield Problem(place, "list_type", "", value)
        case "array":
            for index, one in enumerate(value):
                yield from _of_member((*place, index), one, schema["items"])


def _of_identities(value: Json) -> Iterator[Problem]:
    if not value:
        yield Problem(("identities",), "missing", "")
        return
    for name, values in value.items() if isinstance(value, dict) else ():
        place: Place = ("identities", name)
        if not isinstance(values, list):
            yield Problem(place, "list_type", "", values)
            continue
        for index, one in enumerate(values):
            if not isinstance(one, str | bool | int | float):
                yield Problem((*place, index), "string_type", "", one)


def _found(case: Case, value: Json) -> Sequence[Problem]:
    return [] if _is_read(case, value) else list(_problems(case, value))


def _fitting(case: Case) -> Fitting:
    schema = {"type": "object", "properties": _MEMBERS[case.operation.id]}
    return Fitting(lambda value: _found(case, value), schema, lambda place: somebody(case))


def _who(case: Case, value: Json) -> tuple[str, Json] | None:
    """Where it is said after all who is meant, and the body that says it rightly; `None` where it is said already."""
    if not isinstance(value, dict) or value.get("profile_id") or value.get("identities"):
        return None
    strange = [name for name in value if name not in _MEMBERS[case.operation.id]]
    rest = {name: one for name, one in value.items() if name not in strange}
    own = [name for name in strange if name in identity_names(case)]
    if own:
        identities = {name: value[name] if isinstance(value[name], list) else [value[name]] for name in own}
        return f"{own[0]} stands in the wrong place: it belongs at identities.{own[0]}.", {
            **rest,
            "identities": identities,
        }
    for member in ("profile_id", "identities"):
        alike = nearest(member, strange)
        if alike is not None:
            return f"{alike} is misspelt: the member is {member}.", {**rest, member: value[alike]}
    query = dict(case.request.query)
    if query.get("profile_id"):
        sentence = "profile_id stands in the query string: it belongs in the body."
        return sentence, {**rest, "profile_id": query["profile_id"]}
    return None


def _search_cause(case: Case) -> str | None:
    value = sent(case)
    if value is MISSING:
        return reading_cause(case)
    meant = _who(case, value)
    if meant is not None:
        return meant[0]
    if isinstance(value, dict) and not value.get("profile_id") and not value.get("identities"):
        return "The body says of nobody who is meant: it needs profile_id or identities."
    misfit = _fitting(case).first(value)
    return misfit.sentence if misfit is not None else reading_cause(case) or _twice(case)


def _twice(case: Case) -> str | None:
    """A name that occurs twice in one object, which most parsers let pass."""
    twice: list[str] = []

    def members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in names if names.count(name) > 1)
        return dict(pairs)

    json.loads(case.request.raw_body, object_pairs_hook=members)
    return f"{twice[0]} stands twice in one object." if twice else None


def _search_mend(case: Case, draft: Draft) -> None:
    value = sent(case)
    value = readable(draft) if value is MISSING else value
    meant = _who(case, value)
    fitted = _fitting(case).fitted(meant[1] if meant is not None else value)
    for place in [("profile_id",), ("identities",)]:
        if at(fitted, place) in (None, "", {}):
            fitted = dropped(fitted, place)
    if not fitted.keys() & {"profile_id", "identities"}:
        fitted = replaced(fitted, ("identities",), somebody(case))
    write(draft, fitted)
    draft.set_header("Content-Type", "application/json")


SEARCH = Check(
    name="body",
    expects="a JSON object with profile_id or identities, its members of the documented types, and no name twice",
    failures=(INVALID_REQUEST,),
    got=got,
    cause=_search_cause,
    mend=_search_mend,
)
