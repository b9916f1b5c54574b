"""A small workspace, and a caller of its Profile API."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from emulator.core.world import World

KEY = "c2hvcDpzZWNyZXQ="
NOW = "2024-06-01T12:00:00Z"
PROFILES = "/primedata/pub/profiles/advanced-search"
EVENTS = "/primedata/pub/events/advanced-search"
INVALID_REQUEST = {
    "error": {
        "code": "invalid_request_error",
        "message": "Invalid request errors arise when your request has invalid parameters.",
    }
}
NOT_FOUND = {"error": {"code": "not_found", "message": "Profile was not found."}}

WORKSPACE: dict[str, Any] = {
    "settings": {"requests_per_second": 0},
    "api_keys": [KEY],
    "identity_config": [
        {"name": "phone_number", "priority": 1},
        {"name": "email", "priority": 2},
    ],
    "event_catalogue": [{"name": "Viewed"}, {"name": "Bought", "schema_version": "0.2"}, {"name": "Refunded"}],
    "profiles": [
        {
            "profile_id": "ann",
            "last_updated": "2024-01-02T03:04:05.678Z",
            "identity": {"email": ["ann@shop.example", "a@shop.example"], "phone_number": ["0123456789"]},
            "trait": {"full_name": "Ann", "city": {"name": "Huế", "zip": 530000}, "tags": ["b", "a"]},
            "p_trait": {"ltv": 12.5},
            "aliases": ["ann-before-merge"],
        },
        {"profile_id": "bob", "identity": {"email": ["bob@shop.example"], "phone_number": ["84912345678"]}},
    ],
}


def validation_error(message: str) -> dict[str, Any]:
    return {"error": {"code": "validation_error", "message": message}}


@dataclass
class Caller:
    """Calls with the workspace's key; a body is JSON text or what becomes it."""

    client: httpx.Client
    world: World

    def call(self, path: str, body: Any, **headers: str) -> httpx.Response:
        sent = {"content": body} if isinstance(body, str | bytes) else {"json": body}
        return self.client.post(path, headers={"x-api-key": KEY, **headers}, **sent)

    def profile(self, **body: Any) -> httpx.Response:
        return self.call(PROFILES, body)

    def events(self, **body: Any) -> httpx.Response:
        return self.call(EVENTS, body)

    def ids(self, **body: Any) -> list[str]:
        """Of the events on one page."""
        response = self.events(**body)
        assert response.status_code == 200, response.text
        return [event["id"] for event in response.json()["data"]]

    def pages(self, **body: Any) -> Iterator[list[str]]:
        """Ids page by page, following the cursor to the end."""
        more = True
        while more:
            response = self.events(**body)
            assert response.status_code == 200, response.text
            answer = response.json()
            yield [event["id"] for event in answer["data"]]
            more = answer["cursor"]["has_more"]
            assert (answer["cursor"]["next"] != "") == more
            body["cursor"] = answer["cursor"]["next"]
