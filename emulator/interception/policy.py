"""What becomes of an outgoing call: a target answers it, it is let through, or refused with a sentence that helps."""

import socket
from collections import deque
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from operator import methodcaller
from typing import ClassVar, Literal, Protocol

from emulator.core.vendor import Vendor
from emulator.interception.targets import Target

Network = Literal["vendors", "none"]
"""What is held: the vendors' hosts alone, or every host but this machine."""


class HostRefused(RuntimeError):
    """A call to a host that the emulator does not stand for. No library takes it for a network failure to retry.

    `raised` has the last ones, oldest first, until somebody takes them: a program may have swallowed them.
    """

    raised: ClassVar[deque["HostRefused"]] = deque(maxlen=20)

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        HostRefused.raised.append(self)


at_the_call = methodcaller("errisinstance", HostRefused)
"""For ``__tracebackhide__``: a refusal is shown where the call is made, and not in rooms of ours."""
__tracebackhide__ = at_the_call


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a call before it is sent. `method` and `path` (raw, without query) are empty while a library
    only opens a connection, `scheme` too where it only looks for an address."""

    scheme: str
    host: str  # without port, lower-case
    port: int | None
    method: str = ""
    path: str = ""
    query: str = ""

    @property
    def authority(self) -> str:
        """As in a Host header."""
        default = {"http": 80, "https": 443}.get(self.scheme)
        return self.host if self.port in (None, default) else f"{self.host}:{self.port}"


class Policy(Protocol):
    refused: list[str]
    """The sentences of what was refused, so that a test cannot swallow them."""

    def decide(self, head: Head) -> Target | None:
        """Who answers; `None` lets the call through. Raises `HostRefused`."""
        ...


@dataclass(slots=True)
class Redirect:
    """The vendors' hosts lead to `target`. Another host of theirs is refused, and with `network` "none" any host that
    is neither this machine nor one of `allowed`."""

    target: Target
    vendors: Sequence[Vendor]
    network: Network = "vendors"
    allowed: Collection[str] = ()
    refused: list[str] = field(default_factory=list)
    _known: dict[str, bool] = field(default_factory=dict)

    def decide(self, head: Head) -> Target | None:
        ours = self._known.get(head.host)
        if ours is None:
            ours = self._known[head.host] = self._is_ours(plain(head.host))
        return self.target if ours else None

    def _is_ours(self, host: str) -> bool:
        if is_emulated(self.vendors, host):
            return True
        for vendor in self.vendors:
            if any(host == domain or host.endswith(f".{domain}") for domain in vendor.domains):
                raise self._refuse(
                    f"{host} is a host of {vendor.title}'s that the emulator does not emulate; it emulates "
                    f"{', '.join(known.pattern for known in vendor.hosts)}. Call one of these, or give this call an "
                    "answer of your own: mock the function that makes it"
                )
        if self.network == "none" and host not in self.allowed and not is_local(host):
            raise self._refuse(
                f"{host} is not emulated, and this test lets no call leave the machine "
                '(network="none"). Mock the function that makes this call, or say network="vendors"'
            )
        return False

    def _refuse(self, sentence: str) -> HostRefused:
        self.refused.append(sentence)
        return HostRefused(sentence)


def is_emulated(vendors: Sequence[Vendor], host: str) -> bool:
    """Whether the emulator stands for it: a host of a vendor's, or one that is made up of a vendor's name."""
    for vendor in vendors:
        local = f"{vendor.slug}.localhost"
        if host == local or host.endswith(f".{local}") or any(known.matches(host) for known in vendor.hosts):
            return True
    return False


def plain(host: str) -> str:
    """A host's name as DNS would look it up, which has other spellings: ``Demo.Talon.ONE.``, ``demo。talon.one``."""
    if not host.isascii():
        with suppress(UnicodeError):
            host = host.encode("idna").decode("ascii")
    return host.strip("[]").rstrip(".").lower()


def is_local(host: str) -> bool:
    """Whether it is this machine, so that no call to it leaves."""
    if host == "localhost" or host.endswith(".localhost") or host == plain(socket.gethostname()):
        return True
    if not is_address(host):
        return False
    address = ip_address(host)
    return address.is_loopback or address.is_unspecified


def is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
