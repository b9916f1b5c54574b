"""A page for Ana, a page for a stranger, and a page when Treasure Data has a bad day."""

import logging
from collections.abc import Iterator

import httpx
import pytest
from home_page import FALLBACK, Visitor, connect, offers

from emulator.testing import Emulator, TreasureData

ANA = Visitor(cookie="c-1", email="ana@example.com")
STRANGER = Visitor(cookie="c-2")


@pytest.fixture
def client(treasuredata: TreasureData) -> Iterator[httpx.Client]:
    with connect(treasuredata.api_key, treasuredata.token, budget=5) as client:
        yield client


def test_ana_is_greeted_by_name(client: httpx.Client) -> None:
    assert offers(client, ANA, "Trail Shoe")["welcome_back"] == {"first_name": "Ana", "greeting": "Welcome back"}


def test_a_stranger_sees_what_they_looked_at(client: httpx.Client) -> None:
    offers(client, STRANGER, "Trail Shoe")
    shown = offers(client, STRANGER, "Rain Jacket")
    assert list(shown) == ["recently_viewed"]
    assert shown["recently_viewed"]["recent_products"] == ["Trail Shoe", "Rain Jacket"]


def test_who_logged_in_once_is_known_by_the_cookie(client: httpx.Client) -> None:
    offers(client, ANA, "Trail Shoe")
    assert "welcome_back" in offers(client, Visitor(cookie=ANA.cookie), "Rain Jacket")


@pytest.mark.parametrize("trouble", ["drop", "truncate", "2003", "1004"])
def test_the_page_comes_without_treasure_data(client: httpx.Client, emulator: Emulator, trouble: str) -> None:
    emulator.fail("treasuredata", "personalize", trouble, times=1)
    assert offers(client, ANA, "Trail Shoe") == FALLBACK
    assert "welcome_back" in offers(client, ANA, "Trail Shoe")


def test_the_page_does_not_wait(treasuredata: TreasureData, emulator: Emulator) -> None:
    emulator.fail("treasuredata", "personalize", delay=2_000, times=1)
    with connect(treasuredata.api_key, treasuredata.token, budget=0.05) as impatient:
        assert offers(impatient, ANA, "Trail Shoe") == FALLBACK


def test_a_look_counts_although_its_answer_got_lost(client: httpx.Client, emulator: Emulator) -> None:
    emulator.fail("treasuredata", "personalize", "truncate", times=1)
    offers(client, STRANGER, "Trail Shoe")
    assert offers(client, STRANGER, "Rain Jacket")["recently_viewed"]["views"] == 2


def test_a_token_that_nobody_knows_is_logged(treasuredata: TreasureData, caplog: pytest.LogCaptureFixture) -> None:
    with connect(treasuredata.api_key, "1/8/" + "0" * 32) as mistyped:
        assert offers(mistyped, ANA, "Trail Shoe") == FALLBACK
    assert (caplog.records[-1].levelno, '"code":3001' in caplog.text) == (logging.ERROR, True)
