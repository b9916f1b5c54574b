"""Accepted calls in the demo world, one per vendor and some more, for the tests that hold for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Call:
    """`key` is the header that carries the credential. `path` is below the vendor's mount."""

    method: str
    path: str
    key: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    token_call: "Call | None" = None

    def without_key(self) -> "Call":
        return replace(self, headers={k: v for k, v in self.headers.items() if k.lower() != self.key.lower()})

    def with_key(self, value: str) -> "Call":
        return replace(self, headers={**self.without_key().headers, self.key: value})


GOOD_CALLS = {
    "treasuredata": Call(
        "POST",
        "/personalization__database/preferences_table",
        "Authorization",
        b'{"td_client_id":"c-1","email":"ana@example.com","event_name":"view","product_name":"Trail Shoe"}',
        {
            "Authorization": "TD1 1/abcdef0123456789012345678901230123456789",
            "WP13n-Token": "1/8/12345789abcdef012345678901234567",
            "Content-Type": "application/vnd.treasuredata.v1+json",
        },
    ),
    "primedata": Call(
        "POST",
        "/pub/profiles/advanced-search",
        "x-api-key",
        b'{"identities":{"email":["ana@example.com"]}}',
        {"x-api-key": "aGdqZ2tqaGtqZzoxMjM0NTY3", "Content-Type": "application/json"},
    ),
    "algonomy": Call(
        "PUT",
        "/qa/profile-command/v1/4faeaf752ee40a0f/optOut/u-1001",
        "Authorization",
        b'{"type":"optOut","enableOptOut":true}',
        {"Content-Type": "application/json"},
        token_call=Call(
            "POST",
            "/qa/profile-command/v1/oauth2/token?grant_type=client_credentials"
            "&client_id=5934de97c95e1ced&client_secret=2l9dr0jkink11ad49hg93it52d",
            "",
            b"",
        ),
    ),
    "talonone": Call(
        "PUT",
        "/v2/customer_sessions/s-1",
        "Authorization",
        b'{"customerSession":{"profileId":"ana@example.com","couponCodes":["SUMMER10"],'
        b'"cartItems":[{"name":"Trail Shoe","sku":"shoe-1","quantity":1,"price":100}]},'
        b'"responseContent":["customerSession"]}',
        {
            "Authorization": "ApiKey-v1 d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4",
            "Content-Type": "application/json",
        },
    ),
}

_TREASURE = GOOD_CALLS["treasuredata"]
_TRACKED = Call(
    "POST",
    "/powehi/smile",
    "X-Client-Access-Token",
    b'{"sessionId":"s-1","events":[{"eventType":"ProductViewed","scope":"JS-2Q5OFBvKq7zXgL1YhM0cNsTdWpR",'
    b'"timeStamp":"2024-05-21T11:48:23+07:00",'
    b'"source":{"itemId":"_","itemType":"_","scope":"JS-2Q5OFBvKq7zXgL1YhM0cNsTdWpR"},'
    b'"target":{"itemId":"_","itemType":"_","scope":"JS-2Q5OFBvKq7zXgL1YhM0cNsTdWpR"}}]}',
    {
        "X-Client-Id": "JS-2Q5OFBvKq7zXgL1YhM0cNsTdWpR",
        "X-Client-Access-Token": "2Q5OFDPr3Yw6uEo9JtVxAbZkGm4",
        "Content-Type": "application/json",
    },
)
OTHER_CALLS = [
    (
        "treasuredata",
        replace(
            _TREASURE,
            path="/public/personalization__database/preferences_table",
            headers={
                **_TREASURE.headers,
                "WP13n-Token": "1/8/6b6ea5f8df5845fa8e7962f9e1ba84a3",
                "Origin": "https://shop.example",
            },
        ),
    ),
    (
        "treasuredata",
        replace(
            _TREASURE,
            path="/records/personalization__database/preferences_table",
            body=b'{"events":[' + _TREASURE.body + b"]}",
        ),
    ),
    ("primedata", _TRACKED),
    ("primedata", replace(_TRACKED, path="/powehi/context")),
]
"""More calls that are accepted as they are, for vendors with several doors."""
