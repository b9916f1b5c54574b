"""The vendors as their descriptors describe them, for people and for programs that look around."""

from collections.abc import Sequence
from typing import Any

import orjson

from emulator.control import limits, settings
from emulator.control.problems import BadCall, NotFound
from emulator.core.answers import Answer
from emulator.core.errors import Failure, Json
from emulator.core.faults import unknown
from emulator.core.routes import Operation
from emulator.core.vendor import Control, Vendor
from emulator.core.world import World


def chosen(vendors: Sequence[Vendor], slug: str | None) -> Sequence[Vendor]:
    """The vendor named, or all. Raises `BadCall`."""
    return vendors if slug is None else [named(vendors, slug)]


def named(vendors: Sequence[Vendor], slug: str) -> Vendor:
    """Raises `BadCall`."""
    slugs = {vendor.slug: vendor for vendor in vendors}
    if slug not in slugs:
        raise BadCall([f"vendor: {unknown(slug, slugs, 'vendor')}"])
    return slugs[slug]


def control(vendors: Sequence[Vendor], slug: str, name: str) -> tuple[Vendor, Control]:
    """A vendor and one of its own control calls. Raises `NotFound`."""
    slugs = {vendor.slug: vendor for vendor in vendors}
    if slug not in slugs:
        raise NotFound(unknown(slug, slugs, "vendor"))
    one = slugs[slug]
    if name not in one.controls:
        raise NotFound(unknown(name, one.controls, f"control call of {slug}"))
    return one, one.controls[name]


def check_operation(vendors: Sequence[Vendor], operation: str) -> None:
    """Raises `BadCall` where none of the vendors has an operation of that id."""
    known = [one.id for vendor in vendors for one in vendor.routes]
    if operation not in known:
        raise BadCall([f"operation: {unknown(operation, dict.fromkeys(known), 'operation')}"])


def vendor(world: World, one: Vendor) -> dict[str, Any]:
    """All that the descriptor says, and what holds in this world: settings, limits, usable credentials."""
    return {
        "slug": one.slug,
        "title": one.title,
        "api": one.api,
        "mounts": mounts(one),
        "hosts": hosts(one),
        "operations": [_operation(operation) for operation in one.routes],
        "limits": [limits.described(world, one, limit) for limit in one.limits],
        "credentials": one.credentials(world.work(one)),
        "settings": settings.described(one, world.settings[one.slug]),
        "controls": [
            {"call": f"POST /_emulator/vendors/{one.slug}/{name}", "does": control.says}
            for name, control in one.controls.items()
        ],
    }


def mounts(one: Vendor) -> list[str]:
    """Path prefixes, those of the realms after those of the vendor itself."""
    roots = [f"/{one.slug}", f"/ns/{{namespace}}/{one.slug}"]
    return [*roots, *(f"{root}/{realm}" for realm in one.realms for root in roots)]


def hosts(one: Vendor) -> list[str]:
    local = f"{one.slug}.localhost"
    return [local, f"{{namespace}}.{local}", *(host.pattern for host in one.hosts)]


def _operation(one: Operation) -> dict[str, Any]:
    return {
        "id": one.id,
        "method": one.method,
        "path": one.path,
        "guarded": one.guarded,
        "reads": _reads(one),
        "level": one.level,
        "source": one.source,
        "says": one.says,
    }


def _reads(one: Operation) -> Json:
    """Whether a call leaves all as it is, or the query parameters with which it does."""
    if isinstance(one.reads, bool):
        return one.only_reads(())
    return {name: list(values) for name, values in one.reads.items()}


def errors(one: Vendor) -> list[dict[str, Any]]:
    """Every failure of a vendor's, as a caller who provokes it gets it."""
    return [_failure(one, failure) for failure in one.failures]


def _failure(one: Vendor, failure: Failure) -> dict[str, Any]:
    answer = failure.provoked().answer()
    return {
        "vendor": one.slug,
        "name": failure.name,
        "status": failure.status,
        "headers": [list(header) for header in answer.headers],
        "body": body_of(answer),
        "provenance": failure.level,
        "source": failure.source,
        "says": failure.says,
        "keeps_rows": failure.keeps_rows,
        "strikes_at": failure.strikes_at,
        "operations": [operation.id for operation in one.routes if failure in operation.failures],
    }


def body_of(answer: Answer) -> Json:
    """JSON as JSON, no body as null, and text where a vendor's refusal is no JSON."""
    if not answer.body:
        return None
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return answer.body.decode("utf-8", "replace")
