"""Reading, writing and making bindings."""

from collections.abc import Callable

from emulator.vendors.talonone.talang.errors import TalangError, TalangLimit
from emulator.vendors.talonone.talang.evaluation import Argument, Block, Evaluation
from emulator.vendors.talonone.talang.kinds import KINDS, Kind, Value, kind_name, text_of, value_of
from emulator.vendors.talonone.talang.signature import Function, Shape


def read(evaluation: Evaluation, *keys: Value) -> Value:
    return read_path(*keys)(evaluation)


def read_path(*keys: Value) -> Callable[[Evaluation], Value]:
    path = [text_of(key) for key in keys]

    def read_here(evaluation: Evaluation, *_: Value) -> Value:
        return value_of(evaluation.scope.find(path), evaluation.charge)

    return read_here


def read_or(evaluation: Evaluation, fallback: Argument, block: Block) -> Value:
    """The block's value, or the fallback when the block fails; both must be of one kind."""
    try:
        value = block.evaluate(evaluation)
    except TalangLimit:
        raise
    except TalangError:
        return evaluation.value(fallback)
    expected = evaluation.value(fallback)
    if KINDS[type(value)] != KINDS[type(expected)]:
        raise TalangError(f"expected {kind_name(expected)} as the fallback is one, found {kind_name(value)}")
    return value


def write(evaluation: Evaluation, *path_and_value: Value) -> None:
    *path, value = path_and_value
    keys = []
    for key in path:
        if isinstance(key, list) or KINDS[type(key)] & Kind.MAP:
            raise TalangError(f"{kind_name(key)} is not a key")
        keys.append(text_of(key))
    evaluation.charge(evaluation.scope.write(keys, value))


def do(evaluation: Evaluation, value: Value, name: str, block: Block) -> Value:
    return evaluation.within(evaluation.scope.nested({name: value}), block)


def do_named(evaluation: Evaluation, value: Value, block: Block) -> Value:
    return do(evaluation, value, block.name, block)


def make_map(evaluation: Evaluation, *pairs: Block) -> dict[str, object]:
    evaluation.charge(len(pairs))
    return {pair.name: pair.evaluate(evaluation) for pair in pairs}


_VALUE = Kind.ATOM | Kind.COLLECTION

FUNCTIONS = (
    Function(".", (Kind.ATOM, Kind.ATOM), read, variadic=True, prepare=read_path),
    Function(".|", (Kind.ANY, Kind.TOKEN), read_or),
    Function("set", (Kind.STRING, _VALUE, _VALUE), write, variadic=True),
    Function("do", (_VALUE, Kind.STRING, Kind.TOKEN), do),
    Function("do", (_VALUE, Kind.TOKEN), do_named, shape=Shape.NAMED),
    Function("kv", (Kind.TOKEN,), make_map, variadic=True, shape=Shape.PAIR),
)
