"""A data source of the small workspace, and what it tracks."""

from dataclasses import dataclass
from typing import Any

import httpx

from emulator.vendors.primedata import VENDOR
from tests.vendors.primedata.workspace import Caller

SOURCE = "JS-2K7QRzns7Gpw4n4Q4RADtFpmhnm"
WRITE_KEY = "2K7QRwKq7zXgL1YhM0cNsTdWpRe"
KEYS = {"X-Client-Id": SOURCE, "X-Client-Access-Token": WRITE_KEY}
SMILE = "/primedata/powehi/smile"
CONTEXT = "/primedata/powehi/context"
NOTHING = {"itemId": "_", "itemType": "_", "scope": SOURCE}
WHEN = "2024-05-21T11:48:23+07:00"

ADDITIONS: dict[str, Any] = {
    "sources": [{"id": SOURCE, "write_key": WRITE_KEY, "name": "shop"}],
    "event_schemas": [
        {
            "alias": "demo-check-out",
            "title": "Check out",
            "isPublish": True,
            "required": ["total"],
            "properties": {
                "total": {"type": "number", "alias": "total", "title": "Total"},
                "gift": {"type": "boolean", "alias": "gift", "title": "A gift"},
                "coupon": {"type": "string", "alias": "coupon", "title": "Coupon"},
                "skus": {"type": "array", "alias": "skus", "title": "Articles"},
            },
            "schema_version": "0.3",
        }
    ],
}


def event(event_type: str, properties: Any = None, **changes: Any) -> dict[str, Any]:
    """As Events Push API shows one; a change to ``...`` leaves the member out."""
    made = {
        "eventType": event_type,
        "properties": {} if properties is None else properties,
        "scope": SOURCE,
        "timeStamp": WHEN,
        "source": NOTHING,
        "target": NOTHING,
        **changes,
    }
    return {name: value for name, value in made.items() if value is not ...}


def identify(session_id: str | None = None, /, **properties: Any) -> dict[str, Any]:
    target = {"itemId": "_", "itemType": "analyticsUser", "scope": SOURCE, "properties": properties}
    return event("identify", target=target, sessionId=session_id)


@dataclass
class Tracker:
    """Tracks with the data source's keys, and searches with the workspace's."""

    caller: Caller

    def send(self, path: str, body: Any, **headers: str) -> httpx.Response:
        sent = {"content": body} if isinstance(body, str | bytes) else {"json": body}
        return self.caller.client.post(path, headers={**KEYS, **headers}, **sent)

    def smile(self, *events: Any, **body: Any) -> httpx.Response:
        return self.send(SMILE, {"events": events, **body})

    def context(self, *events: Any, **body: Any) -> httpx.Response:
        return self.send(CONTEXT, {"events": events, **body})

    def took(self, *events: Any, **body: Any) -> str | None:
        """The id of the profile that smile answers."""
        response = self.smile(*events, **body)
        assert response.status_code == 200, response.text
        answer = response.json()
        assert list(answer) == ["processedEvents", "profileId"]
        assert answer["processedEvents"] == len(events)
        profile_id: str | None = answer["profileId"]
        return profile_id

    def violations(self, *events: Any, **body: Any) -> list[tuple[str, str]]:
        """Fields and descriptions of a 422, whose shape is checked."""
        response = self.smile(*events, **body)
        assert response.status_code == 422, response.text
        error = response.json()["error"]
        assert list(error) == ["details", "message"]
        assert error["message"] == "Schema is invalid"
        return [(one["field"], one["description"]) for one in error["details"]]

    def profile(self, **identities: str) -> dict[str, Any]:
        response = self.caller.profile(identities={name: [value] for name, value in identities.items()})
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()["data"]
        return found

    def events(self, **search: Any) -> list[dict[str, Any]]:
        response = self.caller.events(**search)
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()["data"]
        return found

    def names(self, **search: Any) -> list[str]:
        return [one["event_name"] for one in self.events(**search)]

    def relied(self) -> list[str]:
        """The entries that shaped the latest answer."""
        return [VENDOR.entry(one).id for one in list(self.caller.world.journal)[-1].relied]
