"""No credential that a world knows is told, in whatever place and however it is written. Hypothesis does the writing;
the search for it is made of the standard library, and knows nothing of how the product looks."""

import base64
import binascii
import html
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.control.export import Teller
from emulator.core.journal import MOST_BODY_BYTES, Entry
from emulator.core.masking import told_text
from emulator.core.secrets import NO_SECRETS, Secrets
from emulator.core.telling import readable

SECRETS = (
    "s3cr3tS3CR3T-0123456789abcdef",
    "fefecafedeadbeef",
    "20150000000000000000000000000000",
    "1/abcdef0123456789012345678901230123456789",
    "a+b/c==d e&f",
    "gehéim-ключ-geheim",
)
KNOWN = Secrets(SECRETS)


def _every_percent(content: bytes) -> bytes:
    return b"".join(b"%%%02x" % octet for octet in content)


def _json_escaped(content: bytes) -> bytes:
    return b"".join(b"\\u%04X" % ord(letter) for letter in content.decode("utf-8", "replace") if ord(letter) < 0x10000)


def _entities(content: bytes) -> bytes:
    return "".join(f"&#{ord(letter)};" for letter in content.decode("utf-8", "replace")).encode()


WRITINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "plain": lambda content: content,
    "percent": lambda content: quote(content, safe="").encode(),
    "every octet percent": _every_percent,
    "json": _json_escaped,
    "json text": lambda content: json.dumps(content.decode("utf-8", "replace"))[1:-1].encode(),
    "entities": _entities,
    "base64": base64.b64encode,
    "base64url": base64.urlsafe_b64encode,
    "basic": lambda content: base64.b64encode(b"someone:" + content),
    "hexadecimal": lambda content: content.hex().encode(),
    "upper": bytes.upper,
    "lower": bytes.lower,
}
_CASES = ("upper", "lower")
written = st.builds(
    lambda secret, case, names: (secret, _write(secret, (*case, *names))),
    st.sampled_from(SECRETS),
    st.lists(st.sampled_from(_CASES), max_size=1),
    st.lists(st.sampled_from([name for name in WRITINGS if name not in _CASES]), max_size=2),
)
noise = st.text("abcXYZ019-_.:/ =&%\"'{}[]\\,;?é…", max_size=12).map(lambda text: text.encode())


def _write(secret: str, names: Sequence[str]) -> bytes:
    content = secret.encode()
    for name in names:
        content = WRITINGS[name](content)
    return content


def _readings(text: bytes) -> Iterator[bytes]:
    """What one step of undoing makes of a text."""
    yield unquote_to_bytes(text)
    yield re.sub(rb"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)).encode("utf-8", "replace"), text)
    yield re.sub(rb'\\(["\\/])', rb"\1", text)
    yield html.unescape(text.decode("utf-8", "replace")).encode()
    for run in re.findall(rb"[A-Za-z0-9+/_-]{11,}", text):
        for start in range(4):
            group = run[start:].replace(b"-", b"+").replace(b"_", b"/")
            group = group[: len(group) - (len(group) % 4 == 1)]
            yield base64.b64decode(group + b"=" * (-len(group) % 4))
    for run in re.findall(rb"[0-9A-Fa-f]{16,}", text):
        for start in range(2):
            yield binascii.unhexlify(run[start : start + (len(run) - start) // 2 * 2])


def betrayed(text: str, secret: str, depth: int = 2) -> bool:
    hidden = secret[:-4].encode().lower()
    level = {text.encode()}
    for _ in range(depth + 1):
        if any(hidden in one.lower() for one in level):
            return True
        level = {reading for one in level for reading in _readings(one) if reading != one}
    return False


def entry(**about: Any) -> Entry:
    plain = Entry(
        id=1, at=0, vendor="toybox", operation=None, method="GET", path="/", query=b"", headers=(), body=b"",
        status=200, answer_headers=(), answer_body=b"", caller=None, refusal=None, fault=None,
        provenance="documented", duration=0, crash=None,
    )  # fmt: skip
    return plain._replace(**about)


def told(**about: Any) -> str:
    """All that is said about one call, here and in a file."""
    one = entry(**about)
    return json.dumps(readable(one, KNOWN), ensure_ascii=False) + orjson.dumps(Teller(KNOWN).call(one)).decode()


PLACES: Mapping[str, Callable[[bytes], dict[str, Any]]] = {
    "path": lambda text: {"path": "/a/" + text.decode("latin-1"), "url": "/toybox/a/" + text.decode("latin-1")},
    "query": lambda text: {"query": b"a=1&key=" + text},
    "method": lambda text: {"method": text.decode("latin-1")},
    "header": lambda text: {"headers": ((b"x-note", text),)},
    "secret header": lambda text: {"headers": ((b"authorization", b"Basic " + text),)},
    "name of a header": lambda text: {"headers": ((text, b"1"),)},
    "header of the answer": lambda text: {"answer_headers": (("location", text.decode("latin-1")),)},
    "text": lambda text: {"body": text, "answer_body": b"<p>" + text},
    "form": lambda text: {"body": b"code=" + text + b"&b=2"},
    "value of JSON": lambda text: {"body": orjson.dumps({"a": [text.decode("utf-8", "replace"), 1]})},
    "key of JSON": lambda text: {"answer_body": orjson.dumps({text.decode("utf-8", "replace"): 1})},
    "JSON in JSON": lambda text: {"body": orjson.dumps({"a": json.dumps({"b": text.decode("utf-8", "replace")})})},
    "raw JSON": lambda text: {"body": b'{"a":"' + text + b'"}'},
    "crash": lambda text: {"crash": "ValueError: " + text.decode("utf-8", "replace")},
    "octets": lambda text: {"body": b"\xff\xfe" + text},
    "cut": lambda text: {
        "body": (b'{"filler":"' + b"x" * (MOST_BODY_BYTES - 40) + b'","a":"' + text)[: MOST_BODY_BYTES + 1]
    },
}


@pytest.mark.parametrize("place", PLACES)
@given(smuggled=written, before=noise, after=noise)
@settings(max_examples=25, deadline=None)
def test_a_known_secret_is_told_nowhere(place: str, smuggled: tuple[str, bytes], before: bytes, after: bytes) -> None:
    secret, text = smuggled
    assert not betrayed(told(**PLACES[place](before + text + after)), secret)


@pytest.mark.parametrize("name", WRITINGS)
def test_the_search_finds_what_is_not_hidden(name: str) -> None:
    written = WRITINGS[name](SECRETS[0].encode())
    assert betrayed(json.dumps(readable(entry(query=b"key=" + written), NO_SECRETS)), SECRETS[0])


@pytest.mark.parametrize(
    "number",
    ["20150000000000000000000000000000", "9920150000000000000000000000000000", "-20150000000000000000000000000000.5"],
)
def test_a_number_is_told_whole_or_not_at_all(number: str) -> None:
    body = b'{"a":[1,' + number.encode() + b'],"b":2}'
    assert not betrayed(told(body=body), SECRETS[2])
    assert readable(entry(body=body), KNOWN)["request"]["body"]["b"] == 2


def test_what_is_compressed_is_hidden_whole_if_it_hides_something() -> None:
    packed = zlib.compress(b'{"code":"' + SECRETS[0].encode() + b'"}', wbits=31)
    shown = json.loads(orjson.dumps(Teller(KNOWN).call(entry(body=packed))))["request"]["body"]
    assert shown["text"].startswith("…")
    harmless = zlib.compress(b'{"code":"nothing"}', wbits=31)
    assert base64.b64decode(Teller(KNOWN).call(entry(body=harmless))["request"]["body"]["base64"]) == harmless


def test_a_short_or_common_value_is_not_sought() -> None:
    assert told_text("/v1/bear", Secrets(["bear", "v1"])).text == "/v1/bear"


def test_what_stands_beside_a_known_secret_is_told_where_it_cannot_be_one() -> None:
    token = "12345789abcdef012345678901234567"
    known = Secrets([token])
    shown = readable(entry(headers=((b"wp13n-token", b"1/8/" + token.encode()),)), known)["request"]["headers"]
    assert shown == [["wp13n-token", "1/8/…4567"]]
    longer = readable(entry(headers=((b"x-token", b"unknownunknown/" + token.encode()),)), known)["request"]["headers"]
    assert longer == [["x-token", "…4567"]]


def test_a_signature_is_masked_and_its_signer_told() -> None:
    shown = readable(entry(headers=((b"content-signature", b"signer=7; signature=0123456789abcdef"),)), KNOWN)
    assert shown["request"]["headers"] == [["content-signature", "signer=7; signature=…cdef"]]


def test_of_basic_authorization_the_id_can_be_told_again() -> None:
    value = b"Basic " + base64.b64encode(b"client-1:" + SECRETS[0].encode())
    (mask,) = Teller(KNOWN).call(entry(headers=((b"authorization", value),)))["request"]["headers"][0][1]["masks"]
    assert (mask["disguise"], mask["before"], mask["tail"], mask["known"]) == ("base64", "client-1:", "cdef", 0)


def test_many_secrets_are_found_as_well_as_few() -> None:
    many = Secrets([*SECRETS, *(f"{number:032x}-{number}" for number in range(2_000))])
    text = f"/a/{1_999:032x}-1999/b?{SECRETS[0]}"
    assert told_text(text, many).text == "/a/…1999/b?…cdef"


def test_over_the_wire_it_is_told_by_no_call_that_tells_of_calls(client: httpx.Client) -> None:
    secret = "toy-key-0123456789-abcdefgh"
    scenario = {"name": "long", "toybox": {"keys": {secret: "maker"}}}
    assert client.post("/_emulator/scenarios", json=scenario).status_code == 200
    key = {"Authorization": f"Toy {secret}"}
    client.get(f"/toybox/shelf/{secret}", headers=key)
    client.get(
        f"/toybox/shelf/bear?code={quote(secret.upper())}",
        headers={"X-Note": base64.b64encode(secret.encode()).decode()},
    )
    client.put("/toybox/shelf/bear", headers=key, json={"price": secret, secret: 1})
    client.get("/toybox/shelf/grenade", headers={**key, "X-Emulator-Fault": secret})
    for path in (
        "requests",
        "requests/1",
        "requests/2",
        "requests/3",
        "requests/4",
        "requests/2/explain",
        "requests/export",
    ):
        answer = client.get(f"/_emulator/{path}")
        assert answer.status_code == 200
        assert not betrayed(answer.text, secret, depth=1), path


def test_what_a_vendor_had_issued_before_its_reset_is_still_not_told(client: httpx.Client) -> None:
    key = client.post("/toybox/keys").json()["key"]
    client.get(f"/toybox/shelf/{key}")
    client.post("/_emulator/reset", json={"vendor": "toybox"})
    assert key not in client.get("/_emulator/requests").text
