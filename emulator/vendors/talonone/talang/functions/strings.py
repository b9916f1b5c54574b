"""Texts.

`contains`, `startsWith`, `endsWith` and `notContains` look into the first text for each later one. The prose of the
open-source interpreter has it the other way round; its code does as this does.
"""

from emulator.core.patterns import pattern
from emulator.vendors.talonone.talang.errors import TalangError
from emulator.vendors.talonone.talang.evaluation import Evaluation
from emulator.vendors.talonone.talang.kinds import Kind, Value, kind_name
from emulator.vendors.talonone.talang.signature import Function

LONGEST_TEXT = 100_000
CHARACTERS_A_STEP = 64
STEPS_A_PATTERN = 500


def concatenate(evaluation: Evaluation, *texts: str) -> str:
    return _joined(evaluation, "", texts)


def _joined(evaluation: Evaluation, glue: str, texts: tuple[str, ...]) -> str:
    length = sum(map(len, texts)) + len(glue) * len(texts)
    if length > LONGEST_TEXT:
        raise TalangError(f"a text of more than {LONGEST_TEXT} characters")
    evaluation.charge(length // CHARACTERS_A_STEP)
    return glue.join(texts)


def contains(evaluation: Evaluation, text: str, *parts: str) -> bool:
    evaluation.charge(len(text) * len(parts) // CHARACTERS_A_STEP)
    return all(part in text for part in parts)


def contains_none(evaluation: Evaluation, text: str, *parts: str) -> bool:
    evaluation.charge(len(text) * len(parts) // CHARACTERS_A_STEP)
    return not any(part in text for part in parts)


def starts_with(evaluation: Evaluation, text: str, *beginnings: str) -> bool:
    evaluation.charge(sum(map(len, beginnings)) // CHARACTERS_A_STEP)
    return all(text.startswith(beginning) for beginning in beginnings)


def ends_with(evaluation: Evaluation, text: str, *endings: str) -> bool:
    evaluation.charge(sum(map(len, endings)) // CHARACTERS_A_STEP)
    return all(text.endswith(ending) for ending in endings)


def matches(evaluation: Evaluation, expression: str, *texts: str) -> bool:
    """Whether the regular expression is found somewhere in every text. RE2, as in Talon.One's own Go services."""
    if expression not in evaluation.patterns:
        evaluation.charge(STEPS_A_PATTERN)
        evaluation.patterns |= {expression}
    try:
        searched = pattern(expression)
        for text in texts:
            evaluation.charge(len(text) // CHARACTERS_A_STEP)
            if not searched.found_in(text):
                return False
    except ValueError as error:
        raise TalangError(f"regex does not compile: {error}") from None
    return True


def first_name(evaluation: Evaluation, text: str) -> str:
    evaluation.charge(len(text) // CHARACTERS_A_STEP)
    return text.split(" ", maxsplit=1)[0]


def last_name(evaluation: Evaluation, text: str) -> str:
    evaluation.charge(len(text) // CHARACTERS_A_STEP)
    return text.rsplit(" ", maxsplit=1)[-1]


def split(evaluation: Evaluation, text: str, separator: str) -> list[Value]:
    """An empty separator splits between all characters."""
    evaluation.charge(len(text) // CHARACTERS_A_STEP)
    parts = text.split(separator) if separator else list(text)
    evaluation.charge(len(parts))
    return [*parts]


def join(evaluation: Evaluation, items: list[Value], glue: str) -> str:
    texts = []
    for item in items:
        if not isinstance(item, str):
            raise TalangError(f"{kind_name(item)} is not a string to join")
        texts.append(item)
    evaluation.charge(len(items))
    return _joined(evaluation, glue, tuple(texts))


_TWO_OR_MORE = (Kind.STRING, Kind.STRING, Kind.STRING)

FUNCTIONS = (
    Function("+", _TWO_OR_MORE, concatenate, variadic=True),
    Function("concat", _TWO_OR_MORE, concatenate, variadic=True),
    Function("contains", _TWO_OR_MORE, contains, variadic=True),
    Function("notContains", _TWO_OR_MORE, contains_none, variadic=True),
    Function("startsWith", _TWO_OR_MORE, starts_with, variadic=True),
    Function("endsWith", _TWO_OR_MORE, ends_with, variadic=True),
    Function("~", _TWO_OR_MORE, matches, variadic=True),
    Function("firstName", (Kind.STRING,), first_name),
    Function("lastName", (Kind.STRING,), last_name),
    Function("split", (Kind.STRING, Kind.STRING), split),
    Function("join", (Kind.LIST, Kind.STRING), join),
)
