"""A path that leads to no operation: what it was probably meant to be."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from emulator.core.checks import Draft
from emulator.core.errors import MalformedPath, MethodNotAllowed, NoSuchOperation
from emulator.core.request import Request
from emulator.core.routes import Operation
from emulator.core.vendor import Vendor

_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_HIGH_ESCAPE = re.compile(r"%([89A-Fa-f][0-9A-Fa-f])")
_NEAR = 0.6


@dataclass(frozen=True, slots=True)
class Found:
    """Where a call leads. Without `operation` it leads nowhere: `refused` says whether because of path or method."""

    operation: Operation | None
    values: Mapping[str, str]
    refused: MethodNotAllowed | NoSuchOperation | MalformedPath | None = None


def found(vendor: Vendor, request: Request) -> Found:
    try:
        return Found(*vendor.routes.match(request.method, request.segments))
    except (MethodNotAllowed, NoSuchOperation, MalformedPath) as refused:
        return Found(None, {}, refused)


@dataclass(frozen=True, slots=True)
class Intention:
    """What a path was probably meant to be. Without `path` it can only be told."""

    sentence: str
    path: str | None = None
    method: str | None = None

    def mend(self, draft: Draft) -> None:
        draft.path = self.path or draft.path
        draft.method = self.method or draft.method


def intention(vendor: Vendor, vendors: Sequence[Vendor], request: Request) -> Intention:
    for one in _intentions(vendor, vendors, request):
        return one
    if isinstance(found(vendor, request).refused, MalformedPath):
        return Intention("The path has %00 in it, or escapes that are no UTF-8: nothing can be read from that.")
    nearest = _nearest_call(vendor, request)
    return Intention(f"{vendor.title} has no such operation; the nearest is {nearest.method} {nearest.path}.")


def _intentions(vendor: Vendor, vendors: Sequence[Vendor], request: Request) -> Iterator[Intention]:
    """The likeliest first."""
    path, method = request.path, request.method
    for candidate, sentence in _respelt(vendor, path):
        if candidate != path and candidate.isprintable() and _leads_somewhere(vendor, method, candidate):
            yield Intention(sentence, candidate, _method_at(vendor, method, candidate))
    for other in vendors:
        if other is not vendor and (operation := _fixed_operation(other, method, path)) is not None:
            yield Intention(f"It is {operation.id} of {other.title}, which is reached at /{other.slug}{path}.")
    for operation, meant in _near_paths(vendor, method, path):
        wrong = " and ".join(
            f"{piece!r} for {literal!r}"
            for piece, literal in zip(path[1:].split("/"), operation.pattern, strict=True)
            if literal is not None and piece != literal
        )
        if wrong:
            yield Intention(f"The path has {wrong}: {operation.id} is {operation.method} {operation.path}.", meant,
                        _method_at(vendor, method, meant))  # fmt: skip


def _respelt(vendor: Vendor, path: str) -> Iterator[tuple[str, str]]:
    yield _LONE_PERCENT.sub("%25", path), "The path has a percent sign that is no escape: a value's own is written %25."
    yield path.replace("%00", ""), "The path has %00 in it: nothing can be read from that."
    as_latin_1 = _HIGH_ESCAPE.sub(lambda found: quote(chr(int(found[1], 16))), path)
    yield as_latin_1, "The path's escapes are those of Latin-1: encode the value as UTF-8."
    yield path.rstrip("/"), f"The path ends in a slash; {vendor.title}'s does not."
    yield re.sub("/{2,}", "/", path), "The path has an empty segment: two slashes in a row."
    yield path.removeprefix(f"/{vendor.slug}"), f"/{vendor.slug} stands in the path twice."
    yield unquote(path), "The path's own slashes are percent-encoded: encode the values in it, not the path."
    for realm in vendor.realms:
        yield path.removeprefix(f"/{realm}"), f"/{realm} stands in the path twice."


def method_meant(refused: MethodNotAllowed) -> Intention:
    allowed = " or ".join(refused.allowed)
    return Intention(f"The path is right, the method is not: it takes {allowed}.", method=refused.allowed[0])


def _leads_somewhere(vendor: Vendor, method: str, path: str) -> bool:
    there = found(vendor, Request(method, path))
    return isinstance(there.refused, MethodNotAllowed) or (there.operation is not None and not there.operation.catch)


def _fixed_operation(vendor: Vendor, method: str, path: str) -> Operation | None:
    """What lives there, for whichever method; a path of placeholders only would fit anything."""
    refused = found(vendor, Request(method, path)).refused
    there = found(vendor, Request(refused.allowed[0] if isinstance(refused, MethodNotAllowed) else method, path))
    return there.operation if there.operation and there.operation.literals and not there.operation.catch else None


def _method_at(vendor: Vendor, method: str, path: str) -> str | None:
    refused = found(vendor, Request(method, path)).refused
    return refused.allowed[0] if isinstance(refused, MethodNotAllowed) else None


def _near_paths(vendor: Vendor, method: str, path: str) -> list[tuple[Operation, str]]:
    """Operations whose fixed segments resemble those of the path, the most alike first, with the path respelt."""
    pieces = path[1:].split("/")
    alike: list[tuple[float, Operation, str]] = []
    for operation in vendor.routes:
        if len(operation.pattern) != len(pieces) or not operation.literals:
            continue
        ratios = [_likeness(piece, literal) for piece, literal in zip(pieces, operation.pattern, strict=True)]
        if min(ratios) >= _NEAR:
            meant = "/".join(literal or piece for piece, literal in zip(pieces, operation.pattern, strict=True))
            alike.append((sum(ratios) + (operation.method == method), operation, f"/{meant}"))
    return [(operation, meant) for _, operation, meant in sorted(alike, key=lambda one: -one[0])]


def _likeness(piece: str, literal: str | None) -> float:
    if literal is None:
        return 1.0 if piece else 0.0
    return difflib.SequenceMatcher(None, piece.lower(), literal.lower()).ratio()


def _nearest_call(vendor: Vendor, request: Request) -> Operation:
    known = {f"{operation.method} {operation.path}": operation for operation in vendor.routes}
    return known[difflib.get_close_matches(f"{request.method} {request.path}", known, n=1, cutoff=0)[0]]


def encoded_twice(there: Found) -> Iterator[tuple[str, str]]:
    """The path's values that are still percent-encoded after decoding, and what they would be otherwise."""
    for value in there.values.values():
        once = unquote(value)
        if _ESCAPE.search(value) and once != value and "\ufffd" not in once:
            yield value, once


def encode_once(operation: Operation) -> Callable[[Draft], None]:
    def mend(draft: Draft) -> None:
        pieces = draft.path[1:].split("/")
        if len(pieces) == len(operation.pattern):
            decoded = [
                unquote(piece) if literal is None and _ESCAPE.search(unquote(piece)) else piece
                for piece, literal in zip(pieces, operation.pattern, strict=True)
            ]
            draft.path = "/" + "/".join(decoded)

    return mend
