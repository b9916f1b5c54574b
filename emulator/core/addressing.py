"""Where a call is meant to go: path prefix, header or Host give namespace, vendor, and the vendor's raw path.

    /{vendor}/…                     /ns/{namespace}/{vendor}/…        the vendor's path after its slug
    {vendor}.localhost              {namespace}.{vendor}.localhost    the vendor at the root of a host
    a production host               the vendor at the root: unchanged production URLs work
    /_emulator/…                    /ns/{namespace}/_emulator/…       the control plane, on every host
    X-Emulator-Namespace: NAME      the same as /ns/NAME

Nothing is percent-decoded here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.core.errors import Misuse, NotEmulated
from emulator.core.names import RULE, is_name
from emulator.core.vendor import Vendor

DEFAULT_NAMESPACE = "default"
NAMESPACE_HEADER = b"x-emulator-namespace"
_CONTROL = "/_emulator"
_MOST_REMEMBERED_HOSTS = 1_000
_LONGEST_HOST = 300


@dataclass(frozen=True, slots=True)
class Address:
    """`vendor` is `None` for the control plane; `path` is what is left for whoever is addressed."""

    namespace: str
    vendor: Vendor | None
    path: str
    realm: str = ""


@dataclass(frozen=True, slots=True)
class _Site:
    """What a Host header says: nothing, for an address or an unknown name."""

    vendor: Vendor | None = None
    namespace: str | None = None
    realm: str = ""
    prefix: str = ""


class Addressing:
    def __init__(self, vendors: Sequence[Vendor]) -> None:
        self._vendors = vendors
        self._by_slug = {vendor.slug: vendor for vendor in vendors}
        self._sites: dict[str, _Site] = {}

    def resolve(self, path: str, host: str, header: str | None) -> Address:
        """Raises `Misuse`: a namespace outside the rules or named twice (400), a path that is nobody's (501)."""
        site = self._site(host)
        named, rest = _leading_namespace(path) if path.startswith("/ns/") else (None, path)
        control = rest == _CONTROL or rest.startswith("/_emulator/")
        if site.vendor is not None and not control:
            named, rest = None, path
        namespace = self._namespace(named, header, site.namespace)
        if control:
            return Address(namespace, None, rest)
        if site.vendor is not None:
            return _at(site.vendor, namespace, site.prefix + rest, site.realm)
        if rest == "/":
            return Address(namespace, None, "/_emulator/")
        slug, slash, tail = rest[1:].partition("/")
        vendor = self._by_slug.get(slug)
        if vendor is None:
            raise NotEmulated(
                f"no vendor lives at /{slug}; there are {', '.join('/' + slug for slug in self._by_slug)}, "
                "and the control plane at /_emulator/",
            )
        return _at(vendor, namespace, slash + tail or "/", "")

    def _namespace(self, *named: str | None) -> str:
        names = dict.fromkeys(name for name in named if name is not None)
        if len(names) > 1:
            raise Misuse(400, "Two namespaces", f"the call names two namespaces, {' and '.join(map(repr, names))}: one")
        name = next(iter(names), DEFAULT_NAMESPACE)
        if not is_name(name):
            raise Misuse(400, "Bad namespace", f"{name!r} cannot be a namespace: write {RULE}")
        return name

    def _site(self, host: str) -> _Site:
        site = self._sites.get(host)
        if site is None:
            name = host.rsplit(":", 1)[0] if ":" in host else host
            site = self._look_up(name.lower().removesuffix("."))
            if len(self._sites) < _MOST_REMEMBERED_HOSTS and len(host) <= _LONGEST_HOST:
                self._sites[host] = site
        return site

    def _look_up(self, host: str) -> _Site:
        for vendor in self._vendors:
            local = f"{vendor.slug}.localhost"
            if host == local:
                return _Site(vendor)
            if host.endswith("." + local):
                return _Site(vendor, host.removesuffix("." + local))
            for known in vendor.hosts:
                if known.matches(host):
                    return _Site(vendor, None, known.realm, known.prefix)
        return _Site()


def _leading_namespace(path: str) -> tuple[str, str]:
    name, slash, rest = path.removeprefix("/ns/").partition("/")
    return name, slash + rest or "/"


def _at(vendor: Vendor, namespace: str, path: str, realm: str) -> Address:
    if vendor.normalise is not None:
        path = vendor.normalise(path)
    if vendor.realms and not realm:
        first, slash, rest = path[1:].partition("/")
        if first in vendor.realms:
            return Address(namespace, vendor, slash + rest or "/", first)
    return Address(namespace, vendor, path, realm)
