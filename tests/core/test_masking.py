"""No credential is told by the journal, however it was sent. Each case hides `SECRET` somewhere else."""

import json
from typing import Any

import httpx
import pytest

from emulator.core.credentials import is_secret, masked, masked_value, scheme_and_value
from emulator.core.journal import Entry
from emulator.core.masking import told_text
from emulator.core.secrets import NO_SECRETS
from emulator.core.telling import readable
from tests.toy_server import KEY

SECRET = "s3cr3tS3CR3T-0123456789abcdef"
HIDDEN = SECRET[:-4]


def told(**about: Any) -> str:
    """All that the journal says about one call."""
    plain = Entry(
        id=1, at=0, vendor="toybox", operation=None, method="GET", path="/", query=b"", headers=(), body=b"",
        status=200, answer_headers=(), answer_body=b"", caller=None, refusal=None, fault=None,
        provenance="documented", duration=0, crash=None,
    )  # fmt: skip
    return json.dumps(readable(plain._replace(**about), NO_SECRETS))


@pytest.mark.parametrize(
    "header",
    [
        ("authorization", f"Bearer {SECRET}"),
        ("authorization", SECRET),
        ("authorization", f"{SECRET} and more"),
        ("Authorization", f"  Bearer   {SECRET}"),
        ("proxy-authorization", f"Basic {SECRET}"),
        ("x-api-key", SECRET),
        ("x-auth-key", SECRET),
        ("x-write-key", SECRET),
        ("X_Api_Key", SECRET),
        ("wp13n-token", SECRET),
        ("content-signature", f"signer=a;signature={SECRET}"),
        ("cookie", f"a=1; session={SECRET}"),
        ("set-cookie", f"session={SECRET}; Path=/"),
        ("referer", f"https://shop.example/?a=1&access_token={SECRET}&b=2"),
        ("location", f"https://shop.example/cb?client_secret={SECRET}"),
        ("x-debug", f'token="{SECRET}"'),
    ],
)
def test_in_a_header(header: tuple[str, str]) -> None:
    name, value = header
    assert HIDDEN not in told(headers=((name.encode(), value.encode()),))
    assert HIDDEN not in told(answer_headers=((name, value),))


@pytest.mark.parametrize(
    "query",
    [
        f"client_secret={SECRET}",
        f"a=1&client_secret={SECRET}&b=2",
        f"CLIENT_SECRET={SECRET}",
        f"client%5Fsecret={SECRET}",
        f"%74oken={SECRET}",
        f"token={SECRET},{SECRET}",
        f"token={SECRET};{SECRET}",
        f"token[]={SECRET}",
        f"a&token={SECRET}",
        f"token=x&token={SECRET}",
        f"a=1;token={SECRET}",
        f"a=1,token={SECRET}",
        f"token=it's{SECRET}",
    ],
)
def test_in_a_query_or_a_form(query: str) -> None:
    assert HIDDEN not in told(query=query.encode())
    assert HIDDEN not in told(body=query.encode())


@pytest.mark.parametrize(
    "body",
    [
        {"access_token": SECRET},
        {"accessToken": SECRET},
        {"API-KEY": SECRET},
        {"a": [{"b": {"password": SECRET}}]},
        {"tokens": [SECRET, SECRET]},
        {"secret": {"value": SECRET}},
        {"secrets": [{"deep": [SECRET]}]},
        {"url": f"https://shop.example/?token={SECRET}"},
        {"inner": json.dumps({"token": SECRET})},
        [{"credentials": {"id": SECRET}}],
    ],
)
def test_in_a_json_body(body: Any) -> None:
    content = json.dumps(body).encode()
    assert HIDDEN not in told(body=content)
    assert HIDDEN not in told(answer_body=content)


def test_a_password_of_digits() -> None:
    assert "12345678" not in told(body=b'{"password":12345678}')


@pytest.mark.parametrize(
    "body",
    [
        f'{{"token":"{SECRET}",}}',
        f'{{"token" : "{SECRET}',
        f'{{"\\u0074oken":"{SECRET}",}}',
        f'{{"a":"b\\"c","api_key":"{SECRET}"',
        f"{{'token':'x'}} token={SECRET}",
        f"{{'token':'{SECRET}'}}",
        f'{{"tokens":["{SECRET}"',
        f'{{"a":{{"secret":{{"b":"{SECRET}"',
    ],
)
def test_in_json_that_does_not_parse(body: str) -> None:
    assert HIDDEN not in told(body=body.encode())


def test_a_password_of_digits_in_json_that_does_not_parse() -> None:
    assert "12345678" not in told(body=b'{"password": 12345678,')


def test_in_json_that_was_too_long_to_keep() -> None:
    body = json.dumps({"token": SECRET, "filler": "x" * 100_000}).encode()[:65_536]
    assert HIDDEN not in told(body=body)


def test_in_a_part_of_a_multipart_form() -> None:
    body = f'--b\r\nContent-Disposition: form-data; name="client_secret"\r\n\r\n{SECRET}\r\n--b--\r\n'
    with_type = body.replace("\r\n\r\n", "\r\nContent-Type: text/plain\r\n\r\n", 1)
    assert HIDDEN not in told(body=body.encode())
    assert HIDDEN not in told(body=with_type.encode())
    assert HIDDEN not in told(body=body.replace(SECRET, f"two\r\n{SECRET}").encode())


def test_what_is_no_secret_stays_readable() -> None:
    text = told(
        query=b"email=ana%40example.com&limit=2",
        headers=((b"accept", b"text/html;q=0.8"), (b"authorization", b"Bearer " + SECRET.encode())),
        body=b'{"email":"ana@example.com","price":12.5,"note":"a=b"}',
        answer_body=b"name=bear&price=5",
    )
    for part in (
        "email=ana%40example.com&limit=2",
        "text/html;q=0.8",
        "Bearer \\u2026cdef",
        "a=b",
        "name=bear&price=5",
    ):
        assert part in text


@pytest.mark.parametrize(
    "hostile",
    ['\\"' * 32_768, 'name="x"\n' * 7_000, 'name="' * 10_000, "a" * 65_536, '"a":' * 16_000, '"a":' + " " * 60_000],
)
def test_no_text_keeps_the_masking_busy(hostile: str) -> None:
    """Each takes minutes where a pattern may try every pair of places; the suite's own time-out would tell."""
    assert told_text(hostile * 4, NO_SECRETS)


def test_the_journal_of_a_real_call_hides_its_key(client: httpx.Client) -> None:
    client.get(f"/toybox/shelf/bear?token={SECRET}", headers={**KEY, "X-Api-Key": SECRET})
    assert HIDDEN not in client.get("/_emulator/requests").text
    assert HIDDEN not in client.get("/_emulator/requests/1").text


def test_a_short_secret_is_hidden_whole_and_a_long_one_shows_four_characters() -> None:
    assert masked("12345678") == "…"
    assert masked("123456789") == "…6789"
    assert masked_value("Bearer 123456789") == "Bearer …6789"
    assert masked_value("123456789") == "…6789"


def test_a_header_without_a_space_has_no_scheme() -> None:
    assert scheme_and_value("abc") == ("", "abc")
    assert scheme_and_value(" TD1  abc ") == ("TD1", "abc")


@pytest.mark.parametrize(
    "name",
    [
        "email",
        "key",
        "id",
        "price",
        "www-authenticate",
        "x-emulator-request-id",
        "token_type",
        "access-control-allow-credentials",
    ],
)
def test_ordinary_names_hold_no_secret(name: str) -> None:
    assert not is_secret(name)
