"""Scenario files: read strictly, planted whole or not at all, with errors that name the path of the bad key."""

import difflib
import math
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from emulator.control.sentences import REQUIRED, sentences
from emulator.core.clock import REAL, ClockState, machine_now, parse_moment
from emulator.core.errors import Misuse
from emulator.core.faults import unknown
from emulator.core.section import Moment, SectionError
from emulator.core.store import LEAST_INTEGER, MOST_INTEGER, Store
from emulator.core.vendor import Vendor
from emulator.core.work import Work
from emulator.core.world import Seed

SUFFIXES = (".yaml", ".yml", ".json")
_MOST_NODES = 5_000_000
_MOST_DEPTH = 60
_NAME = re.compile(r"[A-Za-z0-9._-]{1,63}")
_TOO_DEEP = f"the scenario is nested deeper than {_MOST_DEPTH} levels"


class ScenarioError(Misuse):
    """A scenario that cannot be used. `problems` are sentences, each starting with the path of what is wrong."""

    def __init__(self, problems: Sequence[str], status: int = 400) -> None:
        super().__init__(status, "Bad scenario", "; ".join(problems), errors=list(problems))
        self.problems = problems


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


class _StrictLoader(yaml.CSafeLoader):
    """YAML without its surprises: no dates, no ``yes`` and ``no``, no octal or sexagesimal numbers, no key given twice.
    A plain word that is no ``true``, ``null`` or number of JSON's is text: ``0123``, ``+4917012345``, ``10:30``."""

    def construct_document(self, node: yaml.Node) -> Any:
        _refuse_odd_keys(node)
        return super().construct_document(node)


_StrictLoader.yaml_implicit_resolvers = {}
for _kind, _pattern, _firsts in (
    ("merge", r"<<", ["<"]),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|false|True|False", list("tTfF")),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)(\.[0-9]+([eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)", list("-0123456789")),
):
    _StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"(?:{_pattern})\Z"), _firsts)


def _refuse_odd_keys(root: yaml.Node) -> None:
    """Before anything is constructed, because merging ``<<`` puts keys into nodes that no author wrote there."""
    waiting, seen = [root], {id(root)}
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            _refuse_odd_keys_of(node)
            below = [value for _, value in node.value]
        else:
            below = node.value if isinstance(node, yaml.SequenceNode) else []
        fresh = [one for one in below if id(one) not in seen]
        seen.update(map(id, fresh))
        waiting.extend(fresh)


def _refuse_odd_keys_of(node: yaml.MappingNode) -> None:
    keys: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise ScenarioError([f"{_line(key)}: a key must be plain text"])
        if key.value in keys:
            raise ScenarioError([f"{_line(key)}: the key {key.value!r} is given twice"])
        keys.add(key.value)


def parse(content: bytes) -> dict[str, Any]:
    """YAML or JSON (which begins with ``{``) as a mapping. Raises `ScenarioError`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError([f"the scenario is not UTF-8 text (byte {error.start})"]) from None
    document = _parse_json(text) if text.lstrip().startswith("{") else _parse_yaml(text)
    if not isinstance(document, dict):
        raise ScenarioError(["a scenario is a mapping with a name and one key per vendor"])
    _bound(document)
    return document


def _parse_json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ScenarioError([f"line {error.lineno}, column {error.colno}: not JSON, {error.msg}"]) from None


def _parse_yaml(text: str) -> Any:
    try:
        _refuse_odd_yaml(text)
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ScenarioError([f"{where}not YAML, {error.problem or error.context}"]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise ScenarioError([f"not YAML, {type(error).__name__}: {str(error)[:200]}"]) from None


def _refuse_odd_yaml(text: str) -> None:
    """Events first: composing nodes recurses in C, where too deep a nesting ends the process, and a tag such as
    ``!!int`` constructs what no plain value would."""
    depth = 0
    for event in yaml.parse(text, Loader=_StrictLoader):
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            raise ScenarioError([f"{_line(event)}: tags such as {event.tag} are not read"])
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MOST_DEPTH:
                raise ScenarioError([f"{_line(event)}: {_TOO_DEEP}"])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _line(place: yaml.Event | yaml.Node) -> str:
    return f"line {place.start_mark.line + 1}" if place.start_mark else "somewhere"


def _bound(document: Any) -> None:
    """Refuse what an alias bomb would expand to, and numbers that no store can hold."""
    nodes = 0
    level = [document]
    for _ in range(_MOST_DEPTH):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict | list):
                nodes += len(value)
                if nodes > _MOST_NODES:
                    raise ScenarioError([f"the scenario has more than {_MOST_NODES} values"])
                below.extend(value.values() if isinstance(value, dict) else value)
            elif isinstance(value, int) and not LEAST_INTEGER <= value <= MOST_INTEGER:
                raise ScenarioError([f"{value} does not fit into 64 bits"])
            elif isinstance(value, float) and not math.isfinite(value):
                raise ScenarioError(["a number is larger than a 64-bit float can be"])
        if not below:
            return
        level = below
    raise ScenarioError([_TOO_DEEP])


def _merge(base: Any, addition: Any) -> Any:
    """`addition` on top of `base`: mappings merge, lists are joined, anything else replaces."""
    if isinstance(base, dict) and isinstance(addition, dict):
        return {**base, **{k: _merge(base[k], v) if k in base else v for k, v in addition.items()}}
    if isinstance(base, list) and isinstance(addition, list):
        return [*base, *addition]
    return addition


@dataclass
class Scenarios:
    """The scenarios of a process: files of some directories, plus whatever a world was given over HTTP.

    `overrides` are settings that replace the vendors' defaults, per slug.
    """

    vendors: Sequence[Vendor]
    directories: Sequence[Path]
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    _seeds: dict[str, Seed] = field(default_factory=dict)
    _stamp: object = None

    def __post_init__(self) -> None:
        sections: dict[str, Any] = {vendor.slug: (vendor.seed_model | None, None) for vendor in self.vendors}
        self.model = create_model("Scenario", __base__=Head, **sections)

    def seed(self, name: str) -> Seed:
        """The named scenario of a file, planted at its first use, and again once any file has changed, since files
        extend each other. Raises `ScenarioError`."""
        stamp = [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in self._files()]
        if stamp != self._stamp:
            self._seeds.clear()
            self._stamp = stamp
        seed = self._seeds.get(name)
        if seed is None:
            seed = self._seeds[name] = self.plant(self.document(name))
        return seed

    def document(self, name: str) -> dict[str, Any]:
        return _read(self._file(name))

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
            return self._check(merged), merged
        except ScenarioError as whole:
            if "extends" in document:
                self._blame(document)
            raise whole from None

    def plant(self, document: Mapping[str, Any]) -> Seed:
        """Check a scenario and write it into a store of its own. Raises `ScenarioError`; nothing is half-applied."""
        slugs = [vendor.slug for vendor in self.vendors]
        if wrong := [slug for slug in self.overrides if slug not in slugs]:
            raise ScenarioError([unknown(slug, slugs, "vendor") for slug in wrong])
        scenario, _ = self.validate(document)
        head: Any = scenario
        clock = REAL if head.clock is None else _frozen(head.clock)
        now = clock.value if clock.mode == "frozen" else machine_now()
        store = Store([vendor.metadata for vendor in self.vendors])
        settings: dict[str, Any] = {}
        try:
            store.begin()
            for vendor in self.vendors:
                section = getattr(scenario, vendor.slug)
                settings[vendor.slug] = self._settings(vendor, section)
                if section is not None:
                    random = Random(f"{head.seed or head.name}/planting/{vendor.slug}")
                    _plant_section(vendor, section, Work(store, now, random, settings[vendor.slug]))
            store.commit()
            return Seed(
                name=head.name,
                description=head.description,
                clock=clock,
                entropy=head.seed,
                settings=settings,
                image=store.image(),
            )
        finally:
            store.close()

    def _blame(self, document: Mapping[str, Any]) -> None:
        """Find the errors of an extending scenario in its own text, where the places are those that its author sees."""
        try:
            self._check(document)
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

    def _check(self, document: Mapping[str, Any]) -> BaseModel:
        try:
            scenario = self.model.model_validate(document)
        except ValidationError as error:
            raise ScenarioError(sentences(self.model, error)) from None
        name = document["name"]
        if not _NAME.fullmatch(name):
            raise ScenarioError([f"name: {name!r} is no scenario name: 1 to 63 letters, digits, '.', '_' or '-'"])
        return scenario

    def _files(self) -> Iterator[Path]:
        for directory in self.directories:
            yield from sorted(path for path in directory.glob("*") if path.suffix in SUFFIXES and path.is_file())

    def _file(self, name: str) -> Path:
        for path in self._files():
            if path.stem == name:
                return path
        known = self.names()
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {nearest[0]}?" if nearest else f"there are: {', '.join(known) or 'none'}"
        raise ScenarioError([f"no scenario is called {name!r}; {hint}"], status=404)


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


def _frozen(text: str) -> ClockState:
    """A relative moment that reads well may lie outside the calendar all the same, counted from now."""
    try:
        return ClockState("frozen", parse_moment(text, machine_now()))
    except ValueError as error:
        raise ScenarioError([f"clock: {error}"]) from None


def _plant_section(vendor: Vendor, section: Any, work: Work) -> None:
    """`ValueError` is what `Work.moment` raises for a distance that leads out of the calendar."""
    try:
        vendor.plant(work, section)
    except SectionError as error:
        raise ScenarioError([f"{vendor.slug}.{error.path}: {error.message}"]) from None
    except (sqlite3.IntegrityError, OverflowError, ValueError) as error:
        raise ScenarioError([f"{vendor.slug}: the section cannot be stored, {error}"]) from None
