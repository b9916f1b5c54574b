"""One expression in the smallest world."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.vendors.talonone.talang import JSON, Scope, TalangError, compile, to_json

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


def value(expression: object, bindings: Mapping[str, Any] | None = None) -> JSON:
    return to_json(compile(expression).evaluate(Scope(bindings or {}, now=NOW)))


def failure(expression: object, bindings: Mapping[str, Any] | None = None) -> TalangError:
    """The error of the evaluation; an error of the compilation fails the test."""
    program = compile(expression)
    with pytest.raises(TalangError) as caught:
        program.evaluate(Scope(bindings or {}, now=NOW))
    return caught.value


def refusal(expression: object) -> TalangError:
    """The error of the compilation."""
    with pytest.raises(TalangError) as caught:
        compile(expression)
    return caught.value
