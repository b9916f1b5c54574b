"""What every vendor's fixture has."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar

import httpx

from emulator.testing.venues import Venue


class VendorView:
    """One vendor as a test sees it: where it is, what lets a caller in, and clients that know both."""

    slug: ClassVar[str]

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    @property
    def base_url(self) -> str:
        """Without a slash at its end."""
        return self._venue.base_url(self.slug)

    @property
    def credentials(self) -> Sequence[Mapping[str, str]]:
        """All that the vendor takes now."""
        return self._venue.credentials(self.slug)

    @cached_property
    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.base_url, transport=self._venue.transport())

    @cached_property
    def async_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.base_url, transport=self._venue.async_transport())
