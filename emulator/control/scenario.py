"""Scenario files: read strictly, planted whole or not at all, with errors that name the path of the bad key."""

import difflib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from emulator.control.scenario_text import ScenarioError, parse
from emulator.control.sentences import REQUIRED, sentences
from emulator.core.clock import REAL, ClockState, Micros, machine_now, parse_moment
from emulator.core.errors import Misuse
from emulator.core.faults import unknown
from emulator.core.names import RULE, is_name
from emulator.core.section import Moment, SectionError
from emulator.core.store import Store
from emulator.core.vendor import Vendor
from emulator.core.work import Work
from emulator.core.world import Seed, World

__all__ = ["SUFFIXES", "Head", "Listed", "ScenarioError", "Scenarios", "load", "parse"]

SUFFIXES = (".yaml", ".yml", ".json")
MOST_LOADED = 900
"""Of scenarios that one namespace was given: all of them go into its snapshots."""
MOST_LOADED_BYTES = 1024 * 1024 * 1024


class Head(BaseModel):
    """What a scenario says besides its vendors' sections."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str = Field(description="How reset and --scenario call it: as its file is called, without the suffix.")
    description: str = ""
    extends: str | None = Field(default=None, description="Another scenario to start from; lists are appended to its.")
    clock: Moment | None = Field(default=None, description="The clock stands still there; without one it is real.")
    seed: str | None = Field(default=None, description="Generated ids and tokens derive from it.")


@dataclass(frozen=True, slots=True)
class Listed:
    """A scenario that can be chosen by name, or a file that looks like one and the reason why it cannot."""

    name: str
    description: str
    file: str | None = None
    error: str | None = None


def _merge(base: Any, addition: Any) -> Any:
    """`addition` on top of `base`: mappings merge, lists are joined, anything else replaces."""
    if isinstance(base, dict) and isinstance(addition, dict):
        return {**base, **{k: _merge(base[k], v) if k in base else v for k, v in addition.items()}}
    if isinstance(base, list) and isinstance(addition, list):
        return [*base, *addition]
    return addition


def _nobody(_: object) -> None:
    """Nobody listens."""


@dataclass
class Scenarios:
    """The scenarios of a process: files of some directories, plus whatever a world was given over HTTP.

    `overrides` are settings that replace the vendors' defaults, per slug. `most_problems` bounds what is told
    of one scenario; `tell` hears what planting is busy with, and `planted` of each scenario that came out of a file.
    """

    vendors: Sequence[Vendor]
    directories: Sequence[Path]
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    most_problems: int = 20
    tell: Callable[[str], None] = _nobody
    planted: Callable[[Seed], None] = _nobody
    _seeds: dict[str, Seed] = field(default_factory=dict)
    _stamp: object = None

    def __post_init__(self) -> None:
        sections: dict[str, Any] = {vendor.slug: (vendor.seed_model | None, None) for vendor in self.vendors}
        self.model = create_model("Scenario", __base__=Head, **sections)

    def seed(self, name: str) -> Seed:
        """The named scenario of a file, planted at its first use, and again once any file has changed, since files
        extend each other. Raises `ScenarioError`."""
        stamp = self.stamp()
        if stamp != self._stamp:
            self._seeds.clear()
            self._stamp = stamp
        seed = self._seeds.get(name)
        if seed is None:
            self.tell(f"reading scenario {name}")
            seed = self._seeds[name] = self.plant(self.document(name))
            self.planted(seed)
        return seed

    def stamp(self) -> list[tuple[Path, int, int]]:
        """Differs once any file has changed."""
        return [
            (Path(entry.path), entry.stat().st_mtime_ns, entry.stat().st_size)
            for directory in self.directories
            if directory.is_dir()
            for entry in os.scandir(directory)
            if entry.name.endswith(SUFFIXES) and entry.is_file()
        ]

    def document(self, name: str) -> dict[str, Any]:
        return _read(self.file(name))

    def names(self) -> list[str]:
        return sorted({path.stem for path in self._files()})

    def listed(self) -> list[Listed]:
        entries: dict[str, Listed] = {}
        for path in self._files():
            try:
                head = _read(path)
                entry = Listed(path.stem, str(head.get("description", "")), path.name)
            except ScenarioError as error:
                entry = Listed(path.stem, "", path.name, error.detail)
            entries.setdefault(path.stem, entry)
        return [entries[name] for name in sorted(entries)]

    def validate(self, document: Mapping[str, Any]) -> tuple[BaseModel, dict[str, Any]]:
        """The whole scenario, its bases merged in, checked. Raises `ScenarioError`."""
        merged = self._with_bases(dict(document), [str(document.get("name"))])
        try:
            return self.check(merged), merged
        except ScenarioError as whole:
            if "extends" in document:
                self._blame(document)
            raise whole from None

    def plant(self, document: Mapping[str, Any], now: Micros | None = None) -> Seed:
        """Check a scenario and write it into a store of its own, as at this moment or at another. Raises
        `ScenarioError`; nothing is half-applied."""
        slugs = [vendor.slug for vendor in self.vendors]
        if wrong := [slug for slug in self.overrides if slug not in slugs]:
            raise ScenarioError([unknown(slug, slugs, "vendor") for slug in wrong])
        scenario, merged = self.validate(document)
        head: Any = scenario
        planted = machine_now() if now is None else now
        clock = REAL if head.clock is None else _frozen(head.clock, planted)
        now = clock.value if clock.mode == "frozen" else planted
        settings = {vendor.slug: self._settings(vendor, getattr(scenario, vendor.slug)) for vendor in self.vendors}
        store = Store([vendor.metadata for vendor in self.vendors])
        problems: list[str] = []
        try:
            store.begin()
            for vendor in self.vendors:
                section = getattr(scenario, vendor.slug)
                if section is not None:
                    self.tell(f"planting {vendor.title}")
                    random = Random(f"{head.seed or head.name}/planting/{vendor.slug}")
                    problems += _plant_section(vendor, section, Work(store, now, random, settings[vendor.slug]))
            if problems:
                raise ScenarioError(problems)
            store.commit()
            return Seed(
                name=head.name,
                description=head.description,
                clock=clock,
                entropy=head.seed,
                settings=settings,
                image=store.image(),
                planted=planted,
                source=_source(merged),
            )
        finally:
            store.close()

    def _blame(self, document: Mapping[str, Any]) -> None:
        """Find the errors of an extending scenario in its own text, where the places are those that its author sees."""
        try:
            self.check(document)
        except ScenarioError as own:
            if found := [problem for problem in own.problems if not problem.endswith(REQUIRED)]:
                raise ScenarioError(found) from None

    def _settings(self, vendor: Vendor, section: Any) -> Any:
        chosen = section.settings.model_dump(exclude_unset=True) if section is not None else {}
        try:
            return vendor.settings(**{**self.overrides.get(vendor.slug, {}), **chosen})
        except ValidationError as error:
            raise ScenarioError(sentences(vendor.settings, error, vendor.slug)) from None

    def _with_bases(self, document: dict[str, Any], chain: list[str]) -> dict[str, Any]:
        base_name = document.get("extends")
        if not isinstance(base_name, str):
            return document  # nothing to extend, or a value that the check refuses
        if base_name in chain:
            raise ScenarioError([f"extends: {' extends '.join([*chain, base_name])}, which goes round in circles"])
        try:
            base = self._with_bases(self.document(base_name), [*chain, base_name])
        except ScenarioError as error:
            raise ScenarioError([f"extends: {problem}" for problem in error.problems]) from None
        merged: dict[str, Any] = _merge({k: v for k, v in base.items() if k != "extends"}, document)
        return merged

    def check(self, document: Mapping[str, Any]) -> BaseModel:
        """As it stands, without its bases. Raises `ScenarioError`."""
        try:
            scenario = self.model.model_validate(document)
        except ValidationError as error:
            raise ScenarioError(sentences(self.model, error, most=self.most_problems)) from None
        name = document["name"]
        if not is_name(name):
            raise ScenarioError([f"name: {name!r} is no scenario name: write {RULE}"])
        return scenario

    def _files(self) -> Iterator[Path]:
        for directory in self.directories:
            yield from sorted(path for path in directory.glob("*") if path.suffix in SUFFIXES and path.is_file())

    def file(self, name: str) -> Path:
        """Raises `ScenarioError`."""
        for path in self._files():
            if path.stem == name:
                return path
        known = self.names()
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {nearest[0]}?" if nearest else f"there are: {', '.join(known) or 'none'}"
        raise ScenarioError([f"no scenario is called {name!r}; {hint}"], status=404)


def load(world: World, seed: Seed) -> None:
    """Let a world remember a scenario by its name, and reset to it. Raises `Misuse` where it remembers too many."""
    with world.turn:
        others = [other for name, other in world.scenarios.items() if name != seed.name]
        held = sum(one.image.size + len(one.source) for one in (*others, seed))
        if len(others) >= MOST_LOADED or held > MOST_LOADED_BYTES:
            raise Misuse(
                507,
                "Too many scenarios",
                f"this namespace was given {len(others)} scenarios, and may keep {MOST_LOADED} of "
                f"{MOST_LOADED_BYTES} bytes in all; give a new one the name of one that is done with, or delete the "
                "namespace with DELETE /_emulator/namespaces/NAME",
            )
        world.load(seed)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ScenarioError([f"{path} cannot be read: {error.strerror}"]) from None
    try:
        document = parse(content)
    except ScenarioError as error:
        raise ScenarioError([f"{path.name}: {problem}" for problem in error.problems]) from None
    if document.get("name") != path.stem:
        raise ScenarioError([f"{path.name}: name: must be {path.stem!r}, as the file is called"])
    return document


def _source(merged: Mapping[str, Any]) -> bytes:
    """What plants the same again. Its bases are in it, so it extends nothing."""
    return orjson.dumps({key: value for key, value in merged.items() if key != "extends"})


def _frozen(text: str, now: Micros) -> ClockState:
    """A relative moment that reads well may lie outside the calendar all the same, counted from now."""
    try:
        return ClockState("frozen", parse_moment(text, now))
    except ValueError as error:
        raise ScenarioError([f"clock: {error}"]) from None


def _plant_section(vendor: Vendor, section: Any, work: Work) -> list[str]:
    """The problem that stopped it, if there was one. `ValueError` is what `Work.moment` raises for a distance that
    leads out of the calendar."""
    try:
        vendor.plant(work, section)
    except SectionError as error:
        return [f"{vendor.slug}.{error.path}: {error.message}"]
    except (sqlite3.IntegrityError, OverflowError, ValueError) as error:
        return [f"{vendor.slug}: the section cannot be stored, {error}"]
    return []
