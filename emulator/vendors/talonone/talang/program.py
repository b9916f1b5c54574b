"""Expressions, compiled once and evaluated often.

An expression is JSON: an array calls the function its first element names, an array that begins with an array
evaluates all its elements and yields the last, everything else is a literal. A text that looks like a time stays a
text and counts as a time where a function wants one and none of its forms takes the arguments as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import DecimalException
from functools import reduce
from operator import or_
from typing import NamedTuple

from emulator.vendors.talonone.talang.errors import TalangError, TalangLimit
from emulator.vendors.talonone.talang.evaluation import (
    CALL_SPENT,
    DEEPEST,
    SPENT,
    STEPS,
    TOO_DEEP,
    Argument,
    Block,
    Evaluation,
    Node,
)
from emulator.vendors.talonone.talang.kinds import KINDS, Kind, Value, kind_name, value_of
from emulator.vendors.talonone.talang.moments import read_moment
from emulator.vendors.talonone.talang.scope import Scope
from emulator.vendors.talonone.talang.signature import Function, Shape, no_form
from emulator.vendors.talonone.talang.vocabulary import STANDARD, Vocabulary

MOST_CALLS = 10_000
MOST_VALUES = 100_000
"""Literals included, which cost little each and are looked at one by one."""
ARGUMENTS_A_STEP = 8
ANYTHING = -1
"""A mask that every kind fits, of an argument that is no longer to be looked at."""
OUT_OF_RANGE = "number out of range"
SLOT = "#"

Form = tuple[tuple[tuple[int, int], ...], Callable[..., Value]]
"""The accepted kinds of the computed arguments by position, and what to run."""


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression. It never changes: keep it, and share it between threads."""

    _node: Node = field(repr=False)
    _height: int

    def evaluate(self, scope: Scope, *, steps: int = STEPS) -> Value:
        allowance = scope.allowance
        if allowance is None:
            return self._run(Evaluation(scope, steps, self._height))
        granted = min(steps, allowance.steps)
        evaluation = Evaluation(scope, granted, self._height)
        try:
            return self._run(evaluation)
        except TalangLimit as limit:
            if granted < steps and limit.message == SPENT:
                raise TalangLimit(CALL_SPENT, limit.place) from None
            raise
        finally:
            allowance.steps -= granted - max(evaluation.steps, 0)

    def _run(self, evaluation: Evaluation) -> Value:
        try:
            return self._node(evaluation)
        except RecursionError:
            raise TalangLimit(TOO_DEEP, "") from None


def compile(expression: object, vocabulary: Vocabulary = STANDARD) -> Program:
    """Resolve every name and count every argument; what remains for the evaluation is the kinds.

    Raises `TalangError` with the place of the first mistake.
    """
    part = _Compiler(vocabulary).expression(expression, "", 0)
    return Program(part.node, part.height)


class _Part(NamedTuple):
    node: Node
    height: int


class _Compiler:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.calls = 0
        self.values = 0
        self.templates = 0

    def expression(self, raw: object, place: str, depth: int) -> _Part:
        if not isinstance(raw, list | tuple):
            return _Part(_constant(_literal(raw, place)), 0)
        if depth >= DEEPEST:
            raise TalangLimit(TOO_DEEP, place)
        self.calls += 1
        self.values += len(raw)
        if self.calls > MOST_CALLS or self.values > MOST_VALUES:
            raise TalangLimit("the expression is too large", place)
        if not raw:
            raise TalangError("empty expression", place)
        match raw[0]:
            case list() | tuple():
                return self.sequence(raw, place, depth)
            case str() as name if name == SLOT and self.templates:
                return self.slot(raw, place)
            case str() as name:
                return self.call(name, raw, place, depth)
        spot = f"{place}[0]"
        raise TalangError(f"{kind_name(_literal(raw[0], spot))} is not a function name", spot)

    def call(self, name: str, raw: Sequence[object], place: str, depth: int) -> _Part:
        forms = self.vocabulary.forms(name)
        if not forms:
            nearest = self.vocabulary.nearest(name)
            hint = f", did you mean `{nearest}'?" if nearest else ""
            raise TalangError(f"unknown function `{name[:100]}'{hint}", place)
        count = len(raw) - 1
        fitting = [(form, masks) for form in forms if (masks := form.masks(count)) is not None]
        if not fitting:
            wanted = " or ".join(dict.fromkeys(form.arity for form in forms))
            raise TalangError(f"`{name}' takes {wanted}, {count} given", place)
        form, masks = fitting[0]
        arguments: list[Argument] = []
        computed: list[tuple[int, Node]] = []
        height = 0
        for index, each in enumerate(raw[1:]):
            spot = f"{place}[{index + 1}]"
            if not isinstance(each, list | tuple):
                arguments.append(_literal(each, spot, [masks[index] for _, masks in fitting]))
            elif form.lazy or masks[index] & Kind.TOKEN:
                block = self.block(form.shape, each, spot, depth + 1)
                arguments.append(block)
                height = max(height, block.height)
            else:
                part = self.expression(each, spot, depth + 1)
                arguments.append(None)
                computed.append((index, part.node))
                height = max(height, part.height)
        return _Part(_call(form.name, _forms(fitting, arguments, computed), arguments, computed, place), height + 1)

    def block(self, shape: Shape, raw: Sequence[object], place: str, depth: int) -> Block:
        match shape, raw:
            case Shape.PLAIN, _:
                return Block(*self.expression(raw, place, depth))
            case Shape.NAMED, [[str() as name], body]:
                return Block(*self.expression(body, f"{place}[1]", depth), name=name)
            case Shape.PAIR, [str() as key, value]:
                return Block(*self.expression(value, f"{place}[1]", depth), name=key)
            case Shape.TEMPLATE, _:
                self.templates += 1
                body = Block(*self.expression(raw, place, depth))
                self.templates -= 1
                return body
        wanted = "((name) block)" if shape is Shape.NAMED else "(key value)"
        raise TalangError(f"expected {wanted}", place)

    def sequence(self, raw: Sequence[object], place: str, depth: int) -> _Part:
        parts = [self.expression(each, f"{place}[{index}]", depth + 1) for index, each in enumerate(raw)]
        *nodes, last = (part.node for part in parts)

        def sequence(evaluation: Evaluation) -> Value:
            for node in nodes:
                node(evaluation)
            return last(evaluation)

        return _Part(sequence, 1 + max(part.height for part in parts))

    def slot(self, raw: Sequence[object], place: str) -> _Part:
        index = raw[1] if len(raw) == 2 else None
        if isinstance(index, str) and index.isascii() and index.isdecimal() and len(index) < 4:
            index = int(index)
        if type(index) is not int or index < 0:
            raise TalangError("a slot is numbered from 0", place)
        number = index

        def slot(evaluation: Evaluation) -> Value:
            if number >= len(evaluation.slots):
                raise TalangError(f"the template was given no argument {number}", place)
            return evaluation.value(evaluation.slots[number])

        return _Part(slot, 1)


def _constant(value: Value) -> Node:
    def constant(_: Evaluation) -> Value:
        return value

    return constant


def _literal(raw: object, place: str, masks: Sequence[int] = ()) -> Value:
    """The literal, as a time if it reads as one and the function can take a time here but no text."""
    try:
        value = value_of(raw)
    except TalangError as error:
        error.place = place
        raise
    if KINDS[type(value)] & Kind.MAP:
        raise TalangError("an object is not an expression", place)
    accepted = reduce(or_, masks, 0)
    if isinstance(value, str) and accepted & Kind.TIME and not accepted & Kind.STRING:
        return read_moment(value) or value
    return value


def _forms(
    fitting: Sequence[tuple[Function, tuple[int, ...]]],
    arguments: Sequence[Argument],
    computed: Sequence[tuple[int, Node]],
) -> tuple[Form, ...]:
    """The forms that the literals and blocks leave possible, with the kinds that remain to be looked at."""
    left = dict(computed)
    forms = []
    for function, masks in fitting:
        known = [KINDS[type(argument)] & mask for argument, mask in zip(arguments, masks, strict=True)]
        if not function.lazy and not all(fits or index in left for index, fits in enumerate(known)):
            continue
        run = function.run if left or not function.prepare else function.prepare(*arguments)
        forms.append((tuple((index, masks[index]) for index in left), run))
    return tuple(forms)


def _call(
    name: str, forms: tuple[Form, ...], arguments: list[Argument], computed: Sequence[tuple[int, Node]], place: str
) -> Node:
    """The call as one closure. Those of one and two arguments, which rules are made of, have a quicker one each."""
    cost = 1 + len(arguments) // ARGUMENTS_A_STEP

    def general(evaluation: Evaluation) -> Value:
        evaluation.steps -= cost
        if evaluation.steps < 0:
            raise TalangLimit(SPENT, place)
        values = arguments.copy()
        for index, node in computed:
            values[index] = node(evaluation)
        return _run(name, forms, values, evaluation, place)

    if not computed and len(forms) == 1:
        return _settled(forms[0][1], arguments, cost, place)
    if len(arguments) <= 2 and computed:
        return _short(name, forms, arguments, dict(computed), place)
    return general


def _settled(run: Callable[..., Value], arguments: Sequence[Argument], cost: int, place: str) -> Node:
    """A call whose arguments are literals and blocks, such as a path or an `and`."""

    def settled(evaluation: Evaluation) -> Value:
        evaluation.steps -= cost
        if evaluation.steps < 0:
            raise TalangLimit(SPENT, place)
        try:
            return run(evaluation, *arguments)
        except TalangError as error:
            raise _placed(error, place) from None
        except DecimalException:
            raise TalangError(OUT_OF_RANGE, place) from None

    return settled


def _short(
    name: str, forms: tuple[Form, ...], arguments: Sequence[Argument], computed: Mapping[int, Node], place: str
) -> Node:
    """A call of one or two arguments of which at least one is computed."""
    node, other = computed.get(0), computed.get(1)
    literals = (*arguments, None)
    left, right = literals[0], literals[1]
    single = len(arguments) == 1
    masks = [(dict(checks), run) for checks, run in forms]
    kinds = [(checks.get(0, ANYTHING), checks.get(1, ANYTHING), run) for checks, run in masks]

    def short(evaluation: Evaluation) -> Value:
        evaluation.steps -= 1
        if evaluation.steps < 0:
            raise TalangLimit(SPENT, place)
        first = left if node is None else node(evaluation)
        second = right if other is None else other(evaluation)
        kind, other_kind = KINDS[type(first)], KINDS[type(second)]
        for mask, other_mask, run in kinds:
            if kind & mask and other_kind & other_mask:
                try:
                    return run(evaluation, first) if single else run(evaluation, first, second)
                except TalangError as error:
                    raise _placed(error, place) from None
                except DecimalException:
                    raise TalangError(OUT_OF_RANGE, place) from None
        return _run(name, forms, [first] if single else [first, second], evaluation, place)

    return short


def _placed(error: TalangError, place: str) -> TalangError:
    """The error as it leaves the call at this place, unless it comes from one inside."""
    if error.place is None:
        error.place = place
    return error


def _run(name: str, forms: tuple[Form, ...], values: list[Argument], evaluation: Evaluation, place: str) -> Value:
    try:
        for checks, run in forms:
            for index, mask in checks:
                if not KINDS[type(values[index])] & mask:
                    break
            else:
                return run(evaluation, *values)
        return _run_with_times(name, forms, values)(evaluation, *values)
    except TalangError as error:
        raise _placed(error, place) from None
    except DecimalException:
        raise TalangError(OUT_OF_RANGE, place) from None


def _run_with_times(name: str, forms: tuple[Form, ...], values: list[Argument]) -> Callable[..., Value]:
    """The form that takes the arguments once computed texts in RFC 3339 form have become times, as they do here."""
    for checks, run in forms:
        times = {
            index: moment
            for index, mask in checks
            if mask & Kind.TIME
            and not mask & Kind.STRING
            and isinstance(text := values[index], str)
            and (moment := read_moment(text))
        }
        if all(index in times or KINDS[type(values[index])] & mask for index, mask in checks):
            for index, moment in times.items():
                values[index] = moment
            return run
    raise no_form(name, values)
