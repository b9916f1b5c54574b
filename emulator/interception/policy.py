"""What becomes of an outgoing call: a target answers it, it is let through, or refused with a sentence that helps."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from emulator.core.vendor import Vendor
from emulator.interception.targets import Target

_LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0")

Network = Literal["vendors", "none"]
"""What is held: the vendors' hosts alone, or every host but this machine."""


class HostRefused(RuntimeError):
    """A call to a host that the emulator does not stand for. No library takes it for a network failure to retry."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a call before it is sent. `method` and `path` (raw, without query) are empty while a library
    only opens a connection."""

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
            ours = self._known[head.host] = self._is_ours(head.host)
        return self.target if ours else None

    def _is_ours(self, host: str) -> bool:
        for vendor in self.vendors:
            local = f"{vendor.slug}.localhost"
            if host == local or host.endswith(f".{local}") or any(known.matches(host) for known in vendor.hosts):
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


def is_local(host: str) -> bool:
    return host in _LOCAL or host.startswith("127.") or host.endswith(".localhost")
