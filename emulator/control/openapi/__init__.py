"""OpenAPI 3.1 of what is emulated, built from the vendors' descriptors; nothing is written twice.

What a document says beyond the standard: `x-emulator-operation` (the vendor's own name of the operation),
`x-emulator-provenance`, `x-emulator-source` and `x-emulator-entry` (how the behaviour is known, where from, and the id
of its entry in ``GET /_emulator/provenance``), `x-emulator-guarded` (a credential is needed). Every failure that can
come of an operation is an example under its status; `x-emulator-provoked-only` marks those that no call causes. The
entries of no single operation are `x-emulator-choices`, `x-emulator-limits` and `x-emulator-defaults` of the document.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import orjson

from emulator.control.openapi.answers import COMMON_HEADERS, COMMON_RESPONSES, PROBLEM_SCHEMA, unknown_path
from emulator.control.openapi.operations import paths
from emulator.control.openapi.schemas import Schemas
from emulator.core.provenance import Entry, Kind
from emulator.core.vendor import Vendor

Object: TypeAlias = dict[str, Any]  # Any: a JSON document in the making

_ABOUT = (
    "The operations that the emulator answers, and how each is known. With the request header X-Emulator-Fault: NAME "
    "a call gets the failure of that name, any of those in the examples; with X-Emulator-Namespace: NAME it is about "
    "a namespace of its own. A path or method that is not here answers 501."
)


class Documents:
    """One document per vendor, built when it is first asked for."""

    def __init__(self, vendors: Sequence[Vendor], version: str) -> None:
        self._vendors = {vendor.slug: vendor for vendor in vendors}
        self._version = version
        self._built: dict[str, bytes] = {}

    def __getitem__(self, slug: str) -> bytes:
        """Raises `KeyError` for what is no vendor."""
        if slug not in self._built:
            self._built[slug] = orjson.dumps(document(self._vendors[slug], self._version))
        return self._built[slug]


def document(vendor: Vendor, version: str) -> Object:
    operations = list(vendor.routes)
    schemas = Schemas(operations, vendor.refusals)
    described = paths(vendor, operations, schemas)
    responses = {**COMMON_RESPONSES, **unknown_path(vendor, schemas)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{vendor.title}: {vendor.api}" if vendor.api else vendor.title,
            "version": version,
            "description": _ABOUT,
        },
        "servers": _servers(vendor),
        "paths": described,
        "components": {
            "schemas": {**schemas.used([described, responses]), **PROBLEM_SCHEMA},
            "responses": responses,
            "headers": COMMON_HEADERS,
            **({"securitySchemes": dict(vendor.security)} if vendor.security else {}),
        },
        "x-emulator-choices": [
            _told(entry)
            for entry in (
                *map(vendor.entry, vendor.rules),
                *(vendor.entry(operation) for operation in vendor.routes.told if operation.catch),
            )
        ],
        "x-emulator-limits": _entries(vendor, "limit"),
        "x-emulator-defaults": _entries(vendor, "default"),
    }


def _entries(vendor: Vendor, kind: Kind) -> list[Object]:
    return [_told(entry) for entry in vendor.entries if entry.kind == kind]


def _told(entry: Entry) -> Object:
    return {
        "x-emulator-entry": entry.id,
        "description": entry.says,
        "x-emulator-provenance": entry.level.value,
        "x-emulator-source": entry.source,
    }


def _servers(vendor: Vendor) -> list[Object]:
    namespace = {"namespace": {"default": "default"}}
    roots = [f"/{vendor.slug}{realm}" for realm in ("", *(f"/{realm}" for realm in vendor.realms))]
    return [
        *({"url": root} for root in roots),
        *({"url": f"/ns/{{namespace}}{root}", "variables": namespace} for root in roots),
    ]
