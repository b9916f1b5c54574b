"""The 84 signatures of the language (talon-one/talang 38ca351), by what they work on."""

from emulator.vendors.talonone.talang.functions import (
    bindings,
    comparisons,
    iterations,
    lists,
    logic,
    numbers,
    strings,
    templates,
    times,
)
from emulator.vendors.talonone.talang.signature import Function

CORE: tuple[Function, ...] = (
    *bindings.FUNCTIONS,
    *templates.FUNCTIONS,
    *comparisons.FUNCTIONS,
    *logic.FUNCTIONS,
    *numbers.FUNCTIONS,
    *strings.FUNCTIONS,
    *lists.FUNCTIONS,
    *iterations.FUNCTIONS,
    *times.FUNCTIONS,
)
