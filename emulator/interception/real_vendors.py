"""What becomes of calls where the real vendors answer: those that only read pass, the others are refused before a byte
of them leaves, unless the run may write."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from emulator.client import base_url_variable
from emulator.core.addressing import Addressing
from emulator.core.errors import MalformedPath, MethodNotAllowed, NoSuchOperation
from emulator.core.request import Request
from emulator.core.routes import SAFE, Operation
from emulator.core.vendor import Host, Vendor
from emulator.interception.policy import Head, HostRefused, Network, at_the_call, is_local, plain
from emulator.interception.targets import Target

__tracebackhide__ = at_the_call
_PORTS = {"http": 80, "https": 443}


class WriteRefused(HostRefused):
    """A call that may change what a real vendor stores, in a run that only reads."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a vendor really is. `url` is as it was given, `host` a host of the vendor's that the emulator knows."""

    vendor: Vendor
    url: str
    name: str
    port: int
    path: str
    host: Host | None

    @classmethod
    def of(cls, vendor: Vendor, url: str) -> Self:
        """Raises `ValueError` for what is no http or https URL."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{url!r} is no base URL: write https://HOST, with a path where there is one")
        name = plain(parts.hostname)
        host = next((known for known in vendor.hosts if known.matches(name)), None)
        return cls(vendor, url.rstrip("/"), name, parts.port or _PORTS[parts.scheme], parts.path.rstrip("/"), host)

    def answers(self, head: Head) -> bool:
        """Whether that server is called: a host that is known to be the vendor's, at any port."""
        port = head.port or _PORTS.get(head.scheme, self.port)  # none is known while an address is looked for
        return plain(head.host) == self.name and (self.host is not None or port == self.port)

    def covers(self, path: str) -> bool:
        return path == self.path or path.startswith(f"{self.path}/")

    def rest(self, path: str) -> str:
        """What follows the base URL, as the vendor has it."""
        return (self.host.prefix if self.host else "") + (path[len(self.path) :] or "/")


@dataclass(slots=True)
class RealVendors:
    """Lets calls to the `places` through that only read, or all of them where the run `may_write`. Other hosts of the
    vendors are refused, and with `network` "none" any host but this machine. So is a socket to a place that nobody has
    announced: a library that cannot be held would write unseen. `absent` is raised for a vendor of which nobody has
    said where it is, without note: what it becomes is not a refusal's matter."""

    vendors: Sequence[Vendor]
    places: Collection[Place]
    may_write: bool = False
    network: Network = "vendors"
    absent: Callable[[Vendor], BaseException] | None = None
    refused: list[str] = field(default_factory=list)
    _announced: set[str] = field(default_factory=set)

    def decide(self, head: Head) -> Target | None:
        called = [place for place in self.places if place.answers(head)]
        if not called:
            self._check_host(plain(head.host))
        elif not self.may_write:
            self._check_socket(called, head)
            if head.method not in ("", *SAFE):
                self._check_call(called, head)
        return None

    def _check_socket(self, called: Sequence[Place], head: Head) -> None:
        """Libraries that are held say which scheme they speak, and that before they open a socket."""
        if head.scheme:
            self._announced.add(called[0].name)
        elif called[0].name not in self._announced:
            titles = ", ".join(place.vendor.title for place in called)
            raise HostRefused(
                self._noted(
                    f"{called[0].name} is an address of {titles}, and this call comes from a library whose calls "
                    "cannot be judged before they leave, so it may change what is stored there. Call it by httpx, "
                    "requests, urllib3, urllib, http.client or aiohttp, or run with --emulator-allow-writes"
                )
            )

    def _check_host(self, host: str) -> None:
        for vendor in self.vendors:
            below = any(host == domain or host.endswith(f".{domain}") for domain in vendor.domains)
            if below or any(known.matches(host) for known in vendor.hosts):
                raise self._elsewhere(vendor, host)
        if self.network == "none" and not is_local(host):
            raise HostRefused(
                self._noted(
                    f"{host} is none of the vendors that this run calls, and this test lets no other call leave the "
                    'machine (network="none"). Mock the function that makes this call, or say network="vendors"'
                )
            )

    def _elsewhere(self, vendor: Vendor, host: str) -> BaseException:
        known = [place.url for place in self.places if place.vendor is vendor]
        if not known and self.absent is not None:
            return self.absent(vendor)
        variable = base_url_variable(vendor.slug)
        so_far = f"names {known[0]}" if known else "is not set"
        return HostRefused(
            self._noted(
                f"{host} is a host of {vendor.title}'s, and no call to it is let through with --emulator-target=real: "
                f"{variable} {so_far}. Set {variable}=https://{host} if this is the account that the tests are for"
            )
        )

    def _check_call(self, called: Sequence[Place], head: Head) -> None:
        """Unknown operations may do anything."""
        below = [place for place in called if place.covers(head.path)]
        place = max(below, key=lambda one: len(one.path), default=called[0])
        operation = None
        if below:
            request = _request(self.vendors, place, head)
            operation = _operation(place.vendor, request)
            if operation is not None and operation.only_reads(request.query):
                return
        raise WriteRefused(self._noted(_refusal(place.vendor, head, operation)))

    def _noted(self, sentence: str) -> str:
        self.refused.append(sentence)
        return sentence


def _request(vendors: Sequence[Vendor], place: Place, head: Head) -> Request:
    """As the vendor takes it: a realm may lead its path, and its front door may rewrite it."""
    address = Addressing(vendors).resolve(f"/{place.vendor.slug}{place.rest(head.path)}", "", None)
    return Request(head.method, address.path, query_string=head.query.encode("utf-8"))


def _operation(vendor: Vendor, request: Request) -> Operation | None:
    try:
        operation, _ = vendor.routes.match(request.method, request.segments)
    except (MalformedPath, NoSuchOperation, MethodNotAllowed):
        return None
    return operation


def _refusal(vendor: Vendor, head: Head, operation: Operation | None) -> str:
    call = f"{head.method} {head.authority}{head.path}"
    if operation is None:
        does = (
            f"{call} is no operation that the emulator knows of {vendor.title}, so it may change what is stored there"
        )
    else:
        does = f"{call} ({operation.id}) may change what {vendor.title} stores"
    return (
        f"{does}, and calls to the real vendors only read. Run with --emulator-allow-writes to let it through"
        f"{_trial(operation)}"
    )


def _trial(operation: Operation | None) -> str:
    if operation is None or not isinstance(operation.reads, Mapping):
        return ""
    query = "&".join(f"{name}={next(iter(values))}" for name, values in operation.reads.items())
    return f", or send it with ?{query}, which stores nothing"
