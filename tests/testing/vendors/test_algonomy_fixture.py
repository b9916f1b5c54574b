"""The `algonomy` fixture: tokens that come by themselves, and who is opted out."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from emulator.testing import Algonomy, Emulator, Unusable, VendorRefused

SITE = "4faeaf752ee40a0f"
COMMAND = {"type": "optOut", "enableOptOut": True}
PATH = f"/profile-command/v1/{SITE}/optOut/u-1"


def operations(emulator: Emulator) -> list[tuple[str, int]]:
    return [(call["operation"], call["status"]) for call in emulator.control.requests()["requests"]]


def client_of(environment: str, *sites: str) -> Mapping[str, Any]:
    pair = {"client_id": f"{environment}-client", "client_secret": f"{environment}-secret"}
    return {environment: {"sites": ["shop", "outlet"], "clients": [{**pair, "sites": [*sites]}]}}


# Who is opted out


def test_opted_out_are_those_that_the_scenario_has_and_those_that_the_app_has_opted_out(algonomy: Algonomy) -> None:
    assert algonomy.opted_out() == {"opted-out-user"}
    url = f"{algonomy.production_url}{PATH}"
    headers = {"Authorization": f"Bearer {algonomy.token()}"}
    httpx.put(url, json=COMMAND, headers=headers).raise_for_status()
    assert algonomy.opted_out() == {"opted-out-user", "u-1"}
    assert algonomy.is_opted_out("u-1")
    assert not algonomy.is_opted_out("U-1")


def test_who_is_opted_out_loses_the_profile_and_does_not_get_it_back(algonomy: Algonomy) -> None:
    profile = algonomy.profile("ana@example.com")
    assert profile.attributes == {"first_name": "Ana", "loyalty_tier": "gold"}
    assert profile.history == [{"action": "view", "product": "Trail Shoe"}]
    algonomy.opt_out("ana@example.com")
    with pytest.raises(LookupError, match=f"^site '{SITE}' has no profile of 'ana@example.com'$"):
        algonomy.profile("ana@example.com")
    algonomy.opt_out("ana@example.com", enable=False)
    assert algonomy.is_opted_out("ana@example.com")


def test_opted_out_can_be_asked_of_one_site_and_of_one_environment(algonomy: Algonomy) -> None:
    algonomy.opt_out("u-1")
    assert algonomy.opted_out(environment="qa", site_id=SITE) == {"opted-out-user", "u-1"}
    assert algonomy.opted_out(environment="production") == set()
    assert algonomy.opted_out(site_id="showcaseparent") == set()
    assert not algonomy.is_opted_out("u-1", environment="staging")
    assert algonomy.is_opted_out("u-1", site_id=SITE)


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ({"environment": "prod"}, "'prod' is no environment here; did you mean production?"),
        ({"site_id": "showcase"}, "'showcase' is no site here; did you mean showcaseparent?"),
    ],
)
def test_nobody_is_opted_out_where_there_is_nothing(algonomy: Algonomy, where: dict[str, str], says: str) -> None:
    for ask in (algonomy.opted_out, lambda **where: algonomy.is_opted_out("u-1", **where)):
        with pytest.raises(LookupError) as raised:
            ask(**where)
        assert raised.value.args == (says,)


@pytest.mark.parametrize("user", ["u/1", "ü 1", "u%2F1", "u?1#x", "購物", "a+b", "a" * 500])
def test_any_user_id_is_one_segment_of_the_path(algonomy: Algonomy, user: str) -> None:
    algonomy.opt_out(user)
    assert algonomy.is_opted_out(user)


def test_a_site_of_another_customer_is_refused_with_the_reason(algonomy: Algonomy) -> None:
    with pytest.raises(VendorRefused) as raised:
        algonomy.opt_out("u-1", site_id="showcaseparent")
    assert raised.value.status == 403
    assert raised.value.cause is not None
    assert "showcaseparent" in raised.value.cause
    assert algonomy.opted_out() == {"opted-out-user"}


# Tokens


def test_a_client_gets_a_token_at_first_need_and_keeps_it(algonomy: Algonomy, emulator: Emulator) -> None:
    for _ in range(3):
        assert algonomy.client.put(PATH, json=COMMAND).status_code == 200
    assert operations(emulator) == [("createToken", 200), *[("optOut", 200)] * 3]


def test_a_token_that_is_over_is_followed_by_another_whatever_the_machines_clock_says(
    algonomy: Algonomy, emulator: Emulator
) -> None:
    algonomy.opt_out("u-1")
    emulator.clock.advance(hours=8, seconds=1)
    algonomy.opt_out("u-2")
    assert operations(emulator) == [
        ("createToken", 200), ("optOut", 200), ("optOut", 401), ("createToken", 200), ("optOut", 200),
    ]  # fmt: skip
    emulator.clock.advance(hours=-24)
    algonomy.opt_out("u-3")
    assert operations(emulator)[5:] == [("optOut", 200)]


def test_a_second_401_is_the_callers_to_deal_with(algonomy: Algonomy, emulator: Emulator) -> None:
    emulator.control.add_fault("algonomy", "invalid_token", operation="optOut", times=2)
    assert algonomy.client.put(PATH, json=COMMAND).status_code == 401
    assert [operation for operation, _ in operations(emulator)] == ["createToken", "optOut", "createToken", "optOut"]


def test_a_call_that_is_sent_again_has_its_body_again(algonomy: Algonomy, emulator: Emulator) -> None:
    emulator.control.add_fault("algonomy", "invalid_token", operation="optOut", times=1)
    assert algonomy.client.put(PATH, json=COMMAND).status_code == 200
    assert algonomy.is_opted_out("u-1")


def test_a_token_of_ones_own_is_sent_as_it_is(algonomy: Algonomy, emulator: Emulator) -> None:
    answer = algonomy.client.put(PATH, json=COMMAND, headers={"Authorization": "Bearer stale"})
    assert (answer.status_code, operations(emulator)) == (401, [("optOut", 401)])


def test_each_token_that_is_asked_for_is_a_new_one(algonomy: Algonomy) -> None:
    assert algonomy.token() != algonomy.token()
    assert len(algonomy.token()) == 32


def test_a_token_endpoint_that_fails_is_a_refusal_of_the_call_that_needed_it(
    algonomy: Algonomy, emulator: Emulator
) -> None:
    emulator.control.add_fault("algonomy", "invalid_client", operation="createToken", times=2)
    for call in (lambda: algonomy.client.put(PATH, json=COMMAND), algonomy.token):
        with pytest.raises(VendorRefused) as raised:
            call()
        assert (raised.value.status, raised.value.body["error"]) == (400, "invalid_client")
        assert raised.value.response.request.url == f"{algonomy.base_url}/profile-command/v1/oauth2/token"
    algonomy.opt_out("u-1")
    assert algonomy.is_opted_out("u-1")


def test_a_token_endpoint_that_hangs_up_is_httpxs_own_error_and_the_next_call_gets_a_token(
    algonomy: Algonomy, emulator: Emulator
) -> None:
    emulator.control.add_fault("algonomy", "drop", operation="createToken", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        algonomy.opt_out("u-1")
    algonomy.opt_out("u-1")


def test_a_call_waits_for_its_token_no_longer_than_for_its_answer(algonomy: Algonomy, emulator: Emulator) -> None:
    emulator.control.add_fault("algonomy", "delay=2000", operation="createToken", times=1)
    with pytest.raises(httpx.ReadTimeout):
        algonomy.client.put(PATH, json=COMMAND, timeout=0.05)


def test_threads_that_share_a_client_share_a_token(algonomy: Algonomy, emulator: Emulator) -> None:
    client = algonomy.client

    def put(number: int) -> int:
        return client.put(f"/profile-command/v1/{SITE}/optOut/t-{number}", json=COMMAND).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(put, range(64))) == {200}
    assert [operation for operation, _ in operations(emulator)].count("createToken") == 1
    assert len(algonomy.opted_out()) == 65


def test_the_101st_call_in_a_second_is_refused_as_any_other_is(algonomy: Algonomy, emulator: Emulator) -> None:
    for number in range(100):
        algonomy.opt_out(f"u-{number}")
    with pytest.raises(VendorRefused) as raised:
        algonomy.opt_out("u-100")
    assert (raised.value.status, raised.value.response.headers["retry-after"]) == (429, "1")
    emulator.clock.advance(seconds=1)
    algonomy.opt_out("u-100")


def test_a_token_does_not_outlive_its_world(algonomy: Algonomy, emulator: Emulator) -> None:
    algonomy.opt_out("u-1")
    emulator.reset()
    emulator.control.clear_requests()
    algonomy.opt_out("u-2")
    assert operations(emulator) == [("createToken", 200), ("optOut", 200)]


@pytest.mark.anyio
async def test_the_asynchronous_client_gets_tokens_too(algonomy: Algonomy, emulator: Emulator) -> None:
    assert (await algonomy.async_client.put(PATH, json=COMMAND)).status_code == 200
    emulator.clock.advance(hours=9)
    assert (await algonomy.async_client.put(PATH, json=COMMAND)).status_code == 200
    emulator.control.add_fault("algonomy", "invalid_client", operation="createToken", times=1)
    emulator.clock.advance(hours=9)
    with pytest.raises(VendorRefused) as raised:
        await algonomy.async_client.put(PATH, json=COMMAND)
    assert raised.value.body["error"] == "invalid_client"


# Credentials and environments


def test_the_credentials_are_those_of_the_first_client_of_qa(algonomy: Algonomy, emulator: Emulator) -> None:
    assert (algonomy.client_id, algonomy.client_secret) == ("5934de97c95e1ced", "2l9dr0jkink11ad49hg93it52d")
    assert (algonomy.environment, algonomy.site_id) == ("qa", SITE)
    assert algonomy.base_url == f"{emulator.venue.base_url('algonomy')}/qa"
    assert algonomy.production_url == "https://qa-gateway.richrelevance.com"


@pytest.mark.parametrize(
    ("environment", "gateway"),
    [("staging", "https://staging-gateway.richrelevance.com"), ("production", "https://gateway.richrelevance.com")],
)
def test_addresses_follow_the_credentials_to_their_environment(
    algonomy: Algonomy, emulator: Emulator, environment: str, gateway: str
) -> None:
    client = algonomy.client
    emulator.load({"algonomy": {"environments": client_of(environment, "shop")}})
    assert (algonomy.environment, algonomy.client_id) == (environment, f"{environment}-client")
    assert algonomy.base_url == f"{emulator.venue.base_url('algonomy')}/{environment}"
    assert algonomy.production_url == gateway
    assert client.put("/profile-command/v1/shop/optOut/u-1", json=COMMAND).status_code == 200
    algonomy.opt_out("u-2")
    assert algonomy.opted_out(environment=environment) == {"u-1", "u-2"}


def test_staging_goes_before_production_and_a_client_with_a_site_before_one_without(
    algonomy: Algonomy, emulator: Emulator
) -> None:
    emulator.load(
        {
            "algonomy": {
                "environments": {
                    **client_of("production", "shop"), **client_of("qa"), **client_of("staging", "outlet", "shop"),
                }
            }
        }
    )  # fmt: skip
    assert (algonomy.environment, algonomy.client_id) == ("staging", "staging-client")
    assert algonomy.site_id in ("outlet", "shop")


def test_a_client_without_a_site_says_where_one_would_be_given(algonomy: Algonomy, emulator: Emulator) -> None:
    emulator.load({"algonomy": {"environments": client_of("qa")}, "name": "siteless"})
    assert algonomy.client_id == "qa-client"
    with pytest.raises(
        Unusable,
        match=r"^the scenario 'siteless' has no site that Algonomy would take: give it one in "
        r"algonomy\.environments\.qa\.clients\[\]\.sites$",
    ):
        algonomy.opt_out("u-1")


def test_a_world_without_a_client_says_where_one_would_be_given(algonomy: Algonomy, emulator: Emulator) -> None:
    emulator.load("empty")
    sentence = (
        r"^the scenario 'empty' has no client that Algonomy would take: give it one in "
        r"algonomy\.environments\.qa\.clients\[\]$"
    )
    for attempt in (
        lambda: algonomy.client_id,
        lambda: algonomy.client_secret,
        lambda: algonomy.site_id,
        algonomy.token,
        lambda: algonomy.client.put(PATH, json=COMMAND),
    ):
        with pytest.raises(Unusable, match=sentence):
            attempt()
    assert (algonomy.base_url, algonomy.environment) == (emulator.venue.base_url("algonomy"), None)
    assert algonomy.production_url == "https://gateway.richrelevance.com"
    assert algonomy.opted_out() == set()


def test_it_says_where_it_is_and_hides_its_secret(algonomy: Algonomy, emulator: Emulator) -> None:
    assert repr(algonomy) == (f"<Algonomy at {algonomy.base_url}, with client 5934de97c95e1ced, secret …t52d>")
    emulator.load("empty")
    assert repr(algonomy) == f"<Algonomy at {algonomy.base_url}, without a credential>"
