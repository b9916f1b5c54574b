"""Whether an answer is what the vendor's OpenAPI document says. `tests/conftest.py` has every answer of every test
checked that a vendor's operation gives in this process.

Refusals before an operation is matched belong to no operation, and are not described; so are those of paths that an
API has only to refuse them. A failure may be provoked where nothing else would bring it about.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from emulator.control.openapi import document
from emulator.core.exchange import Exchange
from emulator.core.journal import Entry, Journal
from emulator.core.vendor import Vendor

Object = dict[str, Any]

PROBLEM = "application/problem+json"
_NO_CONTENT = 204


class Description:
    """The document of one vendor, asked about one answer at a time."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._document = document(vendor, "1.0")
        resource = Resource.from_contents(self._document, default_specification=DRAFT202012)
        self._registry: Registry = Registry().with_resource("urn:document", resource)
        self._validators: dict[str, Draft202012Validator] = {}
        self._places: dict[str, list[tuple[str, ...]]] = {}
        for path, item in self._document["paths"].items():
            for method, operation in item.items():
                place = ("paths", path, method, "responses")
                self._places.setdefault(operation["x-emulator-operation"], []).append(place)

    def complaint(self, entry: Entry) -> str | None:
        """What is wrong with the answer; nothing where it is described, or is of no operation in the document."""
        complaints = [self._of_place(entry, place) for place in self._places.get(entry.operation or "", ())]
        return None if None in complaints or not complaints else complaints[0]

    def example_complaints(self) -> list[str]:
        """Of the examples of parameters, requests and answers, those that their own schemas refuse."""
        return [
            f"{'/'.join(place)} {name}: {complaint}"
            for place, described in _examples(self._document, ())
            for name, shown in described["examples"].items()
            if (complaint := self._against((*place, "schema"), shown["value"])) is not None
        ]

    def _of_place(self, entry: Entry, place: tuple[str, ...]) -> str | None:
        status = str(entry.status)
        if self._is_foreign(entry, self._at(*place).get(status, {})):
            return None
        if status not in self._at(*place):
            return f"status {status} is not in the document"
        place = self._followed((*place, status))
        response = self._at(*place)
        missing = self._header_complaint(response, entry)
        if missing is not None:
            return missing
        content: Object = response.get("content", {})
        media_type = _header(entry.answer_headers, "content-type").partition(";")[0]
        if not entry.answer_body:
            of_vendor = content.keys() - {PROBLEM}
            return f"a body of {' or '.join(of_vendor)} is in the document, none came" if of_vendor else None
        if media_type not in content:
            return f"{media_type} is not in the document for status {status}"
        examples = content[media_type].get("examples", {})
        if entry.refusal is not None and entry.refusal not in examples:
            return f"the failure {entry.refusal} is not in the document for status {status}"
        return self._against((*place, "content", media_type, "schema"), orjson.loads(entry.answer_body))

    def _is_foreign(self, entry: Entry, response: Object) -> bool:
        """A failure of the vendor's that was asked for where it never happens."""
        described = [name for content in response.get("content", {}).values() for name in content.get("examples", ())]
        return entry.fault is not None and entry.refusal in self._vendor.catalogue.keys() - described

    def _header_complaint(self, response: Object, entry: Entry) -> str | None:
        if _header(entry.answer_headers, "content-type") == PROBLEM:
            return None
        values = {name.lower(): value for name, value in entry.answer_headers}
        for name, header in response.get("headers", {}).items():
            header = self._at(*header["$ref"][2:].split("/")) if "$ref" in header else header
            if name.lower() not in values:
                if header.get("required"):
                    return f"the header {name} is required and missing"
            elif (
                error := best_match(Draft202012Validator(header["schema"]).iter_errors(values[name.lower()]))
            ) is not None:
                return f"the header {name}: {error.message}"
        return None

    def _against(self, place: Sequence[str], value: Any) -> str | None:
        reference = "urn:document#/" + "/".join(piece.replace("~", "~0").replace("/", "~1") for piece in place)
        validator = self._validators.get(reference)
        if validator is None:
            validator = Draft202012Validator({"$ref": _quoted(reference)}, registry=self._registry)
            self._validators[reference] = validator
        error = best_match(validator.iter_errors(value))
        return None if error is None else f"{error.json_path}: {error.message}"

    def _followed(self, place: tuple[str, ...]) -> tuple[str, ...]:
        reference = self._at(*place).get("$ref")
        return place if reference is None else tuple(reference[2:].split("/"))

    def _at(self, *place: str) -> Object:
        found = self._document
        for piece in place:
            found = found[piece]
        return found


def _examples(value: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Object]]:
    """Everything that has examples beside a schema, and where."""
    if isinstance(value, dict) and "schema" in value and "examples" in value:
        yield place, value
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, one in items:
            yield from _examples(one, (*place, str(name)))


def _quoted(reference: str) -> str:
    return reference.replace("{", "%7B").replace("}", "%7D").replace("+", "%2B")


def _header(headers: Iterable[tuple[str | bytes, str | bytes]], name: str) -> str:
    for key, value in headers:
        text = key.decode("latin-1") if isinstance(key, bytes) else key
        if text.lower() == name:
            return value.decode("latin-1") if isinstance(value, bytes) else value
    return ""


def shape(value: Any) -> Any:
    """What two answers have in common that a schema cannot tell apart: members and kinds, and words as they are."""
    if isinstance(value, dict):
        return tuple([(name, shape(one)) for name, one in value.items()])
    if isinstance(value, list):
        return frozenset([shape(one) for one in value])
    if isinstance(value, str):
        return value if value.isalpha() and len(value) <= 32 else str
    return type(value)


class Watch:
    """Notes what the journals of this process are told, and says of it what no document describes."""

    def __init__(self, vendors: Sequence[Vendor]) -> None:
        self._vendors = {vendor.slug: vendor for vendor in vendors}
        self._descriptions: dict[str, Description] = {}
        self._told: set[Any] = set()
        self._verdicts: dict[Any, str | None] = {}
        self._seen: list[tuple[Any, Entry]] = []

    def start(self) -> None:
        """Look at what the exchange writes into its journals, and not at what tests write there themselves."""
        turn, record, answering = Exchange.turn, Journal.record, threading.local()

        def watched(exchange: Exchange, *call: Any) -> Any:
            answering.now = True
            try:
                return turn(exchange, *call)
            finally:
                answering.now = False

        def noted(journal: Journal, entry: Entry) -> None:
            if getattr(answering, "now", False):
                self.note(entry)
            record(journal, entry)

        Exchange.turn = watched  # type: ignore[method-assign]
        Journal.record = noted  # type: ignore[method-assign]

    def note(self, entry: Entry) -> None:
        if entry.operation is None or entry.status == 0 or entry.vendor not in self._vendors:
            return
        answered = (
            entry.status,
            entry.refusal,
            entry.fault is None,
            len(entry.answer_headers),
            hash(entry.answer_body),
        )
        same = (entry.vendor, entry.operation, *answered)
        if same not in self._told:
            self._seen.append((same, entry))

    def complaints(self) -> list[str]:
        """About the answers since the last time. An answer that nothing was wrong with is not looked at again."""
        seen, self._seen = self._seen, []
        found: dict[str, None] = {}
        for same, entry in seen:
            if same in self._told:
                continue
            complaint = self._verdict(entry)
            if complaint is None:
                self._told.add(same)
            else:
                found[f"{entry.vendor} {entry.operation} answered {entry.status}: {complaint}"] = None
        return list(found)

    def _verdict(self, entry: Entry) -> str | None:
        names = frozenset(name.lower() for name, _ in entry.answer_headers)
        kind = shape(orjson.loads(entry.answer_body)) if entry.answer_body else None
        key = (entry.vendor, entry.operation, entry.status, entry.refusal, entry.fault is None, names, kind)
        if key not in self._verdicts:
            self._verdicts[key] = self.description(entry.vendor).complaint(entry)
        return self._verdicts[key]

    def description(self, slug: str) -> Description:
        if slug not in self._descriptions:
            self._descriptions[slug] = Description(self._vendors[slug])
        return self._descriptions[slug]
