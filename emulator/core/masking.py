"""How to tell what was sent without telling the credentials in it.

Two things give a credential away: the name that it is sent under (`is_secret`), and its value, where the world knows
it. Everything is linear in the text: patterns are anchored where a name can begin, or bounded.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote_plus

import orjson

from emulator.core.credentials import SECRET_WORDS, is_secret
from emulator.core.disguises import View, views, whole
from emulator.core.secrets import SHORTEST_SOUGHT, Mask, Secrets, Span, base64_mask, characters, octets

_MOST_INFLATED = 1024 * 1024
_LONGEST_DISGUISE = 1_024
_LONGEST_REMEMBERED = 400
_MOST_REMEMBERED = 5_000

_PAIR = re.compile(r"""(?<![^&\s?"',;])([^&\s?"',;=]*)="""), re.compile(r""""[^"]*|[^&\s"]*""")
_MEMBER = (
    re.compile(r"""(?<!\\)["']((?:[^"'\\]|\\.){0,200})["']\s{0,20}:\s{0,20}["']?"""),
    re.compile(r"""(?<=")(?:[^"\\]|\\.)*|(?<=')(?:[^'\\]|\\.)*|[\[{].*|[^\s,}\]]*""", re.DOTALL),
)
_PART = (
    re.compile(r"""name="([^"]{0,200})"[^\n]{0,300}\n(?:[^\r\n]{1,300}\r?\n){0,4}\r?\n"""),
    re.compile(r"(?:(?!\r?\n--).)*", re.DOTALL),
)
_SCHEME = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9-]{0,15} +)?")
_LABEL = re.compile(rf"(?:^|(?<=[;,\s]))(?:{'|'.join(SECRET_WORDS)})\s*=\s*", re.IGNORECASE)
_LABELLED = re.compile(r"""[^;,\s]+""")
_LONG_RUN = re.compile(rf"[^\W_]{{{SHORTEST_SOUGHT},}}")
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([{}\[\],:])|([^\s{}\[\],:"]+)', re.DOTALL)
_TALKATIVE = re.compile(r"[=%&\\]")


def _named(text: str) -> Iterator[Span]:
    """Values that show as secrets: ``name=value`` of a form or a query, a member of JSON that does not parse, a part
    of a multipart form."""
    if "=" in text:
        yield from _after(_PAIR, unquote_plus, text)
        yield from _after(_PART, str, text)
    if ":" in text and ('"' in text or "'" in text):
        yield from _after(_MEMBER, _member_name, text)


def _after(place: tuple[re.Pattern[str], re.Pattern[str]], read: Callable[[str], str], text: str) -> Iterator[Span]:
    names, values = place
    done = 0
    for name in names.finditer(text):
        if name.start() >= done and is_secret(read(name[1])) and (value := values.match(text, name.end())):
            yield value.span()
            done = value.end()


def _member_name(raw: str) -> str:
    try:
        return str(orjson.loads(f'"{characters(raw)}"'))
    except orjson.JSONDecodeError:
        return raw


def _named_masks(text: str, *, escaped: bool = False) -> Iterator[Mask]:
    """In all disguises of the text; an `escaped` one is looked at without its escapes only, and as far as they go."""
    deepest: View = whole(text)
    for depth, view in enumerate(views(text)):
        deepest = view
        if depth or not escaped:
            for start, end in (view.origin(*span) for span in _named(view.text) if span[0] < span[1]):
                yield Mask(start, end, text[start:end])
    if deepest.unfinished:
        yield Mask(0, len(text), text, None)


def text_masks(text: str, secrets: Secrets) -> list[Mask]:
    return _settled(text, _named_masks(text), secrets.masks(text))


def secret_header_masks(value: str, secrets: Secrets) -> list[Mask]:
    """A value under a secret's name is one, but for its scheme word: ``Bearer …3f2a``."""
    scheme = _SCHEME.match(value)
    start = scheme.end() if scheme else 0
    end = len(value.rstrip())
    if start >= end:
        start = len(value) - len(value.lstrip())
    if start >= end:
        return []
    named = _basic(value, (start, end)) or list(_labelled(value, start, end)) or [Mask(start, end, value[start:end])]
    return _settled(value, named, secrets.masks(value))


def _basic(value: str, span: Span) -> list[Mask]:
    if value[: span[0]].strip().lower() != "basic":
        return []
    mask = base64_mask(value, span)
    return [mask] if mask else []


def _labelled(value: str, start: int, end: int) -> Iterator[Mask]:
    """Of ``signer=7; signature=…`` only what the label names, provided that nothing else could be a secret."""
    found: list[Mask] = []
    done, rest = start, ""
    for label in _LABEL.finditer(value, start, end):
        worth = _LABELLED.match(value, label.end(), end)
        if label.start() >= done and worth:
            rest += value[done : label.start()] + " "
            found.append(Mask(*worth.span(), worth[0]))
            done = worth.end()
    if found and not _LONG_RUN.search(rest + value[done:end]):
        yield from found


def body_masks(body: bytes, secrets: Secrets) -> list[Mask]:
    """Of a JSON body, everything below a secret's name; of any other, what shows. What is compressed is hidden whole
    where it has anything to hide."""
    text = body.decode("latin-1")
    if (inside := _inflated(body)) is not None:
        return [Mask(0, len(text), text, None)] if text_masks(inside.decode("latin-1"), secrets) else []
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return text_masks(text, secrets)
    numbers = [match.span() for match in _TOKEN.finditer(text) if match[3]]
    return _whole_numbers(text, numbers, _settled(text, _json_masks(text), secrets.masks(text)))


def _inflated(body: bytes) -> bytes | None:
    """The beginning of what gzip or zlib packed; `None` for anything else."""
    if body[:2] != b"\x1f\x8b" and not (body[:1] == b"\x78" and len(body) > 1 and not int.from_bytes(body[:2]) % 31):
        return None
    try:
        return zlib.decompressobj(wbits=47).decompress(body, _MOST_INFLATED)
    except zlib.error:
        return None


def _json_masks(text: str) -> Iterator[Mask]:
    """Of a text that is JSON. Below a secret's name everything is one; any other string is a text of its own."""
    nests: list[tuple[bool, bool]] = []  # of each open bracket: an object's, and below a secret's name
    secret, is_name = False, False
    for token in _TOKEN.finditer(text):
        string, mark, scalar = token.groups()
        inherited = nests[-1][1] if nests else False
        if mark is not None:
            if mark in "{[":
                nests.append((mark == "{", secret or inherited))
            elif mark in "}]":
                nests.pop()
            in_object = bool(nests) and nests[-1][0]
            is_name = in_object and mark in "{,"
            secret = secret and mark == ":"
        elif string is not None and is_name:
            secret, is_name = is_secret(_member_name(string)), False
            yield from _named_in_string(token)
        elif secret or inherited:
            yield from _scalar_mask(token)
        elif string:
            yield from _named_in_string(token)
        if scalar is not None:
            secret = False


def _scalar_mask(token: re.Match[str]) -> Iterator[Mask]:
    string, _, scalar = token.groups()
    if string:
        value = octets(_member_name(string))
        yield Mask(*token.span(1), value, "plain" if value == string else None)
    elif scalar and scalar not in ("true", "false", "null"):
        yield Mask(*token.span(3), scalar, number=True)


def _named_in_string(token: re.Match[str]) -> Iterator[Mask]:
    string, first = token[1], token.start(1)
    if _TALKATIVE.search(string):
        for mask in _named_masks(string, escaped="\\" in string):
            yield Mask(mask.start + first, mask.end + first, mask.value, mask.disguise)


def _whole_numbers(text: str, numbers: Sequence[Span], masks: Sequence[Mask]) -> list[Mask]:
    """A number with a secret's digits in it is hidden whole, because half a number and a mask are no JSON."""
    spans = iter(numbers)
    settled: list[Mask] = []
    span = next(spans, None)
    for mask in masks:
        while span and span[1] <= mask.start:
            span = next(spans, None)
        if span and span[0] <= mask.start and mask.end <= span[1]:
            is_all = span == (mask.start, mask.end)
            mask = Mask(
                *span, mask.value if is_all else text[slice(*span)], mask.disguise if is_all else None, number=True
            )
        if not settled or settled[-1].end <= mask.start:
            settled.append(mask)
    return settled


def _settled(text: str, named: Iterable[Mask], known: Iterable[Mask]) -> list[Mask]:
    """One mask for each stretch. Where a name hides more than the credential that is known to stand there, the rest of
    it is told as long as it is nothing but short runs: ``1/8/…4567`` tells whose token it is."""
    kept = _apart(text, known)
    for mask in _apart(text, named):
        inside = [one for one in kept if mask.start <= one.start and one.end <= mask.end]
        if inside and mask.disguise == "plain" and not _LONG_RUN.search(_without(text, mask, inside)):
            continue
        if len(inside) == 1 and (inside[0].start, inside[0].end) == (mask.start, mask.end):
            continue
        kept = [one for one in kept if one not in inside]
        kept.append(mask)
    return _apart(text, kept)


def _without(text: str, mask: Mask, inside: Sequence[Mask]) -> str:
    pieces, done = [], mask.start
    for one in inside:
        pieces.append(text[done : one.start])
        done = one.end
    return " ".join((*pieces, text[done : mask.end]))


def _apart(text: str, masks: Iterable[Mask]) -> list[Mask]:
    """In order. Of those that overlap, the one that covers the others, or else one over all of them."""
    settled: list[Mask] = []
    for mask in sorted(masks, key=lambda one: (one.start, -one.end)):
        if settled and mask.start < settled[-1].end:
            last = settled[-1]
            if mask.end > last.end:
                settled[-1] = Mask(last.start, mask.end, text[last.start : mask.end], None)
        else:
            settled.append(mask)
    return settled


class Telling(NamedTuple):
    """A text with its masks in place: `spans` are where they stand in it."""

    text: str
    masks: Sequence[Mask] = ()
    spans: Sequence[Span] = ()


def told_text(text: str, secrets: Secrets) -> Telling:
    return _remembered(secrets, "", text, text_masks)


def _remembered(secrets: Secrets, name: str, text: str, masks: Callable[[str, Secrets], list[Mask]]) -> Telling:
    """The headers of one client's calls are mostly the same."""
    if len(text) > _LONGEST_REMEMBERED:
        return _telling(text, masks(text, secrets))
    telling: Telling | None = secrets.memory.get((name, text))
    if telling is None:
        if len(secrets.memory) >= _MOST_REMEMBERED:
            secrets.memory.clear()
        telling = secrets.memory[name, text] = _telling(text, masks(text, secrets))
    return telling


def told_words(text: str, secrets: Secrets) -> str:
    """A text of ours that may quote what was sent."""
    masks = text_masks(octets(text), secrets)
    return _telling(octets(text), masks, characters).text


def told_sentence(text: str, secrets: Secrets) -> str:
    """A sentence of ours that may quote what was sent, and speaks of credentials by name: their values alone give them
    away."""
    written = octets(text)
    return _telling(written, _settled(written, (), secrets.masks(written)), characters).text


def told_header(name: str, value: str, secrets: Secrets) -> Telling:
    if not is_secret(name):
        return told_text(value, secrets)
    return _remembered(secrets, name, value, secret_header_masks)


def told_body(body: bytes, secrets: Secrets, *, most: int, charset: str = "utf-8") -> Telling:
    """Of a body longer than `most`, what was kept of it but for its end, where half a credential could stand. What is
    no text in that character set is told with marks in place of it."""
    masks = body_masks(body[:most], secrets)
    text = body.decode("latin-1")
    if len(body) > most:
        end = most - _LONGEST_DISGUISE
        masks = [mask for mask in masks if mask.start < end]
        text = text[: max(end, masks[-1].end) if masks else end]

    def decoded(piece: str) -> str:
        return piece.encode("latin-1").decode(charset, "replace")

    return _telling(text, masks, decoded, _in_json if body[:1] in b"{[" else str)


def _telling(
    text: str, masks: Sequence[Mask], decode: Callable[[str], str] = str, escape: Callable[[str], str] = str
) -> Telling:
    pieces: list[str] = []
    spans: list[Span] = []
    done = length = 0
    for mask in masks:
        before = decode(text[done : mask.start])
        shown = f"…{escape(mask.tail)}"
        shown = f'"{shown}"' if mask.number else shown
        pieces += before, shown
        spans.append((length + len(before), length + len(before) + len(shown)))
        length += len(before) + len(shown)
        done = mask.end
    return Telling("".join((*pieces, decode(text[done:]))), masks, spans)


def _in_json(tail: str) -> str:
    return orjson.dumps(tail).decode()[1:-1]
