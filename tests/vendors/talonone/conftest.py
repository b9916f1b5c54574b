"""A shop: application 7 of a small world, and calls to it as its key makes them."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

KEY = "ab" * 32
OTHER_KEY = "cd" * 32
FOREIGN_KEY = "ef" * 32
SIGNING_KEY = "fefecafedeadbeef"

ATTRIBUTES = [
    {"entity": "CustomerProfile", "name": "Name", "type": "string"},
    {"entity": "CustomerProfile", "name": "Age", "type": "number"},
    {"entity": "CustomerProfile", "name": "Newsletter", "type": "boolean"},
    {"entity": "CustomerProfile", "name": "SignupDate", "type": "time"},
    {"entity": "CustomerProfile", "name": "Home", "type": "location"},
    {"entity": "CustomerProfile", "name": "Tags", "type": "(list string)"},
    {"entity": "CustomerProfile", "name": "Scores", "type": "(list number)"},
    {"entity": "CustomerProfile", "name": "Visits", "type": "(list time)"},
    {"entity": "CustomerProfile", "name": "Places", "type": "(list location)"},
    {"entity": "CustomerSession", "name": "City", "type": "string"},
    {"entity": "CustomerSession", "name": "a/b~c", "type": "string"},
    {"entity": "CartItem", "name": "color", "type": "string"},
    {"entity": "Coupon", "name": "channel", "type": "string"},
    {"entity": "Event", "eventType": "viewed_page", "name": "URL", "type": "string"},
    {"entity": "Event", "eventType": "viewed_page", "name": "Seconds", "type": "number"},
    {"entity": "Referral", "name": "source", "type": "string"},
]


class Shop:
    """Application 7, and 8 beside it; 9 is of another account."""

    def __init__(self, client: httpx.Client, load: Callable[[dict[str, Any]], None]) -> None:
        self._client = client
        self._load = load

    def open(self, *campaigns: dict[str, Any], case: str = "sensitive", **section: Any) -> None:
        """Load a world with these campaigns of application 7."""
        applications = [
            {"id": 7, "name": "Shop", "caseSensitivity": case, "apiKeys": [{"key": KEY}], "key": SIGNING_KEY},
            {"id": 8, "name": "Other shop", "apiKeys": [{"key": OTHER_KEY}]},
            {"id": 9, "name": "Foreign shop", "accountId": 2, "apiKeys": [{"key": FOREIGN_KEY}]},
        ]
        talonone = {
            "applications": applications,
            "attributes": ATTRIBUTES,
            "additionalCosts": [{"name": "shipping"}, {"name": "wrapping"}],
            "loyaltyPrograms": [{"id": 1, "name": "points", "defaultValidity": "30d"}],
            "campaigns": list(campaigns),
            **section,
        }
        self._load({"talonone": talonone})

    def call(self, method: str, path: str, body: Any = None, *, key: str = KEY, **options: Any) -> httpx.Response:
        """Any call, with a body where one is given."""
        headers = {"Authorization": f"ApiKey-v1 {key}", **options.pop("headers", {})}
        content = {} if body is None else {"json": body}
        return self._client.request(method, f"/talonone{path}", headers=headers, **content, **options)

    def put(self, path: str, body: Any, *, key: str = KEY, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"ApiKey-v1 {key}", **options.pop("headers", {})}
        return self._client.put(f"/talonone/v2{path}", json=body, headers=headers, **options)

    def session(self, number: str = "s-1", *content: str, key: str = KEY, dry: str = "", **members: Any) -> Any:
        """The answer to an update of a session with these members; it has to be accepted."""
        body = {"customerSession": members, "responseContent": list(content)}
        response = self.put(f"/customer_sessions/{number}", body, key=key, params={"dry": dry} if dry else None)
        assert response.status_code == 200, response.text
        return response.json()

    def refused(self, number: str = "s-1", **members: Any) -> Any:
        """The body of a 400 for an update of a session."""
        response = self.put(f"/customer_sessions/{number}", {"customerSession": members})
        assert response.status_code == 400, response.text
        return response.json()

    def profile(self, number: str, *, key: str = KEY, **attributes: Any) -> Any:
        response = self.put(f"/customer_profiles/{number}", {"attributes": attributes}, key=key)
        assert response.status_code == 200, response.text
        return response.json()["customerProfile"]


@pytest.fixture
def shop(client: httpx.Client, load: Callable[[dict[str, Any]], None]) -> Shop:
    """Without campaigns, until a test opens it with some."""
    one = Shop(client, load)
    one.open()
    return one


def rule(condition: list[Any], *effects: list[Any], title: str = "", bindings: Any = ()) -> dict[str, Any]:
    return {"title": title, "condition": condition, "effects": list(effects), "bindings": list(bindings)}


def campaign(number: int, *rules: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A campaign of application 7 whose ruleset has its number times ten plus one."""
    ruleset = {"id": number * 10 + 1, "rules": list(rules), "bindings": members.pop("bindings", [])}
    return {"id": number, "applicationId": 7, "name": f"Campaign {number}", "rulesets": [ruleset], **members}


def cart(*prices: float) -> list[dict[str, Any]]:
    return [{"name": f"Item {n}", "sku": f"sku-{n}", "quantity": 1, "price": p} for n, p in enumerate(prices)]


def brief(effects: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Effects as type and props' values, for reading."""
    return [(one["effectType"], *one["props"].values()) for one in effects]


@pytest.fixture(name="rule")
def _rule() -> Any:
    return rule


@pytest.fixture(name="campaign")
def _campaign() -> Any:
    return campaign


@pytest.fixture(name="cart")
def _cart() -> Any:
    return cart


@pytest.fixture(name="brief")
def _brief() -> Any:
    return brief
