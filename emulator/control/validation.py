"""A scenario's file checked as a whole: everything that is wrong with it, each at its line."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from emulator.control.marks import Layer, Spot, nodes, spot
from emulator.control.scenario import Scenarios
from emulator.control.scenario_text import ScenarioError, Unreadable, parse, without_collecting
from emulator.control.sentences import REQUIRED


def spots(scenarios: Scenarios, file: str, content: bytes) -> list[Spot]:
    """What is wrong with it, in the order of lines. Where it extends others, its own text counts first, by itself."""
    with without_collecting():
        return _found(scenarios, file, content)


def _found(scenarios: Scenarios, file: str, content: bytes) -> list[Spot]:
    try:
        document = parse(content)
    except Unreadable as error:
        return [Spot(file, error.line, error.column, "", error.sentence)]
    except ScenarioError as error:
        return [Spot(file, 1, 1, "", problem) for problem in error.problems]
    if "extends" in document and (problems := _own_problems(scenarios, document)):
        return _spots([Layer(file, nodes(content))], problems)
    if problems := _planting_problems(scenarios, document):
        bases = [Layer(str(path), nodes(path.read_bytes())) for path in _bases(scenarios, document)]
        return _spots([*reversed(bases), Layer(file, nodes(content))], problems)
    return []


def _own_problems(scenarios: Scenarios, document: dict[str, Any]) -> list[str]:
    """What an extending scenario leaves out, another may say."""
    try:
        scenarios.check(document)
    except ScenarioError as error:
        return [problem for problem in error.problems if not problem.endswith(REQUIRED)]
    return []


def _planting_problems(scenarios: Scenarios, document: dict[str, Any]) -> list[str]:
    try:
        scenarios.plant(document)
    except ScenarioError as error:
        return list(error.problems)
    return []


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
