"""Who is calling? A help desk's service asks PrimeData who has this phone number, and what they did lately.

PRIMEDATA_API_KEY must be set; PRIMEDATA_BASE_URL where the workspace has a site of its own.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

BASE_URL = "https://live.primedata.ai"
PAGE = 100  # as many as PrimeData gives at once


@dataclass(frozen=True)
class Customer:
    id: str
    name: str | None
    lifetime_value: float


@dataclass(frozen=True)
class Event:
    id: str
    name: str
    at: str


class Busy(Exception):
    """PrimeData has too much to do, and had still after a few attempts."""


class CustomerLookup:
    """``async with CustomerLookup(key) as customers: …``"""

    def __init__(self, api_key: str, base_url: str = BASE_URL, *, attempts: int = 5, pause: float = 0.2) -> None:
        self._base_url = base_url
        self._headers = {"x-api-key": api_key}
        self._attempts, self._pause = attempts, pause

    @classmethod
    def from_environment(cls) -> Self:
        return cls(os.environ["PRIMEDATA_API_KEY"], os.environ.get("PRIMEDATA_BASE_URL", BASE_URL))

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(headers=self._headers, timeout=aiohttp.ClientTimeout(total=10))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def by_phone(self, number: str) -> Customer | None:
        found = await self._search("profiles", {"identities": {"phone_number": [number]}, "type": ["trait", "ptrait"]})
        if found is None:
            return None
        profile = found["data"]
        return Customer(profile["profile_id"], profile["trait"].get("full_name"), profile["p_trait"].get("ltv", 0))

    async def events(self, customer_id: str, names: Sequence[str] = ()) -> AsyncIterator[Event]:
        """Newest first, a page at a time: stop reading, and the rest is never asked for."""
        query: dict[str, Any] = {"profile_id": customer_id, "sort": "desc", "limit": PAGE}
        query |= {"include": list(names)} if names else {}
        while page := await self._search("events", query):
            for event in page["data"]:
                yield Event(event["id"], event["event_name"], event["time_stamp"])
            if not page["cursor"]["has_more"]:
                return
            query["cursor"] = page["cursor"]["next"]

    async def _search(self, what: str, query: dict[str, Any]) -> Any:
        """PrimeData's answer; `None` if it knows no such person."""
        url = f"{self._base_url}/pub/{what}/advanced-search"
        for attempt in range(self._attempts):
            async with self._http.post(url, json=query) as answer:
                if answer.status == 404:
                    return None
                if answer.status != 429:
                    answer.raise_for_status()
                    return await answer.json()
            await asyncio.sleep(self._pause * 2**attempt)
        raise Busy(f"no answer after {self._attempts} attempts")
