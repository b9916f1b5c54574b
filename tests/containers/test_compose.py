"""The compose files keep their promises. No engine is needed: they are read."""

from typing import Any

import pytest
import yaml

from emulator.cli import cli
from tests.cli.program import ROOT, run


class _Loader(yaml.SafeLoader):
    """Takes compose's own tags for what stands below them."""


_Loader.add_multi_constructor("!", lambda loader, _, node: loader.construct_sequence(node, deep=True))


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load((ROOT / name).read_text(encoding="utf-8"), Loader=_Loader)
    return document


BASE = read("docker-compose.yml")
EMULATOR = BASE["services"]["emulator"]
OVERLAYS = sorted(path.name for path in ROOT.glob("compose.*.yml"))


def test_one_service_runs_unless_others_are_asked_for() -> None:
    assert [name for name, service in BASE["services"].items() if not service.get("profiles")] == ["emulator"]


def test_it_is_published_on_this_machine_alone() -> None:
    assert EMULATOR["ports"] == ["127.0.0.1:4680:4680"]
    assert "network_mode" not in EMULATOR


@pytest.mark.parametrize("name", OVERLAYS)
def test_no_overlay_opens_it_to_the_network(name: str) -> None:
    for service in read(name)["services"].values():
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", []))
        assert not service.keys() & {"privileged", "network_mode", "cap_add", "pid", "ipc"}


def test_it_may_do_nothing_that_it_need_not() -> None:
    assert EMULATOR["read_only"] is True
    assert EMULATOR["cap_drop"] == ["ALL"]
    assert EMULATOR["security_opt"] == ["no-new-privileges:true"]


def test_its_image_is_built_here_and_is_not_whatever_is_latest() -> None:
    assert EMULATOR["build"] == "."
    assert EMULATOR["image"].partition(":")[2] not in ("", "latest")


def test_the_scenarios_of_a_checkout_are_mounted_read_only_and_can_be_used() -> None:
    (mount,) = EMULATOR["volumes"]
    source, target, mode = mount.split(":")
    assert f"EMULATOR_FIXTURES={target}" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert mode == "ro"
    assert run("validate", source).returncode == 0


def test_the_health_check_is_a_verb_and_the_images_own() -> None:
    assert EMULATOR["healthcheck"]["test"][:2] == ["CMD", "martech-emulator"]
    words = ", ".join(f'"{word}"' for word in EMULATOR["healthcheck"]["test"][1:])
    assert f"CMD [{words}]" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["docker-compose.yml", *OVERLAYS])
def test_every_variable_of_the_emulators_is_an_option(name: str) -> None:
    options = {param.envvar for param in cli.get_command(None, "serve").params}
    given = read(name)["services"].get("emulator", {}).get("environment", {})
    assert set(given) <= options


def test_an_example_waits_until_the_emulator_is_healthy() -> None:
    example = BASE["services"]["example"]
    assert example["depends_on"] == {"emulator": {"condition": "service_healthy"}}
    assert example["profiles"] == ["example"]
    assert example["image"] == EMULATOR["image"]
    assert cli.get_command(None, example["command"][0]) is not None


def test_data_survives_in_a_volume_where_the_overlay_is_laid_over() -> None:
    overlay = read("compose.data.yml")
    service = overlay["services"]["emulator"]
    assert service["volumes"] == [f"data:{service['environment']['EMULATOR_DATA_DIR']}"]
    assert "data" in overlay["volumes"]
