"""A small world for the Profile Command API, and a caller who knows its way around in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPMessage
from typing import Any

import httpx
import pytest

from emulator.core.clock import Micros
from emulator.core.world import World
from emulator.server import Background
from emulator.vendors.algonomy import VENDOR

NOW = "2026-01-05T09:00:00Z"
GOOD = {"client_id": "shop-client", "client_secret": "shop-secret"}
ENVIRONMENTS: dict[str, Any] = {
    "qa": {
        "sites": ["shop", "other"],
        "clients": [
            {**GOOD, "sites": ["shop"]},
            {"client_id": "other-client", "client_secret": "other-secret", "sites": ["other"]},
        ],
        "profiles": [{"site": "shop", "user_id": "ana", "attributes": {"tier": "gold"}, "history": [{"view": "shoe"}]}],
        "opted_out": [{"site": "shop", "user_id": "gone", "at": "2026-01-01"}],
    },
    "production": {
        "sites": ["shop"],
        "clients": [{"client_id": "live-client", "client_secret": "live-secret", "sites": ["shop"]}],
    },
    "staging": {"sites": ["shop"], "clients": [{**GOOD, "sites": ["shop"]}]},
}


@dataclass
class Gateway:
    """The gateway as one customer sees it; `client` is an HTTP client at the world's root."""

    client: httpx.Client
    world: World
    url: str
    good: dict[str, str] = field(default_factory=lambda: dict(GOOD))

    def ask(self, query: dict[str, Any] | None = None, env: str = "qa", **how: Any) -> httpx.Response:
        """A token request with these query parameters."""
        return self.client.post(f"/algonomy/{env}/profile-command/v1/oauth2/token", params=query, **how)

    def token(self, env: str = "qa", **pair: str) -> str:
        response = self.ask({"grant_type": "client_credentials", **(pair or self.good)}, env)
        assert response.status_code == 200, response.text
        return str(response.json()["access_token"])

    def send(self, method: str, path: str, authorization: str | bytes | None = None, **how: Any) -> httpx.Response:
        """A call of the qa service below ``/profile-command/v1/``."""
        headers = dict(how.pop("headers", {}))
        if authorization is not None:
            headers["Authorization"] = authorization
        return self.client.request(method, f"/algonomy/qa/profile-command/v1/{path}", headers=headers, **how)

    def put(self, body: Any, user_id: str = "u-1", site: str = "shop", token: str | None = None) -> httpx.Response:
        """The command, as documented, with a fresh token unless one is given."""
        return self.send("PUT", f"{site}/optOut/{user_id}", f"Bearer {token or self.token()}", json=body)

    def opt_out(self, user_id: str = "u-1", site: str = "shop", token: str | None = None) -> httpx.Response:
        return self.put({"type": "optOut", "enableOptOut": True}, user_id, site, token)

    def raw(
        self, method: str, target: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b""
    ) -> tuple[int, HTTPMessage, bytes]:
        """A call that goes over the wire to the letter."""
        url = httpx.URL(self.url)
        connection = HTTPConnection(url.host, url.port, timeout=10)
        connection.putrequest(method, url.path + target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        answer = response.status, response.msg, response.read()
        connection.close()
        return answer

    def pass_time(self, span: Micros) -> None:
        self.world.clock.advance(span)

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.world.store.dump(VENDOR.metadata.tables[f"algonomy_{table}"])

    def opted_out(self) -> set[str]:
        return {row["user_id"] for row in self.rows("opt_outs")}


@pytest.fixture
def gateway(
    client: httpx.Client, world: World, server: Background, namespace: str, load: Callable[[dict[str, Any]], None]
) -> Gateway:
    """The small world, its clock frozen."""
    load({"clock": NOW, "algonomy": {"environments": ENVIRONMENTS}})
    return Gateway(client, world, f"{server.url}/ns/{namespace}")


@pytest.fixture
def switch(gateway: Gateway, load: Callable[[dict[str, Any]], None]) -> Callable[..., None]:
    """Start the small world anew with these settings."""

    def load_with(**settings: Any) -> None:
        load({"clock": NOW, "algonomy": {"settings": settings, "environments": ENVIRONMENTS}})

    return load_with
