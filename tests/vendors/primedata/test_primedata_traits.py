"""How much may be told of a person: each event writes anew all that is known, so that there has to be an end."""

import pytest

from emulator.vendors.primedata.contract.tracking import MOST_TRAIT_BYTES
from tests.vendors.primedata.tracking import Tracker, identify

HALF = "x" * (MOST_TRAIT_BYTES // 2)


@pytest.mark.parametrize("who", [{"email": "ben@example.com"}, {}], ids=["a profile", "an anonymous session"])
def test_more_traits_than_anybody_has_are_refused_and_leave_nothing_behind(
    tracker: Tracker, who: dict[str, str]
) -> None:
    tracker.took(identify("visit", **who, first=HALF))
    refused = tracker.smile(identify("visit", **who, second="y"), identify("visit", **who, third=HALF))
    assert (refused.status_code, refused.content) == (400, b'{"error":{"message":"Bad Request"}}')
    tracker.took(identify("visit", email="ben@example.com"))
    traits = tracker.profile(email="ben@example.com")["trait"]
    assert list(traits) == ["first"]


def test_traits_that_replace_others_are_no_more(tracker: Tracker) -> None:
    for letter in "abc":
        tracker.took(identify("visit", email="ben@example.com", first=letter + HALF))
    assert tracker.profile(email="ben@example.com")["trait"]["first"][0] == "c"


def test_the_explanation_tells_how_much_is_allowed(tracker: Tracker) -> None:
    tracker.smile(identify("visit", email="ben@example.com", first=HALF + HALF))
    number = list(tracker.caller.world.journal)[-1].id
    told = tracker.caller.client.get(f"/_emulator/requests/{number}/explain").json()
    assert f"more than {MOST_TRAIT_BYTES} bytes: send fewer or shorter ones" in str(told)
