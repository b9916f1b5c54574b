"""Content-Signature: HMAC-MD5 of the body with the Application's key, for the operations of V1."""

import hashlib
import hmac
import json

import pytest

from tests.vendors.talonone.operations import SIGNED, UNSIGNED, prepare

KEY = "ab" * 32
OTHER_KEY = "cd" * 32
PROFILE = "/talonone/v1/customer_profiles/p-1"
MISMATCH = b'{"message":"HMAC signature mismatch."}'
REFUSED = b'{"message":"Invalid API key","StatusCode":401}'
EMPTY_OBJECT = "0ab22833fdd54e7d6f6a95dffd158d9e"


def sign(body, key="fefecafedeadbeef"):
    return hmac.new(bytes.fromhex(key), body, hashlib.md5).hexdigest()


def put(client, content=b"{}", path=PROFILE, method="PUT", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.request(method, path, content=content, headers=named)


VECTORS = [
    ("", "0dbc664752c37541281e3eef8eee0d2d"),
    ("{}", "0ab22833fdd54e7d6f6a95dffd158d9e"),
    ("null", "1e559fe209653f16c3468fd27bef9e64"),
    ('{"attributes":{"Email":"a@example.com"}}', "da2cd8623edd40d333da5d1a349a14e5"),
    ('{"integrationIDs":["cust 1","cust/2"]}', "124cf84311abacbcd6f1fe4b94084c39"),
    ('{"attributes":{"Name":"Zoë"}}', "9a41696cf36f0adf47ad185c1b8633b8"),
]


@pytest.mark.parametrize(("body", "signature"), VECTORS)
def test_the_published_vectors_are_accepted_on_a_call_that_reads_no_body(client, shop, body, signature):
    shop.profile("ana")
    path = "/talonone/v1/customer_data/ana"
    header = f"signer=7; signature={signature}"
    response = put(client, body.encode(), path, "DELETE", Content_Signature=header)
    assert response.status_code == 204, response.text


@pytest.mark.parametrize(("body", "signature"), VECTORS)
@pytest.mark.proves("talonone.error.hmac_signature_mismatch")
def test_a_signature_of_another_body_is_refused_with_the_documented_bytes(client, shop, body, signature):
    header = f"signer=7; signature={signature}"
    response = put(client, body.encode() + b" ", "/talonone/v1/customer_data/ana", "DELETE", Content_Signature=header)
    assert (response.status_code, response.content) == (400, MISMATCH)
    assert response.headers["content-type"] == "application/json"


def test_a_signed_body_is_read(client, shop):
    shop.open(attributes=[{"entity": "CustomerProfile", "name": "Email", "type": "string"}])
    body, signature = VECTORS[3]
    response = put(client, body.encode(), Content_Signature=f"signer=7; signature={signature}")
    assert response.status_code == 200
    assert response.json()["profile"]["attributes"] == {"Email": "a@example.com"}
    assert response.json()["session"]["applicationId"] == 7


@pytest.mark.parametrize("call", SIGNED, ids=str)
def test_every_operation_of_v1_takes_a_signature_alone(client, shop, call):
    prepare(shop)
    body = b"" if call.body is None else json.dumps(call.body).encode()
    path = f"/talonone{call.path}"
    for signature, status in ((sign(body), call.status), (sign(body + b"x"), 400)):
        response = put(client, body, path, call.method, Content_Signature=f"signer=7; signature={signature}")
        assert response.status_code == status, response.text
    assert response.content == MISMATCH


@pytest.mark.parametrize("call", UNSIGNED, ids=str)
def test_no_operation_of_v2_takes_a_signature(client, shop, call):
    prepare(shop)
    body = b"" if call.body is None else json.dumps(call.body).encode()
    header = f"signer=7; signature={sign(body)}"
    response = put(client, body, f"/talonone{call.path}", call.method, Content_Signature=header)
    assert (response.status_code, response.content) == (401, REFUSED)


@pytest.mark.parametrize(
    "header",
    [
        "signer=7; signature={}",
        "signer=7;signature={}",
        "signer = 7 ;  signature = {}",
        "signer=7\t;\tsignature={}",
        "signature={}; signer=7",
        "signer=7; signature={};",
        "signer=7; signature={}; version=2",
    ],
)
def test_white_space_around_the_signs_does_not_matter(client, shop, header):
    assert put(client, Content_Signature=header.format(EMPTY_OBJECT)).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "7",
        EMPTY_OBJECT,
        f"signer=7 signature={EMPTY_OBJECT}",
        f"signature={EMPTY_OBJECT}",
        "signer=7",
        f"signer=; signature={EMPTY_OBJECT}",
        f"signer=seven; signature={EMPTY_OBJECT}",
        f"signer=-7; signature={EMPTY_OBJECT}",
        f"signer=7.0; signature={EMPTY_OBJECT}",
        f"signer=99; signature={EMPTY_OBJECT}",
        f"signer=8; signature={EMPTY_OBJECT}",
        f"signer={'9' * 40}; signature={EMPTY_OBJECT}",
        f"signer=\xb2; signature={EMPTY_OBJECT}",
        f"Signer=7; Signature={EMPTY_OBJECT}",
    ],
)
def test_an_unknown_signer_or_a_header_that_cannot_be_read_is_401(client, shop, header):
    response = put(client, Content_Signature=header.encode("latin-1"))
    assert (response.status_code, response.content) == (401, REFUSED)


@pytest.mark.parametrize("signature", ["", "00", EMPTY_OBJECT.upper(), EMPTY_OBJECT[:-1], EMPTY_OBJECT + "0", "\xff"])
def test_the_signature_is_compared_to_the_letter(client, shop, signature):
    response = put(client, Content_Signature=f"signer=7; signature={signature}".encode("latin-1"))
    assert (response.status_code, response.content) == (400, MISMATCH)


def test_the_key_of_another_application_does_not_sign_for_this_one(client, load):
    applications = [
        {"id": 7, "name": "Seven", "key": "fefecafedeadbeef"},
        {"id": 8, "name": "Eight", "key": "FEFECAFEDEADBEE0"},
    ]
    load({"talonone": {"applications": applications}})
    for signer, key, status in (
        (7, "fefecafedeadbeef", 200),
        (8, "fefecafedeadbee0", 200),
        (8, "fefecafedeadbeef", 400),
    ):
        header = f"signer={signer}; signature={sign(b'{}', key)}"
        assert put(client, Content_Signature=header).status_code == status


def test_a_valid_api_key_is_enough_whatever_the_signature(client, shop):
    for signature in ("signer=7; signature=00", "nonsense", f"signer=99; signature={EMPTY_OBJECT}"):
        headers = {"Authorization": f"ApiKey-v1 {KEY}", "Content_Signature": signature}
        assert put(client, **headers).status_code == 200


def test_the_api_key_decides_for_which_application_where_both_are_valid(client, shop):
    header = f"signer=7; signature={EMPTY_OBJECT}"
    response = put(client, Authorization=f"ApiKey-v1 {OTHER_KEY}", Content_Signature=header)
    assert response.json()["session"]["applicationId"] == 8


@pytest.mark.proves("talonone.two_schemes")
def test_a_valid_signature_is_enough_whatever_the_api_key(client, shop):
    header = f"signer=7; signature={EMPTY_OBJECT}"
    response = put(client, Authorization="ApiKey-v1 nope", Content_Signature=header)
    assert response.status_code == 200
    assert response.headers["x-emulator-provenance"] == "assumed"


def test_with_neither_valid_the_api_key_is_to_blame(client, shop):
    response = put(client, Authorization="ApiKey-v1 nope", Content_Signature="signer=7; signature=00")
    assert (response.status_code, response.content) == (401, REFUSED)


def test_a_wrong_signature_comes_before_a_bad_body(client, shop):
    response = put(client, b"{", Content_Signature=f"signer=7; signature={EMPTY_OBJECT}")
    assert response.content == MISMATCH


def test_the_mismatch_can_be_asked_for(client, shop):
    response = put(client, X_Emulator_Fault="hmac_signature_mismatch")
    assert (response.status_code, response.content) == (400, MISMATCH)
