"""The help desk's look-up. Tests that only read pass at the real PrimeData as well, given a workspace that knows the
number in CUSTOMER_PHONE; the others are skipped there."""

import os
from collections.abc import AsyncIterator

import pytest
from customer_lookup import Busy, Customer, CustomerLookup

from emulator.testing import Emulator, PrimeData

pytestmark = pytest.mark.anyio  # comes with httpx; pytest.mark.asyncio of pytest-asyncio does as well

PHONE = os.environ.get("CUSTOMER_PHONE", "84900000001")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # aiohttp knows no other


@pytest.fixture
async def customers(primedata: PrimeData) -> AsyncIterator[CustomerLookup]:
    async with CustomerLookup(primedata.api_key, primedata.base_url, pause=0.001) as customers:
        yield customers


@pytest.fixture
async def ana(customers: CustomerLookup) -> Customer:
    ana = await customers.by_phone(PHONE)
    assert ana is not None
    return ana


async def test_a_caller_is_known_by_number(ana: Customer) -> None:
    assert ana.id
    assert ana.name


async def test_a_stranger_is_nobody(customers: CustomerLookup) -> None:
    assert await customers.by_phone("0") is None


async def test_the_newest_comes_first(customers: CustomerLookup, ana: Customer) -> None:
    times = [event.at async for event in customers.events(ana.id)]
    assert times == sorted(times, reverse=True)


async def test_all_pages_are_read(customers: CustomerLookup, ana: Customer, emulator: Emulator) -> None:
    assert len({event.id async for event in customers.events(ana.id)}) == 120
    emulator.assert_called("primedata", "searchEvents", times=2)


async def test_who_stops_reading_asks_for_no_more_pages(
    customers: CustomerLookup, ana: Customer, emulator: Emulator
) -> None:
    async for _ in customers.events(ana.id):
        break
    emulator.assert_called("primedata", "searchEvents", times=1)


async def test_what_happens_is_seen_at_once(customers: CustomerLookup, ana: Customer, primedata: PrimeData) -> None:
    primedata.add_event("BookingCompleted", {"table": 4}, phone_number=PHONE)
    assert [event.name async for event in customers.events(ana.id, ["BookingCompleted"])] == ["BookingCompleted"]


async def test_a_busy_vendor_is_asked_again(customers: CustomerLookup, emulator: Emulator) -> None:
    emulator.fail("primedata", "searchProfiles", status=429, times=3)
    assert await customers.by_phone(PHONE)
    emulator.assert_called("primedata", "searchProfiles", times=4)


async def test_at_some_point_it_is_enough(customers: CustomerLookup, emulator: Emulator) -> None:
    emulator.fail("primedata", "searchProfiles", status=429, times=5)
    with pytest.raises(Busy):
        await customers.by_phone(PHONE)
