"""Off-the-shelf OAuth clients get a token and opt a user out, each in the ways it offers."""

from typing import Any

import httpx
import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient, InvalidClientError, TokenExpiredError
from oauthlib.oauth2.rfc6749.errors import UnsupportedGrantTypeError
from requests_oauthlib import OAuth2Session

COMMAND = {"type": "optOut", "enableOptOut": True}
FULL = {"grant_type": "client_credentials", "client_id": "shop-client", "client_secret": "shop-secret"}


@pytest.fixture
def service(gateway: Any) -> str:
    return f"{gateway.url}/algonomy/qa/profile-command/v1"


@pytest.fixture
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """oauthlib refuses http, for the token and for the protected call."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib(gateway: Any, service: str, method: str) -> None:
    with AuthlibSession("shop-client", "shop-secret", token_endpoint_auth_method=method) as session:
        token = session.fetch_token(f"{service}/oauth2/token", grant_type="client_credentials")
        assert (token["token_type"], token["expires_in"]) == ("bearer", 28800)
        assert session.put(f"{service}/shop/optOut/u-1", json=COMMAND).json() == {}
    assert gateway.opted_out() == {"gone", "u-1"}


def test_authlib_renews_by_itself_once_its_token_is_old(gateway: Any, service: str) -> None:
    with AuthlibSession(
        "shop-client", "shop-secret", token_endpoint=f"{service}/oauth2/token", grant_type="client_credentials"
    ) as session:
        session.fetch_token(f"{service}/oauth2/token", grant_type="client_credentials")
        session.token["expires_at"] = 1
        assert session.put(f"{service}/shop/optOut/u-1", json=COMMAND).status_code == 200
    assert len(gateway.rows("tokens")) == 2


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_raises_on_the_documented_errors(gateway: Any, service: str, method: str) -> None:
    with (
        AuthlibSession("shop-client", "wrong", token_endpoint_auth_method=method) as session,
        pytest.raises(OAuthError) as refused,
    ):
        session.fetch_token(f"{service}/oauth2/token", grant_type="client_credentials")
    assert (refused.value.error, refused.value.description) == ("invalid_client", "Invalid client authentication")
    with (
        AuthlibSession("shop-client", "shop-secret", token_endpoint_auth_method=method) as session,
        pytest.raises(OAuthError, match="unsupported_grant_type"),
    ):
        session.fetch_token(f"{service}/oauth2/token", grant_type="magic")


@pytest.mark.parametrize(
    "way",
    [
        pytest.param({"client_secret": "shop-secret"}, id="Basic"),
        pytest.param({"client_secret": "shop-secret", "include_client_id": True}, id="body"),
        pytest.param(
            {"client_secret": "shop-secret", "include_client_id": True, "force_querystring": True}, id="query"
        ),
    ],
)
@pytest.mark.usefixtures("plain_http")
def test_requests_oauthlib(gateway: Any, service: str, way: dict[str, Any]) -> None:
    with OAuth2Session(client=BackendApplicationClient("shop-client")) as session:
        token = session.fetch_token(f"{service}/oauth2/token", **way)
        assert len(token["access_token"]) == 32
        assert session.put(f"{service}/shop/optOut/u-1", json=COMMAND).json() == {}
        session.token = {**token, "expires_at": 1}
        with pytest.raises(TokenExpiredError):
            session.put(f"{service}/shop/optOut/u-1", json=COMMAND)
    assert gateway.opted_out() == {"gone", "u-1"}


@pytest.mark.parametrize("way", [{}, {"include_client_id": True}])
@pytest.mark.usefixtures("plain_http", "gateway")
def test_requests_oauthlib_raises_on_the_documented_errors(service: str, way: dict[str, Any]) -> None:
    with (
        OAuth2Session(client=BackendApplicationClient("shop-client")) as session,
        pytest.raises(InvalidClientError),
    ):
        session.fetch_token(f"{service}/oauth2/token", client_secret="wrong", **way)
    magic = BackendApplicationClient("shop-client")
    magic.grant_type = "magic"
    with OAuth2Session(client=magic) as session, pytest.raises(UnsupportedGrantTypeError):
        session.fetch_token(f"{service}/oauth2/token", client_secret="shop-secret", **way)


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"params": FULL}, id="query"),
        pytest.param({"params": FULL, "data": {}}, id="query, empty form"),
        pytest.param(
            {"params": FULL, "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, id="query, form type"
        ),
        pytest.param({"data": FULL}, id="form"),
        pytest.param({"json": FULL}, id="JSON"),
        pytest.param({"files": {name: (None, value) for name, value in FULL.items()}}, id="multipart"),
        pytest.param(
            {"data": {"grant_type": "client_credentials"}, "auth": ("shop-client", "shop-secret")}, id="Basic"
        ),
    ],
)
def test_plain_requests(gateway: Any, service: str, how: dict[str, Any]) -> None:
    made = requests.post(f"{service}/oauth2/token", timeout=10, **how)
    assert made.status_code == 200
    bearer = {"Authorization": f"Bearer {made.json()['access_token']}"}
    put = requests.put(f"{service}/shop/optOut/u-1", json=COMMAND, headers=bearer, timeout=10, allow_redirects=False)
    assert (put.status_code, put.content) == (200, b"{}")
    assert gateway.opted_out() == {"gone", "u-1"}


def test_a_client_that_tries_basic_first_and_then_the_body_succeeds(gateway: Any, service: str) -> None:
    """As Go's clientcredentials does: percent-encoded pair by Basic, then both parameters in a form."""
    first = httpx.post(
        f"{service}/oauth2/token", data={"grant_type": "client_credentials"}, auth=("shop%2Dclient", "shop%2Dsecret")
    )
    second = httpx.post(f"{service}/oauth2/token", data=FULL)
    assert (first.status_code, second.status_code) == (400, 200)
    assert len(gateway.rows("tokens")) == 1
