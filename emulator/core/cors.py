"""Which calls a browser may make from a page of another origin, and the headers that tell it so.

A browser wants them on every answer, refusals and problems of ours included: without them the page learns nothing but
that fetching failed. Nothing is ever granted as ``*``, which browsers take literally once credentials are sent.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from emulator.core.answers import Headers
from emulator.core.request import Request

_WANTED = "access-control-request-headers"
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(:[0-9]{1,5})?")


def is_origin(text: str) -> bool:
    """Whether a page can be at home there: ``scheme://host`` or ``scheme://host:port``. ``null`` is nowhere."""
    return _ORIGIN.fullmatch(text) is not None


def origin_of(request: Request) -> str | None:
    """The origin that the call names, if it names exactly one and that can be."""
    named = request.all_headers("origin")
    return named[0] if len(named) == 1 and is_origin(named[0]) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cors:
    """A vendor's policy: paths that begin with one of `prefixes` may be called with these methods and headers."""

    prefixes: Sequence[str]
    methods: Sequence[str]
    headers: Sequence[str]
    credentials: bool = True

    def covers(self, path: str) -> bool:
        return path.startswith(tuple(self.prefixes))

    def grants(self, request: Request, own_headers: Sequence[str] = ()) -> Headers:
        """What an answer to this call says; nothing where no usable origin asks. A preflight also learns the methods
        and headers, and of `own_headers`, which are the emulator's, those that it asks for."""
        origin = origin_of(request)
        if origin is None:
            return ()
        grants = [("access-control-allow-origin", origin), ("vary", "Origin")]
        if self.credentials:
            grants.append(("access-control-allow-credentials", "true"))
        if request.method == "OPTIONS":
            wanted = {one.strip().lower() for line in request.all_headers(_WANTED) for one in line.split(",")}
            own = [one for one in own_headers if one in wanted]
            grants.append(("access-control-allow-methods", ", ".join(self.methods)))
            grants.append(("access-control-allow-headers", ", ".join([*self.headers, *own])))
        return grants
