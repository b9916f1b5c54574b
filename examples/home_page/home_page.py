"""A home page that knows its visitor: Treasure Data says what to show, and the page never waits long for it.

    with connect_from_environment() as client:
        offers(client, Visitor(cookie="…"), "Trail Shoe")

TREASUREDATA_API_KEY and TREASUREDATA_TOKEN must be set; TREASUREDATA_BASE_URL for another region.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx

BASE_URL = "https://us01.p13n.in.treasuredata.com"
EVENTS = "personalization__database/preferences_table"
BUDGET = 0.3
"""Seconds that a page waits for the answer to begin."""

Offers: TypeAlias = Mapping[str, Mapping[str, Any]]
"""By section of the page, what its template needs."""

FALLBACK: Offers = {"bestsellers": {"products": ["Trail Shoe", "Rain Jacket"]}}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Visitor:
    cookie: str
    email: str | None = None


def connect(api_key: str, token: str, base_url: str = BASE_URL, budget: float = BUDGET) -> httpx.Client:
    return httpx.Client(
        base_url=base_url,
        timeout=budget,
        headers={
            "Authorization": f"TD1 {api_key}",
            "WP13n-Token": token,
            "Content-Type": "application/vnd.treasuredata.v1+json",
        },
    )


def connect_from_environment() -> httpx.Client:
    return connect(
        os.environ["TREASUREDATA_API_KEY"],
        os.environ["TREASUREDATA_TOKEN"],
        os.environ.get("TREASUREDATA_BASE_URL", BASE_URL),
    )


def offers(client: httpx.Client, visitor: Visitor, product: str | None = None) -> Offers:
    """What to show after a look at a product. Never raises: a page without a greeting is a page still."""
    event = {"td_client_id": visitor.cookie, "event_name": "view", "email": visitor.email, "product_name": product}
    try:
        answer = client.post(EVENTS, json={name: value for name, value in event.items() if value is not None})
        answer.raise_for_status()
        sections = {} if answer.status_code == httpx.codes.NO_CONTENT else answer.json()["offers"]
    except httpx.HTTPStatusError as error:
        log.error("Treasure Data answers %s", error.response.text)
        return FALLBACK
    except httpx.HTTPError as error:
        log.warning("Treasure Data does not answer: %r", error)
        return FALLBACK
    return {name: section.get("attributes", {}) for name, section in sections.items()} or FALLBACK
