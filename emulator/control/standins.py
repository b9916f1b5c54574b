"""A recorded call as a request again: what was masked in it is replaced by the credential that was meant, where the
world has it, and by something of the same shape where nobody has."""

from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from emulator.control.recording import AnyBody, AnyText, Call, Masked, Octets, Text
from emulator.control.shapes import Lookalikes, filler
from emulator.core.disguises import DISGUISES
from emulator.core.request import Request
from emulator.core.secrets import octets
from emulator.core.vendor import Vendor
from emulator.core.world import World

StandIn: TypeAlias = Callable[[Masked], str]


class Cast:
    """Who stands in for whom. `strangers` are the calls with a credential that nobody has, `missing` those with one
    that somebody had and nobody has here, `rewritten` those with one that was written in a way that is not kept."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._values: Sequence[str] = ()
        self._lookalikes = Lookalikes(())
        self.strangers: list[str] = []
        self.missing: list[str] = []
        self.rewritten: list[str] = []

    def request(self, call: Call, vendor: Vendor) -> Request:
        """Raises `ValueError` where the call cannot be put together."""
        masks = list(_masks(call))
        if masks:
            self._refresh()
        request = requested(call, self._known)
        unknown = [mask for mask in masks if mask.known is None]
        if unknown:
            signing = Lookalikes({*vendor.known_secrets(self._world.work(vendor, request))}.difference(self._values))
            request = requested(call, lambda mask: self._signed(mask, signing))
            if not all(signing.like(mask.shape, mask.tail) for mask in unknown):
                self.strangers.append(call.id)
        if any(mask.known is not None and self._meant(mask) is None for mask in masks):
            self.missing.append(call.id)
        if any(mask.disguise is None for mask in masks):
            self.rewritten.append(call.id)
        return request

    def _refresh(self) -> None:
        values = self._world.secrets.values
        if values != self._values:
            self._values, self._lookalikes = values, Lookalikes(values)

    def _meant(self, mask: Masked) -> str | None:
        like = self._lookalikes.like(mask.shape, mask.tail)
        return like[mask.known] if mask.known is not None and mask.known < len(like) else None

    def _known(self, mask: Masked) -> str:
        return self._meant(mask) or filler(mask.shape, mask.tail)

    def _signed(self, mask: Masked, signing: Lookalikes) -> str:
        like = signing.like(mask.shape, mask.tail) if mask.known is None else ()
        return like[0] if like else self._known(mask)


def _masks(call: Call) -> Iterator[Masked]:
    asked = call.request
    for text in (asked.method, asked.path, asked.query, asked.body, *(one for pair in asked.headers for one in pair)):
        if isinstance(text, Text):
            yield from text.masks


def requested(call: Call, stand_in: StandIn) -> Request:
    """Raises `ValueError`."""
    asked = call.request
    headers = [
        (restored(name, stand_in).encode("latin-1"), restored(value, stand_in).encode("latin-1"))
        for name, value in asked.headers
    ]
    body = _restored_body(asked.body, stand_in)
    return Request(
        restored(asked.method, stand_in),
        restored(asked.path, stand_in),
        query_string=restored(asked.query, stand_in).encode("latin-1"),
        headers=headers,
        body=body,
        oversize=_oversize(headers, len(body)),
        realm=asked.realm,
        client_ip=asked.client_ip,
        scheme=asked.scheme,
        target=restored(asked.url, stand_in),
        server=asked.server,
    )


def _oversize(headers: Sequence[tuple[bytes, bytes]], kept: int) -> int | None:
    """A body of which less is there than was announced was too large, and all that is taken of such a body is there."""
    length = next((value for name, value in headers if name == b"content-length"), b"")
    return kept if length.isdigit() and len(length) < 19 and int(length) > kept else None


def _restored_body(body: AnyBody, stand_in: StandIn) -> bytes:
    if isinstance(body, Octets):
        try:
            return b64decode(body.base64, validate=True)
        except Error:
            raise ValueError("the body is no Base64") from None
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else restored(body, stand_in).encode("latin-1")


def restored(text: AnyText, stand_in: StandIn) -> str:
    """As octets. Raises `ValueError` where a mask lies outside the text or there are characters that are no octets."""
    if isinstance(text, str):
        return _octets(text, "latin-1")
    pieces: list[str] = []
    done = 0
    for mask in text.masks:
        if mask.at < done or mask.at + mask.length > len(text.text):
            raise ValueError(f"there is no place {mask.at} for a mask of {mask.length} characters")
        pieces += _octets(text.text[done : mask.at], text.charset), _written(mask, stand_in(mask))
        done = mask.at + mask.length
    return "".join((*pieces, _octets(text.text[done:], text.charset)))


def _octets(text: str, charset: str) -> str:
    try:
        return text.encode(charset).decode("latin-1")
    except UnicodeEncodeError as error:
        raise ValueError(f"{text[error.start]!r} cannot stand there") from None


def _written(mask: Masked, value: str) -> str:
    write = DISGUISES.get(mask.disguise or "plain")
    if write is None:
        raise ValueError(f"disguise: this version knows no {mask.disguise!r}")
    return write((octets(mask.before) + value + mask.after).encode("latin-1")).decode("latin-1")
