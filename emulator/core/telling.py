"""Entries of the journal, told without the credentials in them. Imported when somebody looks."""

from collections.abc import Iterable
from typing import Any

import orjson

from emulator.core.clock import rfc3339
from emulator.core.journal import MOST_BODY_BYTES, Entry, is_cut
from emulator.core.masking import told_body, told_header, told_text, told_words
from emulator.core.secrets import Secrets


def readable(entry: Entry, secrets: Secrets) -> dict[str, Any]:
    """An entry as JSON, credentials masked to their last four characters: those that their names give away, and those
    that the world knows (`World.secrets`)."""

    def text(octets: str) -> str:
        return told_text(octets, secrets).text

    def headers(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
        return [[text(name), told_header(name, value, secrets).text] for name, value in pairs]

    method, path = text(entry.method), text(entry.path)
    return {
        "id": str(entry.id),
        "at": rfc3339(entry.at),
        "vendor": entry.vendor,
        "operation": entry.operation,
        "method": method,
        "path": path,
        "status": entry.status,
        "caller": entry.caller,
        "refusal": entry.refusal,
        "fault": entry.fault,
        "would_refuse": entry.would_refuse,
        "provenance": entry.provenance,
        "duration_ms": round(entry.duration / 1_000_000, 3),
        "request": {
            "method": method,
            "path": path,
            "query": text(entry.query.decode("latin-1")),
            "headers": headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in entry.headers),
            **_readable_body(entry.body, secrets),
        },
        "answer": {
            "status": entry.status,
            "headers": headers(entry.answer_headers),
            **_readable_body(entry.answer_body, secrets),
        },
        **({"crash": told_words(entry.crash, secrets)} if entry.crash else {}),
    }


def _readable_body(body: bytes, secrets: Secrets) -> dict[str, Any]:
    """JSON as JSON, anything else as text: a form, or JSON that is broken or was cut."""
    if not body:
        return {"body": None}
    told = told_body(body, secrets, most=MOST_BODY_BYTES).text
    if is_cut(body):
        return {"body": told, "body_cut": True}
    try:
        document = orjson.loads(told)
        orjson.dumps([[[[[[[[document]]]]]]]])  # what is nested deeper than can be written again is told as text
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return {"body": told}
    return {"body": document}
