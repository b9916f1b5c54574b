"""Warnings about what looks real in a scenario, where each is told, and what draws none."""

import json
import secrets
import string
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from emulator.control.lifelike import MOST_TOLD, RESERVED_DOMAINS, drawn_by_chance, mail_domains, warnings
from emulator.control.scenario import Scenarios
from emulator.server import Background
from emulator.vendors import VENDORS
from tests.processes import serving

ROOT = Path(__file__).parent.parent.parent
REAL_KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
CREDENTIAL = "looks like a real credential; put a made-up one here"


def shop(*keys: str, **more: Any) -> dict[str, Any]:
    api_keys = [{"title": f"key {number}", "key": key} for number, key in enumerate(keys)]
    return {
        "name": "mine",
        "talonone": {
            "applications": [{"id": 1, "name": "Shop", "currency": "EUR", "timezone": "UTC", "apiKeys": api_keys}],
            **more,
        },
    }


def told(client: httpx.Client, scenario: dict[str, Any]) -> list[str]:
    answer = client.post("/_emulator/scenarios", json=scenario)
    assert answer.status_code == 200, answer.text
    found: list[str] = answer.json()["warnings"]
    return found


def test_loading_tells_the_place_of_a_real_looking_key_and_not_the_key(client: httpx.Client) -> None:
    (warning,) = told(client, shop("made-up", REAL_KEY))
    assert warning.startswith(f"talonone.applications[0].apiKeys[1].key: …0a08 {CREDENTIAL}")
    assert REAL_KEY not in client.post("/_emulator/scenarios", json=shop(REAL_KEY)).text


def test_a_scenario_with_warnings_is_loaded_all_the_same(client: httpx.Client) -> None:
    told(client, shop(REAL_KEY))
    session = client.put(
        "/talonone/v2/customer_sessions/s",
        json={"customerSession": {}},
        headers={"Authorization": f"ApiKey-v1 {REAL_KEY}"},
    )
    assert session.status_code == 200


SECTIONS = [
    (
        {"treasuredata": {"accounts": [{"id": "7", "api_keys": [{"value": f"7/{REAL_KEY[:40]}", "type": "master"}]}]}},
        "treasuredata.accounts[0].api_keys[0].value",
    ),
    ({"primedata": {"api_keys": ["MkpIc2tkamhmOjkyODM3NDY1NzM="]}}, "primedata.api_keys[0]"),
    (
        {
            "algonomy": {
                "environments": {
                    "qa": {
                        "sites": ["s"],
                        "clients": [{"client_id": "c", "client_secret": "7h2k9vq0s4m1x8z3c6b5n0l7j4", "sites": ["s"]}],
                    }
                }
            }
        },
        "algonomy.environments.qa.clients[0].client_secret",
    ),
]


@pytest.mark.parametrize(("sections", "path"), SECTIONS, ids=["treasuredata", "primedata", "algonomy"])
def test_credentials_of_every_vendor_are_looked_at(client: httpx.Client, sections: dict[str, Any], path: str) -> None:
    (warning,) = told(client, {"name": "mine", **sections})
    assert warning.startswith(f"{path}: …")
    assert CREDENTIAL in warning


_TAIL = "Ab3Cd9Ef2Gh7Jk5Mn8Pq4Rs6Tu1Vw0Xy3Za"
SHAPED = {
    "an AWS access key": "AKIA" + "Q3EGRT6XWLKP5ZNM",
    "a GitHub token": "ghp_" + _TAIL + "0",
    "a GitLab token": "glpat-" + _TAIL[:20],
    "a Slack token": "xoxb-" + "2048-" + _TAIL,
    "a Stripe live key": "sk_" + "live_" + _TAIL,
    "a Google API key": "AIza" + _TAIL,
    "a signed token (JWT)": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEiLCJuIjoxfQ." + _TAIL,
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize("what", SHAPED)
def test_what_a_well_known_service_issues_is_told_wherever_it_stands(client: httpx.Client, what: str) -> None:
    (warning,) = told(client, {"name": "mine", "description": f"with {SHAPED[what]} in it"})
    assert warning.startswith(f"description: this looks like {what}; put a made-up one here")
    assert _TAIL[:10] not in warning


def test_an_address_where_people_may_have_theirs_is_told_without_its_local_part(client: httpx.Client) -> None:
    profiles = [{"integrationId": "bob@gmail.com"}, {"integrationId": "ana@example.com"}]
    (warning,) = told(client, shop("made-up", profiles=profiles))
    assert warning == (
        "talonone.profiles[0].integrationId: an e-mail address at gmail.com, where people may have theirs; "
        "write one at example.com"
    )


@pytest.mark.parametrize("domain", [*RESERVED_DOMAINS, "shop.example.org", "a.b.test", "EXAMPLE.COM", "my.localhost"])
def test_a_reserved_domain_is_nobodys(domain: str) -> None:
    assert list(mail_domains(f"ana@{domain}, and Zoë <zoë@{domain}>")) == []


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("to a@gmail.com and b@web.de", ["gmail.com", "web.de"]),
        ("zoë@münchen.de", ["münchen.de"]),
        ("mailto:a+b@Corp.Co.UK?subject=x", ["corp.co.uk"]),
        ("a@example.com.evil.io", ["example.com.evil.io"]),
        ("a@notexample.com", ["notexample.com"]),
        ("@gmail.com, a @ b.com, pkg@1.2.3, user@host, a@-b.com", []),
        ("a@" * 200_000, []),
        ("a" * 400_000 + "@", []),
        ("a@" + "b." * 200_000, []),
    ],
)
def test_what_counts_as_an_address(text: str, domains: list[str]) -> None:
    assert list(mail_domains(text)) == domains


MADE_UP = [
    "d1c2b3a4" * 8, "0123456789abcdef" * 4, "deadbeef" * 8, "f" * 64, "k-team-b-production-key-2", "test" + REAL_KEY,
    "00112233445566778899aabbccddeeff", "fedcba9876543210fedcba9876543210", "a1b2c3d4e5f60718", "abc123" * 6,
    "1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d", "qwertyuiop1234567890", "123e4567-e89b-12d3-a456-426614174000", "k",
    "production0secret000000000", "TokenThatLivesOneMoreSecond00000",
]  # fmt: skip


@pytest.mark.parametrize("text", MADE_UP)
def test_a_credential_that_somebody_made_up_draws_no_warning(text: str) -> None:
    assert not drawn_by_chance(text)


def test_nearly_all_that_is_drawn_by_chance_is_seen() -> None:
    random = Random(7)
    words = string.ascii_letters + string.digits
    drawn = [f"{random.getrandbits(256):064x}" for _ in range(500)]
    drawn += ["".join(random.choices(words, k=32)) for _ in range(500)]
    assert sum(map(drawn_by_chance, drawn)) > 940
    assert sum(map(drawn_by_chance, [secrets.token_hex(32) for _ in range(100)])) > 90


@pytest.mark.parametrize("directory", ["fixtures", "examples/checkout"])
def test_what_comes_with_the_product_draws_no_warning(directory: str) -> None:
    scenarios = Scenarios(VENDORS, [ROOT / directory, ROOT / "fixtures"])
    assert [sentence for name in scenarios.names() for sentence in warnings(scenarios.seed(name), VENDORS)] == []


def test_the_demo_worlds_credentials_draw_no_warning_in_a_scenario_of_ones_own(client: httpx.Client) -> None:
    assert told(client, {"name": "mine", "extends": "demo"}) == []


def test_of_many_the_first_are_told_and_how_many_more(client: httpx.Client) -> None:
    profiles = [{"integrationId": f"someone-{number}@gmail.com"} for number in range(MOST_TOLD + 12)]
    found = told(client, shop("made-up", profiles=profiles))
    assert len(found) == MOST_TOLD + 1
    assert found[-1] == "and 12 more"


def test_a_start_tells_on_stderr_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(shop(REAL_KEY)))
    with serving("--fixtures", str(tmp_path), "--scenario", "mine") as (process, url):
        assert httpx.get(f"{url}/_emulator/ready").status_code == 200
        process.terminate()
        said = process.communicate(timeout=20)[1]
    assert "martech-emulator: warning: scenario mine: talonone.applications[0].apiKeys[0].key: …0a08" in said
    assert REAL_KEY not in said


def test_a_file_that_is_loaded_by_a_reset_is_told_of_too(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(shop(REAL_KEY)))
    with serving("--fixtures", str(tmp_path)) as (process, url):
        for _ in range(3):
            assert httpx.post(f"{url}/_emulator/reset", json={"scenario": "mine"}).status_code == 204
        process.terminate()
        said = process.communicate(timeout=20)[1]
    assert said.count("scenario mine: talonone.applications[0].apiKeys[0].key") == 1


def test_validate_tells_line_and_column_and_finds_the_file_valid(talk: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"name: mine\nextends: demo\nprimedata:\n  api_keys:\n    - {REAL_KEY}\n")
    lines = talk("validate", str(file)).stdout.splitlines()
    assert lines[0].startswith(f"{file}:5:7: warning: primedata.api_keys[1]: …0a08 {CREDENTIAL}")
    assert lines[1:] == [f"{file}: valid"]
    (one,) = json.loads(talk("validate", str(file), "--json").stdout)["files"]
    assert (one["valid"], one["problems"]) == (True, [])
    assert [(spot["line"], spot["column"], spot["path"]) for spot in one["warnings"]] == [
        (5, 7, "primedata.api_keys[1]")
    ]


def test_seed_tells_on_stderr(talk: Any, server: Background, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(shop(REAL_KEY)))
    done = talk("--url", server.url, "--namespace", "lifelike", "seed", str(tmp_path / "mine.json"))
    assert "martech-emulator: warning: talonone.applications[0].apiKeys[0].key: …0a08" in done.stderr
    assert REAL_KEY not in done.stderr + done.stdout
