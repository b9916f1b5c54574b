"""A scenario's file checked as a whole: everything that is wrong with it, each at its line."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from emulator.control.lifelike import warnings
from emulator.control.marks import Layer, Spot, nodes, spot
from emulator.control.scenario import Scenarios
from emulator.control.scenario_text import ScenarioError, Unreadable, parse, without_collecting
from emulator.control.sentences import REQUIRED


class Checked(NamedTuple):
    """What is wrong with a file, and what only looks as if it should not be in it, in the order of lines."""

    problems: list[Spot]
    warnings: list[Spot]


def checked(scenarios: Scenarios, file: str, content: bytes) -> Checked:
    """Where it extends others, its own text counts first, by itself."""
    with without_collecting():
        return _found(scenarios, file, content)


def _found(scenarios: Scenarios, file: str, content: bytes) -> Checked:
    try:
        document = parse(content)
    except Unreadable as error:
        return Checked([Spot(file, error.line, error.column, "", error.sentence)], [])
    except ScenarioError as error:
        return Checked([Spot(file, 1, 1, "", problem) for problem in error.problems], [])
    if "extends" in document and (problems := _own_problems(scenarios, document)):
        return Checked(_spots([Layer(file, nodes(content))], problems), [])
    problems, remarks = _planted(scenarios, document)
    if not problems and not remarks:
        return Checked([], [])
    bases = [Layer(str(path), nodes(path.read_bytes())) for path in _bases(scenarios, document)]
    layers = [*reversed(bases), Layer(file, nodes(content))]
    return Checked(_spots(layers, problems), _spots(layers, remarks))


def _own_problems(scenarios: Scenarios, document: dict[str, Any]) -> list[str]:
    """What an extending scenario leaves out, another may say."""
    try:
        scenarios.check(document)
    except ScenarioError as error:
        return [problem for problem in error.problems if not problem.endswith(REQUIRED)]
    return []


def _planted(scenarios: Scenarios, document: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Problems and warnings; of what cannot be planted there are none of the latter."""
    try:
        seed = scenarios.plant(document)
    except ScenarioError as error:
        return list(error.problems), []
    return [], warnings(seed, scenarios.vendors)


def _bases(scenarios: Scenarios, document: dict[str, Any]) -> Iterator[Path]:
    """The files that it extends, the nearest first, as far as they can be read."""
    seen: set[Path] = set()
    while isinstance(name := document.get("extends"), str):
        try:
            path = scenarios.file(name)
            document = scenarios.document(name)
        except ScenarioError:
            return
        if path in seen:
            return
        seen.add(path)
        yield path


def _spots(layers: Sequence[Layer], problems: Sequence[str]) -> list[Spot]:
    return sorted((spot(layers, problem) for problem in problems), key=lambda one: (one.file, one.line, one.column))
