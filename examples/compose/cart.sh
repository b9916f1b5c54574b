#!/bin/sh
# Talon.One with curl: a coupon is good in a cart, over TLS and in the clear.
set -eu

for scheme in https http; do
  answer=$(curl --silent --show-error --fail-with-body --max-time 10 \
    --request PUT "$scheme://demo.talon.one/v2/customer_sessions/cart-1" \
    --header "Authorization: ApiKey-v1 $TALONONE_API_KEY" --header 'Content-Type: application/json' \
    --data '{"customerSession": {"profileId": "ana@example.com", "couponCodes": ["SUMMER10"],
      "cartItems": [{"name": "Trail Shoe", "sku": "shoe-1", "quantity": 1, "price": 100}]}}')
  case $answer in
    *acceptCoupon*) echo "curl: Talon.One accepts SUMMER10 over $scheme" ;;
    *) echo "curl: Talon.One does not accept SUMMER10 over $scheme: $answer" >&2; exit 1 ;;
  esac
done
