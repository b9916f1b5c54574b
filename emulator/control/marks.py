"""Where in its file something of a scenario stands, found by the path that a problem begins with.

An extending scenario is looked through together with its bases, joined as they are joined when it is read: mappings
merge, lists are joined, anything else replaces.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import yaml

from emulator.control.scenario_text import StrictLoader

_INDEX = re.compile(r"\[(\d+)\]")
_WORD = re.compile(r"[^\s.\[\]:]+")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_JSON_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_JSON_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_MERGE = "tag:yaml.org,2002:merge"
_UNKNOWN_KEY = "unknown key"


class Layer(NamedTuple):
    """A node of a file."""

    file: str
    node: yaml.Node


class Spot(NamedTuple):
    """`line` and `column` count from 1; `path` is empty for what is wrong with the whole."""

    file: str
    line: int
    column: int
    path: str
    sentence: str


class _Member(NamedTuple):
    key: yaml.Node
    layer: Layer


def nodes(content: bytes) -> yaml.Node:
    """Of text that `parse` has read, and found to be a mapping."""
    text = content.decode("utf-8-sig")
    root = _json_nodes(text) if text.lstrip().startswith("{") else yaml.compose(text, Loader=StrictLoader)
    assert root is not None
    return root


def spot(layers: Sequence[Layer], problem: str) -> Spot:
    """Where the problem lies, as far as its path can be followed. The layers are those of all files, bases first."""
    here, marked, end = list(layers), Layer(layers[-1].file, layers[-1].node), 0
    while end < len(problem) and not problem.startswith(": ", end):
        if index := _INDEX.match(problem, end):
            below, end = _item(here, int(index[1])), index.end()
            marked = below[-1] if below else marked
        else:
            start = end + problem.startswith(".", end)
            members, after = _members(here, problem, start)
            if after == start:
                break
            below, end = _joined([member.layer for member in members]), after
            if members:
                of_key = problem.startswith(f": {_UNKNOWN_KEY}", end) or not isinstance(below[-1].node, yaml.ScalarNode)
                marked = Layer(below[-1].file, members[-1].key) if of_key else below[-1]
        here = below or here
    if not problem.startswith(": ", end):
        end = 0
    mark = marked.node.start_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    return Spot(marked.file, line + 1, column + 1, problem[:end], problem[end:].removeprefix(": "))


def _members(here: Sequence[Layer], problem: str, start: int) -> tuple[list[_Member], int]:
    """The members whose key the path names next, the longest such key, and the end of it. A key may have dots."""
    found: dict[str, list[_Member]] = {}
    for layer in here:
        for member in _pairs(layer):
            key = str(member.key.value)
            if problem.startswith(key, start) and problem[start + len(key) : start + len(key) + 1] in (
                ".",
                "[",
                ":",
                "",
            ):
                found.setdefault(key, []).append(member)
    if found:
        key = max(found, key=len)
        return found[key], start + len(key)
    word = _WORD.match(problem, start)
    return [], word.end() if word else start


def _pairs(layer: Layer) -> Iterator[_Member]:
    """With what ``<<`` merges in, which the layer's own keys replace."""
    if not isinstance(layer.node, yaml.MappingNode):
        return
    for key, value in layer.node.value:
        if key.tag == _MERGE:
            for merged in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                yield from _pairs(Layer(layer.file, merged))
    for key, value in layer.node.value:
        if key.tag != _MERGE:
            yield _Member(key, Layer(layer.file, value))


def _item(here: Sequence[Layer], index: int) -> list[Layer]:
    for layer in here:
        if isinstance(layer.node, yaml.SequenceNode):
            if index < len(layer.node.value):
                return [Layer(layer.file, layer.node.value[index])]
            index -= len(layer.node.value)
    return []


def _joined(layers: Sequence[Layer]) -> list[Layer]:
    """Those that still count once all are joined."""
    kept: list[Layer] = []
    for layer in layers:
        joins = bool(kept) and type(kept[-1].node) is type(layer.node) and not isinstance(layer.node, yaml.ScalarNode)
        kept = [*kept, layer] if joins else [layer]
    return kept


def _json_nodes(text: str) -> yaml.Node:
    """JSON is read by itself: not all of it is YAML to a reader of YAML."""
    root: list[yaml.Node] = []
    open_ones: list[tuple[yaml.CollectionNode, list[yaml.Node]]] = []
    line = line_start = seen = 0
    for token in _JSON_TOKEN.finditer(text):
        if newlines := text.count("\n", seen, token.start()):
            line += newlines
            line_start = text.rindex("\n", seen, token.start()) + 1
        seen = token.start()
        mark = yaml.Mark("", seen, line, seen - line_start, None, 0)
        said = token[0]
        if said in (",", ":"):
            continue
        if said in ("}", "]"):
            node, inside = open_ones.pop()
            node.value = list(zip(inside[::2], inside[1::2], strict=True)) if said == "}" else inside
            continue
        below = open_ones[-1][1] if open_ones else root
        if said in ("{", "["):
            kind = yaml.MappingNode if said == "{" else yaml.SequenceNode
            collection = kind("", [], mark, mark)
            below.append(collection)
            open_ones.append((collection, []))
        else:
            below.append(yaml.ScalarNode("", _unescaped(said[1:-1]) if said.startswith('"') else said, mark, mark))
    return root[0]


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _JSON_ESCAPE.sub(lambda e: chr(int(e[1], 16)) if e[1] else _JSON_LETTERS.get(e[2], e[2]), text)
