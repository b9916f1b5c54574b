"""The JSON Schema of a scenario says what the loader says."""

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from emulator.cli import cli
from emulator.control.scenario import Scenarios, parse
from emulator.control.scenario_schema import scenario_schema
from emulator.vendors import VENDORS

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(scope="module")
def schema() -> Any:
    return scenario_schema(Scenarios(VENDORS, []).model)


def test_it_is_a_valid_schema(schema: Any) -> None:
    Draft202012Validator.check_schema(schema)


def test_the_file_beside_the_scenarios_is_current(schema: Any) -> None:
    kept = orjson.loads((FIXTURES / "schema" / "scenario.json").read_bytes())
    assert kept == schema, "run: ./run schema > fixtures/schema/scenario.json"


def test_the_command_prints_it(schema: Any) -> None:
    assert orjson.loads(CliRunner().invoke(cli, ["schema"]).output) == schema


def test_the_control_call_answers_that_of_the_vendors_there_are(client: httpx.Client) -> None:
    vendors = {vendor["slug"] for vendor in client.get("/_emulator/vendors").json()["vendors"]}
    answered = client.get("/_emulator/scenarios/schema.json").json()
    Draft202012Validator.check_schema(answered)
    assert vendors < set(answered["properties"])


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.yaml")), ids=lambda path: path.stem)
def test_it_accepts_the_scenarios_that_come_with_the_product(schema: Any, path: Path) -> None:
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(parse(path.read_bytes()))]
    assert errors == []


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_editor_that_opens_a_scenario_finds_it(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (FIXTURES / named).is_file()


@pytest.mark.parametrize(
    "wrong",
    [
        {"nmae": "x"},
        {"name": 1},
        {"name": "x", "clock": 5},
        {"name": "x", "treasuredata": {"acount": {}}},
        {"name": "x", "primedata": {"profiles": [{"profile": "p"}]}},
        {"name": "x", "algonomy": {"environments": []}},
        {"name": "x", "talonone": {"campaigns": [{"name": 3}]}},
    ],
    ids=str,
)
def test_it_refuses_what_the_loader_refuses(schema: Any, wrong: Any, client: httpx.Client) -> None:
    assert list(Draft202012Validator(schema).iter_errors(wrong))
    assert client.post("/_emulator/scenarios", json=wrong).status_code == 400
