"""A shop with two accounts and tokens of all kinds, for calls that are refused, and what is told of them."""

from typing import Any

import httpx

from tests.vendors.explained import explain, pasted
from tests.vendors.treasuredata.shop import KEY, ORIGIN, TOKEN, VIEWS, Json, Shop, whole

NARROW_KEY = "1/" + "c" * 36 + "0001"
THEIR_KEY = "2/" + "b" * 40
TALON_KEY = "d1c2b3a4" * 8
SINGLE, SCRIPT = (f"application/vnd.treasuredata.v1.{kind}+json" for kind in ("single", "js"))
PAGE_TOKEN, LATE, OFFICE, THEIRS = ("9" * 32, "2015" * 8, "3005" * 8, "f" * 32)

SECTION: Json = {
    "account": None,
    "accounts": [
        {"id": "1", "api_keys": [{"value": KEY}, {"value": NARROW_KEY, "databases": ["other_db"]}]},
        {"id": "2", "api_keys": [{"value": THEIR_KEY}]},
    ],
    "reactors": [
        {"id": 8, "account": 1, "parent_segment_id": "100"},
        {"id": 9, "account": 2, "parent_segment_id": "100"},
    ],
    "personalization_services": [
        {
            "name": "backend",
            "account": 1,
            "reactor": 8,
            "tokens": [
                {"name": "server", "value": TOKEN},
                {"name": "late", "value": LATE, "state": "pending"},
                {"name": "office", "value": OFFICE, "allowedIps": ["203.0.113.0/24"]},
            ],
        },
        {
            "name": "site",
            "account": 1,
            "public": True,
            "reactor": 8,
            "tokens": [{"name": "page", "value": PAGE_TOKEN, "allowed_origins": [ORIGIN]}],
        },
        {"name": "theirs", "account": 2, "reactor": 9, "tokens": [{"name": "second", "value": THEIRS}]},
    ],
}
TALON = {
    "applications": [
        {
            "id": 12,
            "name": "Shop",
            "currency": "EUR",
            "timezone": "UTC",
            "key": "fefecafedeadbeef",
            "apiKeys": [{"title": "Shop", "key": TALON_KEY}],
        }
    ]
}
Told = tuple[dict[str, Any], str]
"""What is different from the good call, and the cause that is told of it."""


def two_accounts() -> Json:
    """The scenario, with another vendor beside it."""
    return {
        "clock": "2026-01-05T09:00:00Z",
        "seed": "shop",
        "treasuredata": whole(**SECTION),
        "talonone": TALON,
    }


def sent(shop: Shop, about: dict[str, Any], path: str = VIEWS) -> httpx.Response:
    headers = dict(about)
    event, path = headers.pop("event", None), headers.pop("path", path)
    return shop.send(event, path, **headers)


def assert_told(shop: Shop, response: httpx.Response, check: str, cause: str) -> None:
    """The check that failed, why, and a command that is accepted in the same world."""
    assert response.status_code >= 400
    told = explain(shop.client, response)
    assert (told.failed, told.cause) == (check, cause)
    status, _ = pasted(told.curl)
    assert status in (200, 204)
