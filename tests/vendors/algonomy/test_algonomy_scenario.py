"""The section of a scenario, the demo world, and what a user may call with."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.control.scenario import ScenarioError
from emulator.core.clock import SECOND
from emulator.core.world import World
from emulator.vendors.algonomy import VENDOR

SITE = "4faeaf752ee40a0f"
COMMAND = {"type": "optOut", "enableOptOut": True}
DEMO = [
    ("qa", "5934de97c95e1ced", "2l9dr0jkink11ad49hg93it52d", SITE),
    ("qa", "9999aaaa8888bbbb", "othersite0secret0000000000", "showcaseparent"),
    ("production", "a1b2c3d4e5f60718", "production0secret000000000", SITE),
    ("staging", "0f1e2d3c4b5a6978", "staging0secret000000000000", SITE),
]


def mint(client: httpx.Client, env: str, client_id: str, client_secret: str) -> httpx.Response:
    query = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    return client.post(f"/algonomy/{env}/profile-command/v1/oauth2/token", params=query)


def put(client: httpx.Client, env: str, site: str, user_id: str, token: str) -> httpx.Response:
    bearer = {"Authorization": f"Bearer {token}"}
    return client.put(f"/algonomy/{env}/profile-command/v1/{site}/optOut/{user_id}", json=COMMAND, headers=bearer)


def rows(world: World, table: str) -> list[dict[str, Any]]:
    return world.store.dump(VENDOR.metadata.tables[f"algonomy_{table}"])


@pytest.mark.parametrize(("env", "client_id", "client_secret", "site"), DEMO)
def test_every_row_of_the_demo_world_works(
    client: httpx.Client, env: str, client_id: str, client_secret: str, site: str
) -> None:
    made = mint(client, env, client_id, client_secret)
    assert made.status_code == 200
    assert put(client, env, site, "u-1", made.json()["access_token"]).content == b"{}"


def test_demo_credentials_are_good_in_their_own_environment_only(client: httpx.Client) -> None:
    for env, client_id, client_secret, _ in DEMO:
        for other in {"production", "qa", "staging"} - {env}:
            assert mint(client, other, client_id, client_secret).status_code == 400


def test_the_other_customer_of_the_demo_world_has_no_part_in_the_first_site(client: httpx.Client) -> None:
    token = mint(client, *DEMO[1][:3]).json()["access_token"]
    assert put(client, "qa", SITE, "u-1", token).status_code == 403


def test_the_demo_world_has_two_profiles_and_one_opted_out_user(client: httpx.Client, world: World) -> None:
    stored = {(row["environment"], row["api_key"], row["user_id"]) for row in rows(world, "profiles")}
    assert stored == {("qa", SITE, "ana@example.com"), ("qa", SITE, "u-1001")}
    assert [(row["environment"], row["user_id"]) for row in rows(world, "opt_outs")] == [("qa", "opted-out-user")]
    token = mint(client, *DEMO[0][:3]).json()["access_token"]
    put(client, "qa", SITE, "ana@example.com", token)
    put(client, "qa", SITE, "opted-out-user", token)
    assert [row["user_id"] for row in rows(world, "profiles")] == ["u-1001"]
    assert {row["user_id"]: row["repeats"] for row in rows(world, "opt_outs")} == {
        "ana@example.com": 0,
        "opted-out-user": 1,
    }


def test_credentials_list_the_clients_of_the_world(world: World) -> None:
    with world.turn:
        listed = VENDOR.credentials(world.work(VENDOR))
    wanted = {(env, client_id, client_secret, site) for env, client_id, client_secret, site in DEMO}
    assert {(c["environment"], c["client_id"], c["client_secret"], c["apiKey"]) for c in listed} == wanted


def test_a_profile_of_an_opted_out_user_is_left_out(load: Callable[[dict[str, Any]], None], world: World) -> None:
    load({"algonomy": {"environments": {"qa": {
        "sites": ["shop"],
        "profiles": [{"site": "shop", "user_id": "ana", "attributes": {"a": 1}}, {"site": "shop", "user_id": "ben"}],
        "opted_out": [{"site": "shop", "user_id": "ana"}],
    }}}})  # fmt: skip
    assert [row["user_id"] for row in rows(world, "profiles")] == ["ben"]


def test_moments_count_from_the_scenarios_clock(load: Callable[[dict[str, Any]], None], world: World) -> None:
    load({"clock": "1970-01-03T00:00:00Z", "algonomy": {"environments": {"qa": {
        "sites": ["shop"],
        "opted_out": [{"site": "shop", "user_id": "a"}, {"site": "shop", "user_id": "b", "at": "1970-01-01T00:00:07Z"}],
    }}}})  # fmt: skip
    assert {row["user_id"]: row["opted_out_at"] for row in rows(world, "opt_outs")} == {
        "a": 86_400 * SECOND,
        "b": 7 * SECOND,
    }


CLIENT = {"client_id": "c", "client_secret": "s"}


@pytest.mark.parametrize(
    ("qa", "problem"),
    [
        ({"sites": ["a", "a"]}, "sites[1]: 'a' is listed twice"),
        ({"sites": [""]}, "sites[0]: String should have at least 1 character"),
        ({"clients": [CLIENT, CLIENT]}, "clients[1].client_id: 'c' is listed twice"),
        ({"clients": [{"client_id": "c"}]}, "clients[0].client_secret: this key is required"),
        (
            {"sites": ["shop"], "clients": [{**CLIENT, "sites": ["shpo"]}]},
            "clients[0].sites[0]: 'shpo' is no site of environment qa here; did you mean shop?",
        ),
        (
            {"sites": ["shop"], "clients": [{**CLIENT, "sites": ["shop", "shop"]}]},
            "clients[0].sites[1]: 'shop' is listed twice",
        ),
        ({"profiles": [{"site": "x", "user_id": "u"}]}, "profiles[0].site: 'x' is no site of environment qa here"),
        (
            {"sites": ["x"], "profiles": [{"site": "x", "user_id": "u"}] * 2},
            "profiles[1].user_id: 'u' of site 'x' is listed twice",
        ),
        (
            {"sites": ["x"], "profiles": [{"site": "x", "user_id": "u", "attributes": {"n": 2**70}}]},
            "profiles[0].attributes: cannot be kept as JSON",
        ),
        ({"sites": ["x"], "profiles": [{"site": "x", "user_id": ""}]}, "profiles[0].user_id: String should have at"),
        ({"opted_out": [{"site": "x", "user_id": "u"}]}, "opted_out[0].site: 'x' is no site of environment qa here"),
        (
            {"sites": ["x"], "opted_out": [{"site": "x", "user_id": "u"}] * 2},
            "opted_out[1].user_id: 'u' of site 'x' is listed twice",
        ),
        (
            {"sites": ["x"], "opted_out": [{"site": "x", "user_id": "u", "at": "yesterday"}]},
            "opted_out[0].at: 'yesterday' is not a moment",
        ),
        (
            {"sites": ["x"], "opted_out": [{"site": "x", "user_id": "u", "at": "+2920000d"}]},
            "opted_out[0].at: the moment lies outside the years 1 to 9999",
        ),
        (
            {"clients": [CLIENT], "tokens": [{"access_token": "t", "client_id": "d"}]},
            "tokens[0].client_id: 'd' is no client of environment qa here",
        ),
        (
            {"clients": [CLIENT], "tokens": [{"access_token": "t", "client_id": "c"}] * 2},
            "tokens[1].access_token: 't' is listed twice",
        ),
        ({"tokens": [{"access_token": "a b", "client_id": "c"}]}, "tokens[0].access_token: String should match"),
        ({"client": []}, "client: unknown key, did you mean clients?"),
    ],
)
def test_a_section_that_cannot_be_planted_names_the_key(
    load: Callable[[dict[str, Any]], None], qa: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ScenarioError) as refused:
        load({"clock": "2026-01-05", "algonomy": {"environments": {"qa": qa}}})
    assert refused.value.problems[0].startswith(f"algonomy.environments.qa.{problem}")


def test_an_unknown_environment_is_refused(load: Callable[[dict[str, Any]], None]) -> None:
    with pytest.raises(ScenarioError) as refused:
        load({"algonomy": {"environments": {"stagging": {}}}})
    assert refused.value.problems == ["algonomy.environments.stagging: unknown key, did you mean staging?"]


@pytest.mark.parametrize("settings", [{"updates_per_second": -1}, {"require_https": "yes"}, {"scopes": "a"}])
def test_a_setting_of_the_wrong_kind_is_refused(
    load: Callable[[dict[str, Any]], None], settings: dict[str, Any]
) -> None:
    with pytest.raises(ScenarioError) as refused:
        load({"algonomy": {"settings": settings}})
    assert refused.value.problems[0].startswith(f"algonomy.settings.{next(iter(settings))}: ")


def test_the_description_shows_what_goes_over_the_wire(client: httpx.Client) -> None:
    document = client.get("/_emulator/openapi/algonomy.json").json()
    shapes = {
        path: {kind: one["schema"]["$ref"] for kind, one in operation["requestBody"]["content"].items()}
        for path, item in document["paths"].items()
        for operation in item.values()
    }
    token = dict.fromkeys(
        ("application/x-www-form-urlencoded", "application/json", "multipart/form-data"),
        "#/components/schemas/TokenParameters",
    )
    assert shapes == {
        "/profile-command/v1/oauth2/token": token,
        "/profile-command/v1/{apiKey}/optOut/{userId}": {"application/json": "#/components/schemas/OptOut"},
    }
    assert list(document["components"]["schemas"]["OptOut"]["properties"]) == ["type", "enableOptOut"]
    query = [one["name"] for one in document["paths"]["/profile-command/v1/oauth2/token"]["post"]["parameters"]]
    assert query[:3] == ["grant_type", "client_id", "client_secret"]
