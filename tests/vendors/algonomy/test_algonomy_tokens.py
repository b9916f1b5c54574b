"""The token endpoint: where parameters may stand, what comes back, and how it is refused."""

import base64
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

GRANT = {"grant_type": "client_credentials"}
PAIR = {"client_id": "shop-client", "client_secret": "shop-secret"}
FULL = {**GRANT, **PAIR}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

INVALID_CLIENT = b'{"error_description":"Invalid client authentication","error":"invalid_client"}'
UNSUPPORTED = b'{"error_description":"Invalid grant_type","error":"unsupported_grant_type"}'
INVALID_CODE = b'{"error_description":"Invalid code","error":"invalid_request"}'
INVALID_REFRESH = b'{"error_description":"Invalid refresh_token","error":"invalid_request"}'
INVALID_KEY = b'{"error_description":"Invalid provision_key","error":"invalid_provision_key"}'
NEED_HTTPS = b'{"error_description":"You must use HTTPS","error":"access_denied"}'
ONE_PROTO = b'{"error_description":"Only one X-Forwarded-Proto header allowed","error":"access_denied"}'
BASIC_CHALLENGE = 'Basic realm="OAuth2.0"'


def basic(pair: str, scheme: str = "Basic ") -> dict[str, str]:
    return {"Authorization": scheme + base64.b64encode(pair.encode()).decode()}


GOOD_BASIC = basic("shop-client:shop-secret")


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"params": FULL}, id="query, no body"),
        pytest.param({"params": FULL, "content": b""}, id="query, empty body"),
        pytest.param({"params": FULL, "headers": FORM}, id="query, form type, no bytes"),
        pytest.param(
            {"params": FULL, "content": b"x", "headers": {"Content-Type": "text/plain"}}, id="query, other type"
        ),
        pytest.param({"params": FULL, "content": b"grant_type=password"}, id="query, body without a type"),
        pytest.param(
            {"params": FULL, "content": b"{", "headers": {"Content-Type": "application/json"}}, id="broken JSON"
        ),
        pytest.param(
            {"params": FULL, "content": b"[1]", "headers": {"Content-Type": "application/json"}}, id="JSON list"
        ),
        pytest.param(
            {"params": FULL, "content": b"??", "headers": {"Content-Type": "multipart/form-data"}}, id="no boundary"
        ),
        pytest.param(
            {"params": FULL, "content": b"??", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
            id="broken multipart",
        ),
        pytest.param({"data": FULL}, id="form"),
        pytest.param(
            {
                "content": b"grant_type=client_credentials&client_id=shop-client&client_secret=shop-secret",
                "headers": {"Content-Type": "Application/X-WWW-Form-Urlencoded;charset=UTF-8"},
            },
            id="form, odd spelling and charset",
        ),
        pytest.param({"json": FULL}, id="JSON"),
        pytest.param({"files": {name: (None, value) for name, value in FULL.items()}}, id="multipart"),
        pytest.param({"files": {name: (name, value) for name, value in FULL.items()}}, id="multipart, as files"),
        pytest.param({"params": GRANT, "data": PAIR}, id="query and form"),
        pytest.param({"params": GRANT, "headers": GOOD_BASIC}, id="Basic"),
        pytest.param({"data": GRANT, "headers": basic("shop-client:shop-secret", "basic ")}, id="basic"),
        pytest.param({"data": GRANT, "headers": basic("shop-client:shop-secret", "Basic")}, id="Basic without space"),
        pytest.param(
            {"data": GRANT, "headers": {"Authorization": GOOD_BASIC["Authorization"].rstrip("=")}}, id="Basic unpadded"
        ),
        pytest.param({"data": GRANT, "headers": basic("shop-client:shop-secret:more")}, id="Basic, second colon"),
        pytest.param(
            {"data": {**GRANT, "client_id": "lone"}, "headers": GOOD_BASIC}, id="Basic beats a lone client_id"
        ),
        pytest.param({"params": {**FULL, "client_secret": "no"}, "data": PAIR}, id="body beats query"),
        pytest.param({"params": FULL, "headers": basic("shop-client:wrong")}, id="parameters beat Basic"),
        pytest.param(
            {"params": {**FULL, "scope": "anything", "redirect_uri": "https://a.example/"}}, id="ignored extras"
        ),
    ],
)
def test_credentials_are_found_wherever_kong_looks(gateway: Any, how: dict[str, Any]) -> None:
    response = gateway.ask(how.pop("params", None), **how)
    assert response.status_code == 200, response.text
    assert gateway.opt_out(token=response.json()["access_token"]).status_code == 200


def test_a_broken_multipart_body_is_not_reported_on_stderr() -> None:
    """Its parser logs a warning, which Python prints where nobody has chosen another place."""
    script = (
        "from emulator.core.request import Request; from emulator.vendors.algonomy.contract import read_parameters; "
        "kind = [(b'content-type', b'multipart/form-data; boundary=b')]; "
        "print(read_parameters(Request('POST', '/', headers=kind, body=b'??')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("{}\n", "")


def test_a_post_without_content_length_is_served(gateway: Any) -> None:
    """Integrators' scripts post query parameters with no body at all."""
    query = "&".join(f"{name}={value}" for name, value in FULL.items())
    response = gateway.client.send(
        gateway.client.build_request(
            "POST", f"/algonomy/qa/profile-command/v1/oauth2/token?{query}", content=iter([b""])
        )
    )
    assert response.status_code == 200


@pytest.mark.proves("algonomy.operation.createToken")
def test_the_answer_is_the_documented_one(gateway: Any) -> None:
    response = gateway.ask(FULL)
    assert response.status_code == 200
    token = response.json()["access_token"]
    assert re.fullmatch("[A-Za-z0-9]{32}", token)
    assert response.content == b'{"token_type":"bearer","access_token":"%s","expires_in":28800}' % token.encode()
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["pragma"] == "no-cache"
    assert response.headers["content-length"] == str(len(response.content))
    assert "www-authenticate" not in response.headers
    assert response.headers["x-emulator-provenance"] == "documented"


@pytest.mark.proves("algonomy.kong")
def test_what_goes_beyond_the_page_is_marked_as_inferred(gateway: Any) -> None:
    assert gateway.ask(GRANT, headers=GOOD_BASIC).headers["x-emulator-provenance"] == "inferred"
    assert gateway.ask(json=FULL).headers["x-emulator-provenance"] == "inferred"
    assert gateway.ask(data=FULL).headers["x-emulator-provenance"] == "documented"


def test_every_call_mints_a_new_token_and_the_earlier_ones_stay_valid(gateway: Any) -> None:
    tokens = [gateway.token() for _ in range(3)]
    assert len(set(tokens)) == 3
    assert [gateway.opt_out(token=token).status_code for token in tokens] == [200, 200, 200]


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [("xyz", b'"xyz"'), ("", b'""'), ("{a} ü", '"{a} ü"'.encode()), (["a", "b"], b'["a","b"]')],
)
def test_state_comes_back_in_success_and_in_errors(gateway: Any, sent: Any, echoed: bytes) -> None:
    assert gateway.ask({**FULL, "state": sent}).content.endswith(b'"expires_in":28800,"state":%s}' % echoed)
    refused = gateway.ask({**FULL, "client_secret": "no", "state": sent})
    assert refused.content == INVALID_CLIENT[:-1] + b',"state":%s}' % echoed


@pytest.mark.parametrize("state", [1, True, None, {"a": 1}, [1], [["x"]]])
def test_a_state_that_is_no_text_is_not_echoed(gateway: Any, state: Any) -> None:
    assert "state" not in gateway.ask(json={**FULL, "state": state}).json()


@pytest.mark.parametrize(
    ("how", "status", "body", "challenge"),
    [
        pytest.param(
            {"data": {**FULL, "client_id": "nobody"}},
            400,
            INVALID_CLIENT,
            None,
            id="unknown client",
            marks=pytest.mark.proves("algonomy.error.invalid_client"),
        ),
        pytest.param(
            {"data": {**FULL, "client_id": "SHOP-client"}}, 400, INVALID_CLIENT, None, id="client in other case"
        ),
        pytest.param(
            {"data": {**FULL, "client_secret": "wrong"}},
            400,
            INVALID_CLIENT,
            None,
            id="wrong secret",
            marks=pytest.mark.proves("algonomy.error.invalid_client"),
        ),
        pytest.param({"data": {**GRANT, "client_id": "shop-client"}}, 400, INVALID_CLIENT, None, id="no secret"),
        pytest.param({"data": {**GRANT, "client_secret": "shop-secret"}}, 400, INVALID_CLIENT, None, id="no client_id"),
        pytest.param({"data": GRANT}, 400, INVALID_CLIENT, None, id="neither"),
        pytest.param({}, 400, INVALID_CLIENT, None, id="nothing at all"),
        pytest.param({"data": {**FULL, "client_id": ""}}, 400, INVALID_CLIENT, None, id="empty client_id"),
        pytest.param({"data": {**FULL, "client_secret": ""}}, 400, INVALID_CLIENT, None, id="empty secret"),
        pytest.param(
            {"data": {**FULL, "client_id": ["shop-client"] * 2}}, 400, INVALID_CLIENT, None, id="two client_ids"
        ),
        pytest.param(
            {"data": {**FULL, "client_secret": ["shop-secret"] * 2}}, 400, INVALID_CLIENT, None, id="two secrets"
        ),
        pytest.param({"json": {**FULL, "client_secret": 1}}, 400, INVALID_CLIENT, None, id="number as secret"),
        pytest.param({"json": {**FULL, "client_id": None}}, 400, INVALID_CLIENT, None, id="null as client_id"),
        pytest.param(
            {"data": GRANT, "headers": basic("shop-client:wrong")},
            401,
            INVALID_CLIENT,
            BASIC_CHALLENGE,
            id="wrong secret by Basic",
            marks=pytest.mark.proves("algonomy.error.invalid_client_basic"),
        ),
        pytest.param(
            {"data": GRANT, "headers": basic("shop-client")},
            401,
            INVALID_CLIENT,
            BASIC_CHALLENGE,
            id="no secret by Basic",
        ),
        pytest.param(
            {"data": GRANT, "headers": basic("nobody:wrong")}, 400, INVALID_CLIENT, None, id="unknown client by Basic"
        ),
        pytest.param(
            {"data": GRANT, "headers": {"Authorization": "Basic !!!"}}, 400, INVALID_CLIENT, None, id="garbage by Basic"
        ),
        pytest.param(
            {"data": GRANT, "headers": {"Authorization": "Basic"}}, 400, INVALID_CLIENT, None, id="bare Basic"
        ),
        pytest.param({"data": GRANT, "headers": {"Authorization": "Bearer x"}}, 400, INVALID_CLIENT, None, id="Bearer"),
        pytest.param(
            {"data": PAIR},
            400,
            UNSUPPORTED,
            None,
            id="no grant_type",
            marks=pytest.mark.proves("algonomy.error.unsupported_grant_type"),
        ),
        pytest.param({"data": {**PAIR, "grant_type": ""}}, 400, UNSUPPORTED, None, id="empty grant_type"),
        pytest.param(
            {"data": {**PAIR, "grant_type": "Client_Credentials"}}, 400, UNSUPPORTED, None, id="grant_type case"
        ),
        pytest.param(
            {"data": {**PAIR, "grant_type": "magic"}},
            400,
            UNSUPPORTED,
            None,
            id="unknown grant_type",
            marks=pytest.mark.proves("algonomy.error.unsupported_grant_type"),
        ),
        pytest.param({"data": {**PAIR, "grant_type": "password"}}, 400, UNSUPPORTED, None, id="grant password"),
        pytest.param(
            {"data": {**PAIR, "grant_type": ["client_credentials"] * 2}}, 400, UNSUPPORTED, None, id="grant_type twice"
        ),
        pytest.param({"json": {**PAIR, "grant_type": {}}}, 400, UNSUPPORTED, None, id="grant_type an object"),
        pytest.param(
            {"data": {"grant_type": "magic"}, "headers": GOOD_BASIC}, 400, UNSUPPORTED, None, id="bad grant, good Basic"
        ),
        pytest.param(
            {"data": {**PAIR, "grant_type": "authorization_code", "code": "c"}},
            400,
            INVALID_CODE,
            None,
            id="grant authorization_code",
            marks=pytest.mark.proves("algonomy.error.invalid_code"),
        ),
        pytest.param(
            {"data": {**PAIR, "grant_type": "refresh_token", "refresh_token": "r"}},
            400,
            INVALID_REFRESH,
            None,
            id="grant refresh_token",
            marks=pytest.mark.proves("algonomy.error.invalid_refresh_token"),
        ),
        pytest.param(
            {"data": {"grant_type": "magic", "client_id": "nobody", "client_secret": "x"}},
            400,
            INVALID_CLIENT,
            None,
            id="bad grant and unknown client",
        ),
        pytest.param(
            {"data": {**PAIR, "grant_type": "magic", "client_secret": "x"}},
            400,
            INVALID_CLIENT,
            None,
            id="bad grant and wrong secret",
        ),
        pytest.param(
            {"data": {"grant_type": "magic"}, "headers": basic("nobody:x")},
            401,
            INVALID_CLIENT,
            BASIC_CHALLENGE,
            id="bad grant and unknown client by Basic",
            marks=pytest.mark.proves("algonomy.error.invalid_client_basic"),
        ),
        pytest.param(
            {"headers": {"Authorization": "Basic !!!"}},
            401,
            INVALID_CLIENT,
            BASIC_CHALLENGE,
            id="no grant and garbage by Basic",
        ),
        pytest.param(
            {"data": {**FULL, "authenticated_userid": "ana"}},
            400,
            INVALID_KEY,
            None,
            id="no provision_key",
            marks=pytest.mark.proves("algonomy.error.invalid_provision_key"),
        ),
        pytest.param(
            {"data": {**FULL, "authenticated_userid": "", "provision_key": "guess"}},
            400,
            INVALID_KEY,
            None,
            id="wrong provision_key",
            marks=pytest.mark.proves("algonomy.error.invalid_provision_key"),
        ),
    ],
)
def test_a_refusal_has_its_status_body_and_challenge(
    gateway: Any, how: dict[str, Any], status: int, body: bytes, challenge: str | None
) -> None:
    response = gateway.ask(**how)
    assert (response.status_code, response.content) == (status, body)
    assert response.headers.get("www-authenticate") == challenge
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert (response.headers["cache-control"], response.headers["pragma"]) == ("no-store", "no-cache")
    assert gateway.rows("tokens") == []


def test_a_parameter_without_value_counts_as_sent_but_names_no_client(gateway: Any) -> None:
    path = "/algonomy/qa/profile-command/v1/oauth2/token?grant_type=client_credentials&client_id&client_secret"
    response = gateway.client.post(path, headers=GOOD_BASIC)
    assert (response.status_code, response.content) == (400, INVALID_CLIENT)


def test_raw_octets_in_parameters_and_header_are_a_wrong_client(gateway: Any) -> None:
    path = "/algonomy/qa/profile-command/v1/oauth2/token?grant_type=client_credentials&client_id=%FF&client_secret=%00"
    assert gateway.client.post(path).content == INVALID_CLIENT
    response = gateway.ask(GRANT, headers={"Authorization": b"Basic \xe2\x80\x99\xff"})
    assert (response.status_code, response.content) == (400, INVALID_CLIENT)


@pytest.mark.proves("algonomy.error.invalid_method")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_any_method_but_post_is_405_in_the_gateways_words(gateway: Any, method: str) -> None:
    response = gateway.send(method, "oauth2/token")
    said = f"The HTTP method {method} is invalid for the token endpoint"
    assert response.status_code == 405
    assert response.text == f'{{"error_description":"{said}","error":"invalid_method"}}'
    challenge = f'Bearer realm="service" error="invalid_method" error_description="{said}"'
    assert response.headers["www-authenticate"] == challenge
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    for absent in ("allow", "cache-control", "pragma"):
        assert absent not in response.headers


def test_head_is_405_without_a_body(gateway: Any) -> None:
    response = gateway.send("HEAD", "oauth2/token")
    assert (response.status_code, response.content) == (405, b"")
    assert "method HEAD is invalid" in response.headers["www-authenticate"]


@pytest.mark.parametrize("path", ["oauth2/token", "oauth2/token/", "shop/oauth2/token", "a/b/oauth2/token/"])
def test_the_endpoint_is_any_path_that_ends_in_it(gateway: Any, path: str) -> None:
    response = gateway.send("POST", path, data=FULL)
    assert response.status_code == 200
    assert gateway.send("GET", path).status_code == 405


@pytest.mark.parametrize("path", ["oath2/token", "oauth2/token/x", "oauth2/Token", "oauth2%2Ftoken", "oauth2"])
def test_a_path_that_only_resembles_it_is_a_protected_one(gateway: Any, path: str) -> None:
    response = gateway.send("POST", path, data=FULL)
    assert response.status_code == 401
    assert response.json() == {"error_description": "The access token is missing", "error": "invalid_request"}


@pytest.mark.proves("algonomy.default.client_credentials_grant")
def test_without_the_grant_even_good_clients_are_refused(gateway: Any, switch: Callable[..., None]) -> None:
    assert gateway.ask(FULL).status_code == 200
    switch(client_credentials_grant=False)
    assert gateway.ask(FULL).content == UNSUPPORTED
    assert gateway.ask({**FULL, "client_secret": "no"}).content == INVALID_CLIENT


@pytest.mark.proves("algonomy.error.invalid_scope", "algonomy.error.scope_not_a_string", "algonomy.default.scopes")
def test_scopes_are_checked_where_some_are_configured(gateway: Any, switch: Callable[..., None]) -> None:
    assert gateway.ask({**FULL, "scope": "profiles {mail}"}).status_code == 200
    switch(scopes=["profiles", "{odd}"])
    assert gateway.ask(FULL).status_code == 200
    assert gateway.ask({**FULL, "scope": "profiles {odd}"}).status_code == 200
    refused = gateway.ask({**FULL, "scope": "profiles {mail}"})
    assert refused.status_code == 400
    assert refused.json() == {"error_description": '"{mail}" is an invalid scope', "error": "invalid_scope"}
    twice = gateway.ask({**FULL, "scope": ["profiles", "profiles"]})
    assert twice.json() == {"error_description": "scope must be a string", "error": "invalid_scope"}


@pytest.mark.proves("algonomy.default.provision_key")
def test_a_configured_provision_key_opens_authenticated_userid(gateway: Any, switch: Callable[..., None]) -> None:
    on_behalf = {**FULL, "authenticated_userid": "ana"}
    assert gateway.ask({**on_behalf, "provision_key": "key-1"}).content == INVALID_KEY
    switch(provision_key="key-1")
    assert gateway.ask({**on_behalf, "provision_key": "key-1"}).status_code == 200
    assert gateway.ask({**on_behalf, "provision_key": "key-2"}).content == INVALID_KEY
    assert gateway.ask(on_behalf).content == INVALID_KEY
    assert gateway.ask({**on_behalf, "client_id": "nobody"}).content == INVALID_KEY


@pytest.mark.proves("algonomy.default.require_https")
@pytest.mark.parametrize(
    ("forwarded", "body"),
    [
        pytest.param([], NEED_HTTPS, marks=pytest.mark.proves("algonomy.error.https_required")),
        pytest.param(["http"], NEED_HTTPS, marks=pytest.mark.proves("algonomy.error.https_required")),
        pytest.param(["https, http"], ONE_PROTO, marks=pytest.mark.proves("algonomy.error.forwarded_proto_repeated")),
        pytest.param(
            ["https", "https"], ONE_PROTO, marks=pytest.mark.proves("algonomy.error.forwarded_proto_repeated")
        ),
    ],
)
def test_plain_http_is_refused_where_https_is_required(
    gateway: Any, switch: Callable[..., None], forwarded: list[str], body: bytes
) -> None:
    target = "/algonomy/qa/profile-command/v1/oauth2/token"
    headers = [*FORM.items(), *(("X-Forwarded-Proto", value) for value in forwarded)]
    good = b"grant_type=client_credentials&client_id=shop-client&client_secret=shop-secret"
    assert gateway.raw("POST", target, headers, good)[0] == 200
    switch(require_https=True)
    for sent in (good, b""):
        status, answered, content = gateway.raw("POST", target, headers, sent)
        assert (status, content, answered["Cache-Control"]) == (400, body, "no-store")


def test_tls_ended_before_the_gateway_counts_as_https(gateway: Any, switch: Callable[..., None]) -> None:
    switch(require_https=True)
    forwarded = {"X-Forwarded-Proto": "HTTPS"}
    token = gateway.ask(FULL, headers=forwarded).json()["access_token"]
    assert gateway.opt_out(token=token).status_code == 200, "the protected call is not checked"
