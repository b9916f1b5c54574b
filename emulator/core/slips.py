"""Mistakes that have nothing to do with any vendor: how values and bodies are spoiled on their way into a call.

Each is told as the end of a sentence whose subject the vendor knows: ``The key`` … ``is in quotation marks``.
"""

import ast
import difflib
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

import orjson

from emulator.core.errors import Json

_MASKS = ("…", "***", "•••")
_QUOTES = "\"'`‘’“”«»"
_PLACEHOLDER = re.compile(
    r"\$\{?\w+\}?|\$\(.*\)|\{+ ?[\w.-]+ ?\}+|<[^<>]*>|%\w+%|(your|my|the)[ _-].*"
    r"|x{4,}|todo|changeme|undefined|null|none",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_LAST_COMMA = re.compile(r",(\s*[}\]])")
_BARE_NAME = re.compile(r"([{,]\s*)([A-Za-z_$][\w$]*)(\s*:)")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_MOST_READ = 65_536
_LONGEST_SHOWN = 60


def as_typed(text: str) -> str:
    """A header's octets as the text that was meant: UTF-8 where they are, else as they came."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def spoiled(value: str) -> str | None:
    """What has happened to a credential or an id that nobody issues so."""
    text = as_typed(value)
    if any(mask in text for mask in _MASKS):
        return "is masked, as journals and explanations show it: the whole of it is needed"
    if _PLACEHOLDER.fullmatch(text):
        return "is a placeholder that was never filled in"
    if text and (text[0] in _QUOTES or text[-1] in _QUOTES):
        return "has quotation marks around it"
    if _ESCAPE.search(text):
        return "is percent-encoded, which is for URLs only"
    return "has a space in it" if re.search(r"\s", text) else None


def unspoiled(value: str) -> str:
    """Without quotation marks, spaces and percent-encoding."""
    return re.sub(r"\s", "", unquote(as_typed(value)).strip(_QUOTES + " \t"))


def likest(text: str, known: Iterable[str]) -> list[str]:
    """All of them, the likest first: those that end like the text, as masked ones do, before those that just resemble
    it."""
    tail = as_typed(text)[-4:]

    def likeness(one: str) -> tuple[bool, float]:
        return bool(tail) and one.endswith(tail), difflib.SequenceMatcher(None, text[:200], one[:200]).ratio()

    return sorted(sorted(known), key=likeness, reverse=True)


def nearest(text: str, known: Iterable[str], cutoff: float = 0.7) -> str | None:
    """The one that was probably meant, letter case and punctuation aside."""
    plain = {_plain(one): one for one in known}
    found = difflib.get_close_matches(_plain(text[:200]), plain, n=1, cutoff=cutoff)
    return plain[found[0]] if found else None


def _plain(text: str) -> str:
    return re.sub(r"[_\-. ]", "", text.lower())


def short(value: Json) -> str:
    """A value as it may stand in a sentence."""
    try:
        text = orjson.dumps(value).decode()
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


class Reread(NamedTuple):
    """A body that is no JSON, or not the JSON that was meant: what is wrong with it, and what it can be read as."""

    slip: str
    value: Json = None


def reread(body: bytes) -> Reread | None:
    """`None` for JSON that is no text with JSON in it."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return _spoiled_json(body, error)
    inner = _loaded(value) if isinstance(value, str) else None
    if isinstance(inner, dict | list):
        return Reread("was written as JSON twice: it is a JSON text with JSON in it", inner)
    return None


def _spoiled_json(body: bytes, error: orjson.JSONDecodeError) -> Reread:
    if not body.strip():
        return Reread("is empty")
    return next(iter(_rereadings(body)), None) or Reread(f"is not JSON: {error.msg} at character {error.pos}")


def _rereadings(body: bytes) -> Iterator[Reread]:
    if body.startswith(_BYTE_ORDER_MARK):
        yield Reread("starts with a byte order mark", _loaded(body.removeprefix(_BYTE_ORDER_MARK)))
    if body.startswith(_GZIP):
        yield Reread("is packed with gzip, and no Content-Encoding says so", _loaded(_unpacked(body)))
    try:
        text = body[:_MOST_READ].decode()
    except UnicodeDecodeError:
        yield Reread("has octets that are not UTF-8, as a Latin-1 text has", _loaded(body.decode("latin-1").encode()))
        return
    said = (
        ("has a comma after the last member", _loaded(_LAST_COMMA.sub(r"\1", text))),
        ("is spelt as Python spells it, with single quotes or True, False and None", _python(text)),
        ("has member names without quotation marks", _loaded(_BARE_NAME.sub(r'\1"\2"\3', text))),
        ("has NaN or Infinity, for which JSON has no word", _finite(text)),
        ("is a form, not JSON", _form(text)),
    )
    yield from (Reread(slip, value) for slip, value in said if isinstance(value, dict | list))
    if (value := _first_of(text)) is not None:
        yield Reread("goes on after its JSON has ended", value)
    if text.lstrip()[:1] in "{[" and text.rstrip()[-1:] not in "}]":
        yield Reread("breaks off in the middle of its JSON")


def _loaded(text: str | bytes) -> Json:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _first_of(text: str) -> Json:
    """The JSON that a text begins with, where it is an object or a list and something follows."""
    try:
        value, end = json.JSONDecoder().raw_decode(text.strip())
    except (ValueError, RecursionError):
        return None
    return _writable(value) if isinstance(value, dict | list) and end < len(text.strip()) else None


def _finite(text: str) -> Json:
    """With null for each number that is none."""
    try:
        return _writable(json.loads(text, parse_constant=lambda word: None))
    except (ValueError, RecursionError):
        return None


def _python(text: str) -> Json:
    try:
        return _writable(ast.literal_eval(text))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _writable(value: object) -> Json:
    """The value as JSON has it; `None` for what it cannot hold, such as a set or half a character."""
    try:
        return orjson.loads(orjson.dumps(value))
    except TypeError:
        return None


def _form(text: str) -> Json:
    is_form = text[:1] not in '{["<' and all("=" in pair[1:] for pair in text.split("&"))
    return dict(parse_qsl(text, keep_blank_values=True)) if is_form else None


def _unpacked(body: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(body, _MOST_READ)
    except zlib.error:
        return b""
