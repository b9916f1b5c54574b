"""Whose line an error points at: the test's, which asked for what went wrong."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from emulator.client import EmulatorError

P = ParamSpec("P")
R = TypeVar("R")


def of_the_test(function: Callable[P, R]) -> Callable[P, R]:
    """What is said to the test's author begins at the line that called."""

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True
        try:
            return function(*args, **kwargs)
        except (AssertionError, EmulatorError) as error:
            raise error.with_traceback(None) from None

    return called
