"""The journal as a file: see `control.recording` for what is in it."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from emulator.control import clock, requests, settings
from emulator.control.recording import FORMAT, VERSION
from emulator.control.schemas import ExportFilter
from emulator.control.shapes import Lookalikes, shape
from emulator.core.clock import rfc3339
from emulator.core.exchange import Exchange
from emulator.core.journal import MOST_BODY_BYTES, Change, Entry, is_cut
from emulator.core.masking import Telling, told_body, told_header, told_text, told_words
from emulator.core.secrets import Mask, Secrets
from emulator.core.world import World


@dataclass(frozen=True, slots=True)
class Export:
    """All that a file is made of, taken while the world stood still."""

    header: dict[str, Any]
    entries: Sequence[Entry]
    changes: Sequence[Change]
    secrets: Secrets


def taken(exchange: Exchange, world: World, wanted: ExportFilter, version: str) -> Export:
    """Whoever asks holds the turn. Raises `BadCall`."""
    found = requests.found(world, wanted)
    changes = list(world.journal.changes)
    header = {
        "format": FORMAT,
        "version": VERSION,
        "product_version": version,
        "namespace": told_words(world.name, found.secrets),
        "scenario": _scenario(world),
        "clock": clock.told(world.clock),
        "start": {
            "settings": {slug: values.model_dump(mode="json") for slug, values in world.seed.settings.items()},
            "fail_on": world.unwanted_at_start,
        },
        "in_force": _in_force(world),
        "manners": {
            "bare": exchange.manners.bare,
            "unimplemented": "vendor" if exchange.manners.vendor_404 else "emulator",
        },
        "journal": {
            "first": str(found.entries[0].id) if found.entries else None,
            "calls": len(found.entries),
            "changes": len(changes),
            "dropped": world.journal.dropped,
            "forgotten": world.journal.forgotten,
            "filter": _filter(wanted, found.secrets),
        },
    }
    return Export(header, found.entries, changes, found.secrets)


def _filter(wanted: ExportFilter, secrets: Secrets) -> dict[str, Any]:
    said = wanted.model_dump(exclude_none=True)
    return {key: told_words(one, secrets) if isinstance(one, str) else one for key, one in said.items()}


def _scenario(world: World) -> dict[str, Any]:
    seed = world.seed
    digest = seed.digest if seed.source else None
    return {"name": seed.name, "digest": digest, "seed": world.entropy, "planted": rfc3339(seed.planted)}


def _in_force(world: World) -> dict[str, Any]:
    names = [(vendor.slug, limit.name) for vendor in world.vendors for limit in vendor.limits]
    return {
        "settings": {vendor.slug: settings.told(world, vendor) for vendor in world.vendors},
        "limits": [
            {"vendor": slug, "name": name, **asdict(world.limits.adjustment(slug, name))} for slug, name in names
        ],
        "fail_on": world.unwanted,
    }


def lines(one: Export) -> Iterator[bytes]:
    """The changes in their places among the calls: after the call that was the last when they were made."""
    teller = Teller(one.secrets)
    yield _line(one.header)
    changes = iter(one.changes)
    change = next(changes, None)
    for entry in one.entries:
        while change is not None and change.after < entry.id:
            yield _line(_change(change))
            change = next(changes, None)
        yield _line(teller.call(entry))
    while change is not None:
        yield _line(_change(change))
        change = next(changes, None)


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def _change(change: Change) -> dict[str, Any]:
    return {"change": change.what, "after": str(change.after), "about": change.about}


class Teller:
    """Tells calls as lines of the file."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._lookalikes = Lookalikes(secrets.values)

    def call(self, entry: Entry) -> dict[str, Any]:
        crash = entry.crash and told_words(entry.crash, self._secrets)
        return {
            "id": str(entry.id),
            "at": rfc3339(entry.at),
            "vendor": entry.vendor,
            "operation": entry.operation,
            "caller": entry.caller,
            "refusal": entry.refusal,
            "fault": entry.fault,
            "would_refuse": entry.would_refuse,
            "provenance": entry.provenance,
            "duration_ms": round(entry.duration / 1_000_000, 3),
            "request": self._asked(entry),
            "answer": self.answer(entry),
            **({"crash": crash} if crash else {}),
        }

    def _asked(self, entry: Entry) -> dict[str, Any]:
        pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in entry.headers)
        return {
            "method": self._text(entry.method),
            "scheme": entry.scheme,
            "realm": entry.realm,
            "client_ip": entry.client_ip,
            "server": entry.server,
            "url": self._text(entry.url),
            "path": self._text(entry.path),
            "query": self._text(entry.query.decode("latin-1")),
            "headers": self._headers(pairs),
            **self._body(entry.body),
        }

    def answer(self, entry: Entry) -> dict[str, Any]:
        return {
            "status": entry.status,
            "headers": self._headers(entry.answer_headers),
            **self._body(entry.answer_body),
        }

    def _headers(self, pairs: Iterable[tuple[str, str]]) -> list[list[Any]]:
        return [[self._text(name), self._told(told_header(name, value, self._secrets))] for name, value in pairs]

    def _text(self, text: str) -> str | dict[str, Any]:
        return self._told(told_text(text, self._secrets))

    def _body(self, body: bytes) -> dict[str, Any]:
        cut = {"body_cut": True} if is_cut(body) else {}
        if not body:
            return {"body": None}
        telling = told_body(body, self._secrets, most=MOST_BODY_BYTES)
        if _is_text(body) or cut:
            return {"body": self._told(telling, charset="utf-8"), **cut}
        if not telling.masks:
            return {"body": {"base64": b64encode(body).decode("ascii")}}
        telling = told_body(body, self._secrets, most=MOST_BODY_BYTES, charset="latin-1")
        return {"body": self._told(telling)}

    def _told(self, telling: Telling, charset: str = "latin-1") -> str | dict[str, Any]:
        if not telling.masks:
            return telling.text
        masks = [self._mask(mask, *span) for mask, span in zip(telling.masks, telling.spans, strict=True)]
        return {"text": telling.text, "masks": masks, "charset": charset}

    def _mask(self, mask: Mask, start: int, end: int) -> dict[str, Any]:
        known = self._lookalikes.place(mask.value)
        about: dict[str, Any] = {"at": start, "length": end - start, "tail": mask.tail, "shape": shape(mask.value)}
        about |= {} if known is None else {"known": known}
        about |= {} if mask.disguise == "plain" else {"disguise": mask.disguise}
        about |= {"before": mask.before} if mask.before else {}
        return about | ({"after": mask.after} if mask.after else {})


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
