"""A refused call whose body is longer than what the journal keeps is corrected all the same, with another body."""

from typing import Any

import httpx
import pytest

from tests.vendors.explained import explain, pasted

PAD = {"pad": "x" * 70_000}
TD_KEY = "TD1 1/abcdef0123456789012345678901230123456789"
TD_MEDIA = "application/vnd.treasuredata.v1+json"
TD_TOKEN = "1/8/12345789abcdef012345678901234567"
LOST = "Something in the body fails at {}: the journal has kept too little of it to tell what."
CALLS: list[tuple[str, str, dict[str, str], dict[str, Any], str]] = [
    ("POST", "/treasuredata/personalization__database/preferences_table",
     {"Authorization": TD_KEY, "WP13n-Token": TD_TOKEN, "Content-Type": TD_MEDIA}, {"time": "now"},
     LOST.format("event")),
    ("POST", "/treasuredata/personalization__database/preferences_table",
     {"Authorization": TD_KEY, "WP13n-Token": TD_TOKEN, "Content-Type": "application/json"}, {},
     f"The Content-Type is application/json: Treasure Data takes its own, {TD_MEDIA}, only."),
    ("POST", "/primedata/pub/profiles/advanced-search", {}, {"profile_id": "2YhQlO5kmTIRCu22QrO9BmgwbIy"},
     "The call has no header x-api-key."),
    ("PUT", "/talonone/v2/customer_sessions/s-1", {"Authorization": f"ApiKey-v1 {'d1c2b3a4' * 8}"},
     {"customerSession": 1}, LOST.format("shape of the body")),
    ("PUT", "/algonomy/qa/profile-command/v1/4faeaf752ee40a0f/optOut/u-1", {}, {"type": "optOut"},
     "The header Authorization is missing: it is Bearer, a space, and a token from /profile-command/v1/oauth2/token."),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "headers", "body", "cause"), CALLS, ids=map(str, range(len(CALLS))))
def test_a_long_body_is_replaced(
    client: httpx.Client, method: str, path: str, headers: dict[str, str], body: dict[str, Any], cause: str
) -> None:
    client.post("/_emulator/reset", json={"scenario": "demo"})
    told = explain(client, client.request(method, path, json={**body, **PAD}, headers=headers))
    assert told.cause == cause
    assert told.told["correction"]["says"].endswith(
        "Its body is another: of the one that was sent the journal has kept only the beginning."
    )
    assert pasted(told.curl)[0] in (200, 204)
