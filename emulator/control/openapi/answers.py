"""The responses of an operation: what it accepts with, and everything it can refuse with."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

from emulator.control.catalogue import body_of
from emulator.control.openapi.reach import Reached, reached
from emulator.control.openapi.schemas import JSON, REFERENCE, Schemas
from emulator.core.answers import Headers
from emulator.core.description import Example
from emulator.core.errors import Json, NoSuchOperation
from emulator.core.limits import Usage
from emulator.core.request import Request
from emulator.core.routes import Operation
from emulator.core.vendor import Vendor

Object: TypeAlias = dict[str, Any]  # Any: a JSON document in the making

PROBLEM = "application/problem+json"
_FIRST_REFUSAL = 400
_TEXT = {"type": "string"}

COMMON_HEADERS: Object = {
    "X-Emulator-Request-Id": {
        "description": "The call in the journal: GET /_emulator/requests/{id}. Not with --bare.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "X-Emulator-Provenance": {
        "description": "The weakest entry that shaped the answer. Not with --bare.",
        "schema": {"enum": ["documented", "observed", "inferred", "assumed"]},
    },
    "X-Emulator-Explain": {
        "description": "Where this refusal is explained. Not with --bare.",
        "schema": {"type": "string", "format": "uri"},
    },
}
PROBLEM_SCHEMA: Object = {
    "EmulatorProblem": {
        "description": "RFC 9457: the emulator itself says no, not the vendor.",
        "type": "object",
        "properties": {
            "type": {"const": "about:blank"},
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
        },
        "required": ["type", "title", "status", "detail"],
    }
}
_PROBLEM_CONTENT: Object = {PROBLEM: {"schema": {"$ref": REFERENCE.format(model="EmulatorProblem")}}}
COMMON_RESPONSES: Object = {
    "NotEmulated": {
        "description": "Not emulated, or only a guess where --fail-on wants none. Never the vendor's own answer.",
        "headers": {
            "X-Emulator-Unimplemented": {"description": "Not with --fail-on.", "schema": {"const": "true"}},
            "X-Emulator-Explain": {"$ref": "#/components/headers/X-Emulator-Explain"},
        },
        "content": _PROBLEM_CONTENT,
    }
}


def responses(
    vendor: Vendor, operation: Operation, examples: Sequence[Example], answer: Object | None, schemas: Schemas
) -> Object:
    """By status. A 400 may also be the emulator's own, about one of its headers."""
    shared = _shared_headers(vendor, operation)
    refused = _refused(reached(vendor, operation), vendor, schemas, shared)
    own = refused.setdefault("400", {"description": "A header of the emulator's own is wrong."})
    own["content"] = {**own.get("content", {}), **_PROBLEM_CONTENT}
    refused["501"] = {"$ref": "#/components/responses/NotEmulated"}
    return {**_accepted(operation, examples, answer, shared), **dict(sorted(refused.items()))}


def unknown_path(vendor: Vendor, schemas: Schemas) -> Object:
    """A response of no operation, for those who have unknown paths answered in the vendor's words."""
    refusal = vendor.dialect(NoSuchOperation())
    (response,) = _refused([Reached(refusal)], vendor, schemas, {}).values()
    response["description"] = "A path of no operation, with --unimplemented=vendor; otherwise see NotEmulated."
    return {"UnknownPath": response}


def _accepted(operation: Operation, examples: Sequence[Example], answer: Object | None, shared: Object) -> Object:
    headers = {
        **{name: {"required": True, "schema": _TEXT, "example": value} for name, value in operation.headers.items()},
        **shared,
    }
    by_status: Object = {
        str(operation.status): {"description": HTTPStatus(operation.status).phrase, "headers": headers},
        **{str(status): {"description": says, "headers": shared} for status, says in operation.also.items()},
    }
    if answer is not None and operation.status != HTTPStatus.NO_CONTENT:
        shown = {
            one.name: {"summary": one.says, "value": one.answer, "x-emulator-source": one.source}
            for one in examples
            if one.answer is not None and one.status == operation.status
        }
        content = {"schema": answer, **({"examples": shown} if shown else {})}
        by_status[str(operation.status)]["content"] = {JSON: content}
    return by_status


def _refused(reached: Iterable[Reached], vendor: Vendor, schemas: Schemas, shared: Object) -> Object:
    """A response per status, with the failures that have it as examples under their names."""
    by_status: dict[int, list[Reached]] = {}
    for one in reached:
        by_status.setdefault(one.refusal.failure.status, []).append(one)
    return {str(status): _response(vendor, status, ones, schemas, shared) for status, ones in by_status.items()}


def _response(vendor: Vendor, status: int, ones: Sequence[Reached], schemas: Schemas, shared: Object) -> Object:
    examples: dict[str, Object] = {}
    shapes: dict[str, list[Object]] = {}
    for one in ones:
        failure, value = one.refusal.failure, body_of(one.refusal.answer())
        if value is None:
            continue
        media_type = failure.media_type.partition(";")[0]
        examples.setdefault(media_type, {})[failure.name] = {
            "summary": failure.says,
            "value": value,
            "x-emulator-provenance": failure.level.value,
            "x-emulator-source": failure.source,
            "x-emulator-entry": vendor.entry(failure).id,
            **({"x-emulator-provoked-only": True} if one.provoked_only else {}),
        }
        known = shapes.setdefault(media_type, [])
        shape = _shape(value, schemas)
        if shape not in known:
            known.append(shape)
    content = {
        media_type: {"schema": found[0] if len(found) == 1 else {"anyOf": found}, "examples": examples[media_type]}
        for media_type, found in shapes.items()
    }
    explained = {"X-Emulator-Explain": {"$ref": "#/components/headers/X-Emulator-Explain"}}
    return {
        "description": HTTPStatus(status).phrase,
        "headers": {**shared, **_failure_headers(ones), **explained},
        **({"content": content} if content else {}),
    }


def _failure_headers(ones: Sequence[Reached]) -> Object:
    """Required where every failure of the status always has it."""
    told: Object = {}
    for one in ones:
        for name, value in one.refusal.answer().headers:
            if name.lower() != "content-type":
                told.setdefault(_spelled(name), {"schema": _TEXT, "example": value})
    always = [{_spelled(name) for name, _ in one.refusal.failure.headers} for one in ones]
    for name, header in told.items():
        if all(name in names for names in always):
            header["required"] = True
    return told


def _spelled(name: str) -> str:
    """As the vendor spells it, where it has a spelling."""
    return name.title() if name.islower() else name


def _shape(value: Json, schemas: Schemas) -> Object:
    """The vendor's type of refusal that has these members; without one, what can be read off the value."""
    return next((shape for shape in schemas.refusals if _fits(shape, value, schemas)), None) or _read_off(value)


def _fits(shape: Object, value: Json, schemas: Schemas) -> bool:
    described = schemas.resolved(shape)
    match value:
        case dict() if "properties" in described:
            members = described["properties"]
            known = set(described.get("required", ())) <= set(value) <= set(members)
            return known and all(_fits(members[name], one, schemas) for name, one in value.items())
        case list() if "items" in described:
            return all(_fits(described["items"], one, schemas) for one in value)
    return not isinstance(value, dict | list)


def _read_off(value: Json) -> Object:
    match value:
        case dict():
            members = {name: _read_off(one) for name, one in value.items()}
            return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}
        case list():
            return {"type": "array"}
        case str():
            return _TEXT
    return {}


def _shared_headers(vendor: Vendor, operation: Operation) -> Object:
    """What every answer of the operation can have: its limits' headers, a browser's, and the emulator's own."""
    told: list[tuple[str, str]] = []
    for limit in vendor.limits:
        counted = operation.guarded if limit.operations is None else operation.id in limit.operations
        if counted and limit.headers is not None:
            told.extend(limit.headers(Usage(limit.name, limit.quota, 1, limit.window)))
    told.extend(_browser_headers(vendor, operation))
    return {
        **{_spelled(name): {"schema": _TEXT, "example": value} for name, value in told},
        **{name: {"$ref": f"#/components/headers/{name}"} for name in list(COMMON_HEADERS)[:2]},
    }


def _browser_headers(vendor: Vendor, operation: Operation) -> Headers:
    if vendor.cors is None or not vendor.cors.covers(operation.path):
        return ()
    page = Request(operation.method, operation.path, headers=[(b"origin", b"https://shop.example")])
    return vendor.cors.grants(page)
