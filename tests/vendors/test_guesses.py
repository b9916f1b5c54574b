"""A world that takes no guesses, and a vendor that draws before it guesses."""

import httpx

ADVOCATE = {"campaignId": 3, "advocateProfileIntegrationId": "ana@example.com"}
KEY = {"Authorization": f"ApiKey-v1 {'d1c2b3a4' * 8}"}


def referral(client: httpx.Client) -> httpx.Response:
    return client.post("/talonone/v1/referrals", json=ADVOCATE, headers=KEY)


def test_a_call_refused_as_a_guess_leaves_the_next_one_what_it_would_have_drawn(client: httpx.Client) -> None:
    client.post("/_emulator/reset", json={"scenario": "demo"})
    code = referral(client).json()["code"]
    client.post("/_emulator/reset", json={"scenario": "demo"})
    client.patch("/_emulator/provenance", json={"fail_on": "assumed"})
    assert referral(client).status_code == 501
    client.patch("/_emulator/provenance", json={"fail_on": None})
    assert referral(client).json()["code"] == code
