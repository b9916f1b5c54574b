"""Who may come in to the control plane: no page of another site's, and nobody without the token where there is one.

Decided before any framework is there, on what browsers say of a call by themselves. A page can leave none of that out:

    Origin          whose page it is; on every call but plain GETs and HEADs to its own origin
    Sec-Fetch-Site  how that page and this address are related; only where the address is https or this machine's own
    Host            what the address bar says. A name that its owner has point to this machine ("DNS rebinding") makes
                    a foreign page one of the same origin, whose GETs to plain http have neither of the above: so no
                    call is taken by a name that somebody can own, whoever makes it, unless it has the token

Programs send neither of the first two, and reach it by an address or by a name that only the network around them
knows.
"""

import hmac
from collections import defaultdict
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Any, Final

from emulator.core.delivery import Scope, Send
from emulator.core.errors import Misuse
from emulator.core.vendor import Vendor
from emulator.settings import TOKEN_HEADER, checked_token

_OPEN: Final = frozenset({"/_emulator/health", "/_emulator/ready", "/_emulator/ca.pem"})
"""For orchestrators, and for clients that have yet to trust the authority."""
_OWN_SITES: Final = frozenset({b"same-origin", b"none"})
_OPENED: Final = {b"sec-fetch-mode": [b"navigate"], b"sec-fetch-dest": [b"document"]}
"""What a browser says of a link that somebody opened in a window, and of nothing that a page could look into."""
_NOBODYS: Final = frozenset({"localhost", "local", "internal"})
"""Ends of names that the public DNS never gives to anybody."""
_MOST_TOLD: Final = 200
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_GUARDS: Final = (
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""On every answer, for browsers that did not say enough to be refused: no other site's page may embed it."""


class _ForeignPage(Misuse):
    def __init__(self, whose: str) -> None:
        why = "because anybody's page could, in the browser of whoever runs an emulator"
        super().__init__(
            403,
            "Foreign page",
            f"a page of {whose} may not use the control plane, {why}: call it from outside the page, from the test's "
            "own code for instance",
        )


class _ForeignName(Misuse):
    def __init__(self, name: str) -> None:
        super().__init__(
            403,
            "Foreign name",
            f"somebody could own the name {name} and have it point here, for a page of theirs to use the control plane "
            "(DNS rebinding): call it by IP address, localhost or a name without a dot, or start the emulator with "
            "--control-token, or with that name as --host or --tls-host",
        )


class _TokenWanted(Misuse):
    marks = (("www-authenticate", 'Bearer realm="martech-emulator"'),)

    def __init__(self, found: str) -> None:
        super().__init__(
            401,
            "Control token wanted",
            f"this emulator was started with --control-token, and the call carries {found}: send Authorization: Bearer "
            "TOKEN or X-Emulator-Control-Token: TOKEN, to what X-Emulator-Explain names too; the verbs of "
            "martech-emulator take it from --control-token or EMULATOR_CONTROL_TOKEN",
        )


class Door:
    """`token` is what calls have to carry, if any, and `hosts` the names that the server was given. Raises
    `ValueError` for a token that cannot be sent."""

    def __init__(self, vendors: Sequence[Vendor], hosts: Iterable[str], token: str | None) -> None:
        self._vendors = vendors
        self._hosts = frozenset(map(_name, hosts))
        self._token = None if token is None else checked_token(token).encode("ascii")

    def admit(self, path: str, scope: Scope) -> None:
        """Raises `Misuse`: 403 for a page of another site's, 401 for a call without the token."""
        said = _by_name(scope["headers"])
        self._refuse_pages(said, scope["method"], scope["scheme"])
        if scope["method"] in ("GET", "HEAD") and path in _OPEN:
            return
        if self._token is not None:
            self._ask_for(self._token, said)
            return
        for host in said[b"host"]:
            if self._can_be_owned(name := _name(host.decode("latin-1"))):
                raise _ForeignName(name[:_MOST_TOLD])

    def _refuse_pages(self, said: Mapping[bytes, list[bytes]], method: str, scheme: str) -> None:
        origins, sites, hosts = said[b"origin"], said[b"sec-fetch-site"], said[b"host"]
        here = _origin(f"{scheme}://{hosts[0].decode('latin-1')}") if len(hosts) == 1 else None
        if any(_origin(one.decode("latin-1")) != here for one in origins):
            told = ", ".join(one.decode("latin-1") for one in origins)
            raise _ForeignPage(f"the origin {told[:_MOST_TOLD]!r}")
        opened = method == "GET" and not origins and all(said[name] == value for name, value in _OPENED.items())
        if not opened and not _OWN_SITES.issuperset(sites):
            raise _ForeignPage("another site")

    def _ask_for(self, token: bytes, said: Mapping[bytes, list[bytes]]) -> None:
        bearers = [value[7:].strip() for value in said[b"authorization"] if value[:7].lower() == b"bearer "]
        carried = [*bearers, *said[TOKEN_HEADER.encode("ascii")]]
        if not any(hmac.compare_digest(one, token) for one in carried):
            raise _TokenWanted("another" if carried else "none")

    def _can_be_owned(self, name: str) -> bool:
        end = name.rpartition(".")[2]
        if "." not in name or name.startswith("[") or end.isdecimal() or end in _NOBODYS or name in self._hosts:
            return False
        return not any(known.matches(name) for vendor in self._vendors for known in vendor.hosts)


def _by_name(headers: Sequence[tuple[bytes, bytes]]) -> Mapping[bytes, list[bytes]]:
    found: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for name, value in headers:
        found[name].append(value.strip())
    return found


def _name(host: str) -> str:
    """Without its port, as names are compared."""
    name, colon, port = host.rpartition(":")
    return (name if colon and (port.isdecimal() or not port) else host).lower().removesuffix(".")


def _origin(text: str) -> str:
    """As browsers write it: in lower case, without the port that goes without saying."""
    lowered = text.lower()
    return lowered.removesuffix(_DEFAULT_PORTS.get(lowered.partition(":")[0], ""))


def guarded(send: Send) -> Send:
    """Sends answers as no other site's page may embed them."""

    async def sender(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *_GUARDS]}
        await send(message)

    return sender
