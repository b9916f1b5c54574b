"""The text of a scenario, YAML or JSON, read without surprises: what it holds, or the line where it cannot be read."""

import gc
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import yaml

from emulator.core.errors import Misuse
from emulator.core.store import LEAST_INTEGER, MOST_INTEGER

_TAGS_OF_KEYS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")
MOST_VALUES = 5_000_000
MOST_YAML_VALUES = 1_000_000
"""As they are written: a reader of YAML takes up more than a kilobyte for each of them, for a while."""
MOST_DEPTH = 60
_TOO_DEEP = f"the scenario is nested deeper than {MOST_DEPTH} levels"


class ScenarioError(Misuse):
    """A scenario that cannot be used. `problems` are sentences, each starting with the path of what is wrong."""

    def __init__(self, problems: Sequence[str], status: int = 400) -> None:
        super().__init__(status, "Bad scenario", "; ".join(problems), errors=list(problems))
        self.problems = problems


class Unreadable(ScenarioError):
    """Text that is no YAML or JSON of ours, at a line and a column of it."""

    def __init__(self, line: int, column: int, sentence: str) -> None:
        super().__init__([f"line {line}, column {column}: {sentence}"])
        self.line = line
        self.column = column
        self.sentence = sentence


class StrictLoader(yaml.CSafeLoader):
    """YAML without its surprises: no dates, no ``yes`` and ``no``, no octal or sexagesimal numbers, no key given twice.
    A plain word that is no ``true``, ``null`` or number of JSON's is text: ``0123``, ``+4917012345``, ``10:30``."""

    def construct_document(self, node: yaml.Node) -> Any:
        _refuse_odd_keys(node)
        return super().construct_document(node)


StrictLoader.yaml_implicit_resolvers = {}
for _kind, _pattern, _firsts in (
    ("merge", r"<<", ["<"]),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|false|True|False", list("tTfF")),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)(\.[0-9]+([eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)", list("-0123456789")),
):
    StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"(?:{_pattern})\Z"), _firsts)


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
            raise _unreadable(key, "a key must be plain text")
        if key.tag not in _TAGS_OF_KEYS:
            raise _unreadable(key, f"the key {key.value or 'null'} is no text to YAML: write it in quotes")
        if key.value in keys:
            raise _unreadable(key, f"the key {key.value!r} is given twice")
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
        raise Unreadable(error.lineno, error.colno, f"not JSON, {error.msg}") from None


def _parse_yaml(text: str) -> Any:
    try:
        _refuse_odd_yaml(text)
        with without_collecting():
            return yaml.load(text, Loader=StrictLoader)  # noqa: S506 - a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Unreadable(line, column, f"not YAML, {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ScenarioError([f"not YAML, {type(error).__name__}: {str(error)[:200]}"]) from None


@contextmanager
def without_collecting() -> Iterator[None]:
    """Nothing of a document in the making is garbage: looking for it takes most of the time that a large one takes."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _refuse_odd_yaml(text: str) -> None:
    """Events first: composing nodes recurses in C, where too deep a nesting ends the process, and a tag such as
    ``!!int`` constructs what no plain value would."""
    depth = 0
    values = 0
    for event in yaml.parse(text, Loader=StrictLoader):
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            raise _unreadable(event, f"tags such as {event.tag} are not read")
        values += isinstance(event, yaml.NodeEvent)
        if values > MOST_YAML_VALUES:
            raise _unreadable(event, f"the scenario has more than {MOST_YAML_VALUES} keys and values; write it as JSON")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                raise _unreadable(event, _TOO_DEEP)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _unreadable(place: yaml.Event | yaml.Node, sentence: str) -> Unreadable:
    line, column = (place.start_mark.line, place.start_mark.column) if place.start_mark else (0, 0)
    return Unreadable(line + 1, column + 1, sentence)


def _bound(document: Any) -> None:
    """Refuse what an alias bomb would expand to, and numbers that no store can hold."""
    nodes = 0
    level = [document]
    for _ in range(MOST_DEPTH):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict | list):
                nodes += len(value)
                if nodes > MOST_VALUES:
                    raise ScenarioError([f"the scenario has more than {MOST_VALUES} values"])
                below.extend(value.values() if isinstance(value, dict) else value)
            elif isinstance(value, int) and not LEAST_INTEGER <= value <= MOST_INTEGER:
                raise ScenarioError([f"{value} does not fit into 64 bits"])
            elif isinstance(value, float) and not math.isfinite(value):
                raise ScenarioError(["a number is larger than a 64-bit float can be"])
        if not below:
            return
        level = below
    raise ScenarioError([_TOO_DEEP])
