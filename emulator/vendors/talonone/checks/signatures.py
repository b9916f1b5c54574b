"""How a signature was made that does not fit: over other bytes, with another key, digest or spelling."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import TypeAlias

from emulator.core.checks import Draft
from emulator.core.errors import Json
from emulator.core.journal import is_cut
from emulator.core.work import Work
from emulator.vendors.talonone.auth import signature_parts, signed_by
from emulator.vendors.talonone.tables.explaining import ALL_SIGNERS

_Way: TypeAlias = tuple[str, str]
"""What the signature fits, and what to do instead; both empty where that is right."""
_RIGHT: _Way = ("", "")
_dense = partial(json.dumps, separators=(",", ":"))
_SPELLINGS: Sequence[tuple[str, Callable[[Json], str]]] = (
    ("json.dumps(…)", json.dumps),
    ("json.dumps(…, separators=(',', ':'))", _dense),
    ("json.dumps(…, ensure_ascii=False)", partial(json.dumps, ensure_ascii=False)),
    ("JSON.stringify(…)", lambda value: _dense(_whole(value), ensure_ascii=False)),
    ("json.dumps(…, sort_keys=True)", partial(json.dumps, sort_keys=True)),
    ("json.dumps(…, sort_keys=True, separators=(',', ':'))", partial(_dense, sort_keys=True)),
    ("json.dumps(…, indent=2)", partial(json.dumps, indent=2)),
    ("json.dumps(…, indent=4)", partial(json.dumps, indent=4)),
    ("PHP's json_encode(…)", lambda value: _dense(value).replace("/", "\\/")),
    ("Go's json.Marshal(…)", lambda value: _for_html(_dense(_whole(value), ensure_ascii=False, sort_keys=True))),
)
_MOST_SIGNERS = 20
_BYTES_ADVICE = "sign the very bytes that are sent"
_MD5_ADVICE = "Talon.One's is HMAC-MD5"
_DIGESTS: Sequence[tuple[_Way, Callable[[bytes, bytes], bytes]]] = (
    (_RIGHT, lambda key, body: hmac.digest(key, body, "md5")),
    (("HMAC-SHA256", _MD5_ADVICE), lambda key, body: hmac.digest(key, body, "sha256")),
    (("HMAC-SHA1", _MD5_ADVICE), lambda key, body: hmac.digest(key, body, "sha1")),
    (("HMAC-SHA512", _MD5_ADVICE), lambda key, body: hmac.digest(key, body, "sha512")),
    (("the MD5 of the body alone", _MD5_ADVICE), lambda key, body: _md5(body)),
    (("the MD5 of key and body", _MD5_ADVICE), lambda key, body: _md5(key + body)),
    (("the MD5 of body and key", _MD5_ADVICE), lambda key, body: _md5(body + key)),
)
_HEX_ADVICE = "write it in lower-case hex"
_WRITTEN: Sequence[tuple[_Way, Callable[[bytes], str]]] = (
    (_RIGHT, bytes.hex),
    (("the digest in upper-case hex", _HEX_ADVICE), lambda digest: digest.hex().upper()),
    (("the digest in Base64", _HEX_ADVICE), lambda digest: base64.b64encode(digest).decode()),
    (("the digest in Base64", _HEX_ADVICE), lambda digest: base64.b64encode(digest).decode().rstrip("=")),
    (("the digest in Base64", _HEX_ADVICE), lambda digest: base64.urlsafe_b64encode(digest).decode().rstrip("=")),
    (("the hex digits in Base64", _HEX_ADVICE), lambda digest: base64.b64encode(digest.hex().encode()).decode()),
    (("the digits after md5=", "write the digits alone"), lambda digest: f"md5={digest.hex()}"),
)


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


def _whole(value: Json) -> Json:
    """JavaScript and Go write 100.0 as 100."""
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _for_html(text: str) -> str:
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def parts(header: str) -> dict[str, str]:
    return signature_parts(header)


def sign(work: Work, draft: Draft, signer: str) -> bool:
    """Sign the draft's body as it stands, where there is such a signer."""
    row = signed_by(work, signer)
    if row is None:
        return False
    signature = hmac.digest(bytes.fromhex(row["signing_key"]), draft.body, "md5").hex()
    draft.set_header("Content-Signature", f"signer={int(signer)}; signature={signature}")
    return True


def mistake(work: Work, signer: str, signature: str, body: bytes) -> str | None:
    """The ways of signing are tried with as few mistakes at a time as can be."""
    row = signed_by(work, signer)
    if row is None or is_cut(body):
        return None
    ways = product(_bodies(body), _keys(work, int(signer), row["signing_key"]), _DIGESTS, _WRITTEN)
    for way in sorted(ways, key=lambda way: len(_mistakes(way))):
        (_, content), (_, key), (_, digest), (_, write) = way
        if write(digest(key, content)) == signature:
            return _told(_mistakes(way))
    return f"The signature fits no usual spelling of this body with the key of Application {int(signer)}."


def _mistakes(way: Iterable[tuple[_Way, object]]) -> list[_Way]:
    return [one for one, _ in way if one != _RIGHT]


def _told(mistakes: Sequence[_Way]) -> str:
    if not mistakes:
        return "The signature fits the key as it is now: it was another one when the call was made."
    fits, instead = (dict.fromkeys(one) for one in zip(*mistakes, strict=True))
    return f"The signature fits {', and '.join(fits)}: {'; '.join(instead)}."


def _bodies(body: bytes) -> Iterator[tuple[_Way, bytes]]:
    """The bytes that may have been signed in place of those that were sent."""
    yield _RIGHT, body
    if body.strip() != body:
        yield ("the body without the white space around it", _BYTES_ADVICE), body.strip()
    yield ("the body with a line break at its end", _BYTES_ADVICE), body + b"\n"
    if body:
        yield ("an empty body", _BYTES_ADVICE), b""
    for text in ("null", "{}"):
        if body != text.encode():
            yield (f"the body {text}", _BYTES_ADVICE), text.encode()
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    seen = {body}
    for name, spelt in _SPELLINGS:
        written = spelt(value).encode("utf-8", "surrogatepass")
        if written not in seen:
            seen.add(written)
            yield (f"the body as {name} writes it", _BYTES_ADVICE), written


def _keys(work: Work, signer: int, own: str) -> Iterator[tuple[_Way, bytes]]:
    yield _RIGHT, bytes.fromhex(own)
    as_text = "the key taken as text", "the key is hexadecimal, bytes.fromhex(KEY)"
    yield as_text, own.encode()
    if own != own.lower():
        yield as_text, own.lower().encode()
    for row in work.db.all(ALL_SIGNERS)[:_MOST_SIGNERS]:
        if row["id"] != signer:
            other = f"the key of Application {row['id']}", f"signer={signer} asks for that of Application {signer}"
            yield other, bytes.fromhex(row["signing_key"])
