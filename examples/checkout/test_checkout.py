"""What can go wrong at the till, with the vendor's own SDK and the shop's own campaign (autumn.yaml)."""

import pytest
import talon_one
from checkout import Cart, Checkout, Item, Quote

from emulator.testing import Emulator, TalonOne

pytestmark = pytest.mark.emulator(scenario="autumn.yaml")

SHOES = Item(sku="shoe-1", name="Trail Shoe", price=100.0)
ANAS = Cart(id="order-1", shopper="ana@example.com", items=[SHOES], coupon="AUTUMN25")
BENS = Cart(id="order-2", shopper="ben@example.com", items=[SHOES], coupon="AUTUMN25")


@pytest.fixture
def checkout(talonone: TalonOne) -> Checkout:
    return Checkout(talonone.api_key, pause=0.001)


def test_a_quarter_is_taken_off(checkout: Checkout) -> None:
    assert checkout.update(ANAS) == Quote(total=100.0, discount=25.0)
    assert checkout.update(ANAS).to_pay == 75.0


def test_a_code_is_used_up_by_the_order_that_is_paid(checkout: Checkout, talonone: TalonOne) -> None:
    checkout.update(ANAS)
    assert talonone.redeemed("AUTUMN25") == 0
    checkout.pay(ANAS)
    assert talonone.redeemed("AUTUMN25") == 1
    assert talonone.session("order-1").state == "closed"


def test_the_second_shopper_is_told_why_not(checkout: Checkout) -> None:
    checkout.pay(ANAS)
    assert checkout.update(BENS) == Quote(total=100.0, discount=0.0, refused="CouponLimitReached")


def test_a_preview_leaves_no_trace(checkout: Checkout, talonone: TalonOne) -> None:
    assert checkout.preview(ANAS).to_pay == 75.0
    with pytest.raises(LookupError):
        talonone.session("order-1")


def test_in_november_the_campaign_is_over(checkout: Checkout, emulator: Emulator) -> None:
    emulator.clock.advance(days=12)
    assert checkout.update(ANAS).refused == "CouponPartOfNotRunningCampaign"


@pytest.mark.parametrize("fault", ["too_many_requests_for_session", "rate_limited"])
def test_a_busy_vendor_is_asked_again(checkout: Checkout, emulator: Emulator, fault: str) -> None:
    emulator.fail("talonone", "updateCustomerSessionV2", fault, times=2)
    assert checkout.update(ANAS).to_pay == 75.0
    emulator.assert_called("talonone", "updateCustomerSessionV2", times=3)


def test_at_some_point_it_is_enough(checkout: Checkout, emulator: Emulator) -> None:
    emulator.fail("talonone", "updateCustomerSessionV2", "rate_limited", times=4)
    with pytest.raises(talon_one.ApiException) as refused:
        checkout.update(ANAS)
    assert refused.value.status == 429


def test_a_lost_answer_does_no_harm(checkout: Checkout, emulator: Emulator, talonone: TalonOne) -> None:
    checkout.update(ANAS)
    emulator.fail("talonone", "updateCustomerSessionV2", "truncate", times=1)
    assert checkout.pay(ANAS).to_pay == 75.0
    assert talonone.redeemed("AUTUMN25") == 1
