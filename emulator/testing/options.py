"""What a suite's options say, read and checked once: command line over environment over ini over default."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import pytest

from emulator.client import Client
from emulator.control.scenario import ScenarioError, Scenarios
from emulator.core.errors import Level
from emulator.core.faults import unknown
from emulator.settings import TOKEN_VARIABLE, Options, checked_token, scenario_directories
from emulator.testing.arrangement import KEYS, Arrangement, Said, arranged
from emulator.testing.errors import Unusable

Target = Literal["in-process", "container", "real"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteOptions:
    """`target` names the venue, and `url` the emulator of a container (else `None`), which may ask for a `token`.
    `fixtures` is a directory with scenarios of the suite's own, `arrangement` what a test begins with that says nothing
    itself. `allow_writes` is for the real vendors; `reliance` is the level from which on answers are told that rest on
    it."""

    target: Target = "in-process"
    url: str | None = None
    token: str | None = field(default=None, repr=False)
    allow_writes: bool = False
    reliance: Level | None = None
    fixtures: Path | None = None
    arrangement: Arrangement = field(default_factory=Arrangement)

    @classmethod
    def of(cls, config: pytest.Config) -> "SuiteOptions":
        """Of a test run. Raises `Unusable`."""
        options = config.stash.get(_OPTIONS, None)
        if options is None:
            options = config.stash[_OPTIONS] = _read(config)
        return options


_OPTIONS: pytest.StashKey[SuiteOptions] = pytest.StashKey()


def _read(config: pytest.Config) -> SuiteOptions:
    target, url = _where(config, os.environ)
    options = SuiteOptions(
        target=target,
        url=url,
        token=None if url is None else _token(os.environ),
        allow_writes=config.getoption("emulator_allow_writes"),
        reliance=_reliance(config.getoption("emulator_reliance")),
        fixtures=_fixtures(config),
        arrangement=_arrangement(config),
    )
    if target == "in-process" and isinstance(name := options.arrangement.scenario, str):
        try:
            Scenarios((), scenario_directories(Options(fixtures=options.fixtures))).file(name)
        except ScenarioError as error:
            raise Unusable(f"emulator_scenario: {error.detail}") from None
    return options


class _Place(NamedTuple):
    """Where somebody may say which venue it is to be, and what is said there."""

    target_key: str
    target: str
    url_key: str
    url: str


def _places(config: pytest.Config, environment: Mapping[str, str]) -> Iterator[_Place]:
    """The one that counts most comes first. What is empty is not said."""
    options = [config.getoption(f"emulator_{name}") for name in ("target", "url")]
    yield _Place("--emulator-target", options[0] or "", "--emulator-url", options[1] or "")
    variables = [environment.get(f"EMULATOR_{name}", "") for name in ("TARGET", "URL")]
    yield _Place("EMULATOR_TARGET", variables[0], "EMULATOR_URL", variables[1])
    yield _Place("emulator_target", config.getini("emulator_target"), "emulator_url", config.getini("emulator_url"))


def _where(config: pytest.Config, environment: Mapping[str, str]) -> tuple[Target, str | None]:
    """The first place that says anything decides; a container's address may be said in a later one."""
    places = list(_places(config, environment))
    first = next((place for place in places if place.target or place.url), None)
    if first is None:
        return "in-process", None
    target = _target(first) if first.target else "container"
    if target != "container":
        if first.url:
            raise Unusable(
                f"{first.url_key} {first.url} is for {first.target_key} container, and {first.target_key} says "
                f"{target}: leave one of them out"
            )
        return target, None
    named = next((place for place in places if place.url), None)
    if named is None:
        raise Unusable(
            f"{first.target_key} container needs the address of an emulator that runs: say "
            "--emulator-url http://127.0.0.1:4680, or set EMULATOR_URL or the ini option emulator_url"
        )
    try:
        url = Client(named.url).url
    except ValueError:
        raise Unusable(
            f"{named.url_key}: {named.url!r} is no address of an emulator: write http://127.0.0.1:4680"
        ) from None
    root, namespace, _ = url.partition("/ns/")
    if namespace:
        raise Unusable(
            f"{named.url_key}: {named.url!r} names a namespace, and each process of a test run makes one of its own: "
            f"write {root}"
        )
    return target, url


def _token(environment: Mapping[str, str]) -> str | None:
    said = environment.get(TOKEN_VARIABLE, "")
    try:
        return checked_token(said) if said else None
    except ValueError as error:
        raise Unusable(f"{TOKEN_VARIABLE}: {error}") from None


def _target(place: _Place) -> Target:
    for known in get_args(Target):
        if place.target == known:
            target: Target = known
            return target
    raise Unusable(f"{place.target_key}: {unknown(place.target, get_args(Target), 'target')}")


def _reliance(said: str | None) -> Level | None:
    levels = [level for level in Level if level is not Level.DOCUMENTED]
    if said is not None and said not in levels:
        raise Unusable(f"--emulator-reliance: {unknown(said, levels, 'level')}")
    return None if said is None else Level(said)


def _home(config: pytest.Config) -> Path:
    return config.rootpath if config.inipath is None else config.inipath.parent


def _fixtures(config: pytest.Config) -> Path | None:
    said = config.getini("emulator_fixtures")
    if not said:
        return None
    directory: Path = _home(config) / said
    if not directory.is_dir():
        raise Unusable(f"emulator_fixtures: {directory} is no directory: name one with scenario files")
    return directory


def _arrangement(config: pytest.Config) -> Arrangement:
    said = [Said(f"emulator_{key}", key, config.getini(f"emulator_{key}"), [_home(config)]) for key in KEYS]
    return arranged(Arrangement(), [one for one in said if one.value])
