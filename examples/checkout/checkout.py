"""A shop's checkout: Talon.One says what a cart costs, and what a coupon is worth.

TALONONE_API_KEY must be set; TALONONE_BASE_URL where the shop's deployment is not the one below.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import talon_one
import urllib3

BASE_URL = "https://my-shop.talon.one"
AGAIN = (409, 429)
"""Another call is updating the same session or profile, or there are too many calls: a moment later it will do."""


@dataclass(frozen=True)
class Item:
    sku: str
    name: str
    price: float
    quantity: int = 1


@dataclass(frozen=True)
class Cart:
    id: str
    shopper: str
    items: Sequence[Item]
    coupon: str | None = None


@dataclass(frozen=True)
class Quote:
    """`refused` is why the coupon is worth nothing here, in Talon.One's words: CouponLimitReached and so on."""

    total: float
    discount: float
    refused: str | None = None

    @property
    def to_pay(self) -> float:
        return round(self.total - self.discount, 2)


class Checkout:
    def __init__(self, api_key: str, base_url: str = BASE_URL, *, attempts: int = 4, pause: float = 0.1) -> None:
        configuration = talon_one.Configuration(
            host=base_url, api_key={"api_key_v1": api_key}, api_key_prefix={"api_key_v1": "ApiKey-v1"}
        )
        self._api = talon_one.IntegrationApi(talon_one.ApiClient(configuration))
        self._attempts, self._pause = attempts, pause

    @classmethod
    def from_environment(cls) -> Self:
        return cls(os.environ["TALONONE_API_KEY"], os.environ.get("TALONONE_BASE_URL", BASE_URL))

    def preview(self, cart: Cart) -> Quote:
        """What the cart would cost. Nothing is stored, so a product page may ask as often as it likes."""
        return self._quote(cart, dry=True)

    def update(self, cart: Cart) -> Quote:
        """Say what is in the cart now, and hear what that costs."""
        return self._quote(cart)

    def pay(self, cart: Cart) -> Quote:
        """Close the order, whereby its coupon is used up. Saying it again, as after a lost answer, closes it once."""
        return self._quote(cart, state="closed", headers={"Idempotency-Key": f"pay-{cart.id}"})

    def _quote(
        self, cart: Cart, *, state: str = "open", dry: bool = False, headers: dict[str, Any] | None = None
    ) -> Quote:
        session = talon_one.NewCustomerSessionV2(
            profileId=cart.shopper,
            state=state,
            couponCodes=[cart.coupon] if cart.coupon else [],
            cartItems=[
                talon_one.CartItem(sku=item.sku, name=item.name, price=item.price, quantity=item.quantity)
                for item in cart.items
            ],
        )
        request = talon_one.IntegrationRequest(customerSession=session, responseContent=["customerSession"])
        return _read(self._send(cart.id, request, dry, headers))

    def _send(
        self, session_id: str, request: talon_one.IntegrationRequest, dry: bool, headers: dict[str, Any] | None
    ) -> talon_one.IntegrationStateV2:
        attempt = 1
        while True:
            try:
                return self._api.update_customer_session_v2(session_id, request, dry=dry, _headers=headers)
            except (talon_one.ApiException, urllib3.exceptions.HTTPError) as error:
                if attempt == self._attempts or not _passes(error):
                    raise
            time.sleep(self._pause * 2**attempt)
            attempt += 1


def _passes(error: Exception) -> bool:
    """Whether it may do better in a moment. An answer that got lost does: a repeated PUT changes nothing more."""
    return error.status in AGAIN if isinstance(error, talon_one.ApiException) else True


def _read(state: talon_one.IntegrationStateV2) -> Quote:
    discount, refused = 0.0, None
    for effect in state.effects:
        props: dict[str, Any] = effect.props or {}
        if effect.effect_type == "setDiscount":
            discount += props["value"]
        elif effect.effect_type == "rejectCoupon":
            refused = props["rejectionReason"]
    assert state.customer_session is not None  # it was asked for
    return Quote(float(state.customer_session.total), round(discount, 2), refused)
