"""The list of signatures, as the open-source interpreter publishes it."""

import pytest

from emulator.vendors.talonone.talang import Kind
from emulator.vendors.talonone.talang.functions import CORE

D, S, B, T = Kind.DECIMAL, Kind.STRING, Kind.BOOLEAN, Kind.TIME
L, BLOCK, ATOM, ANY = Kind.LIST, Kind.TOKEN, Kind.ATOM, Kind.ANY
VALUE = Kind.ATOM | Kind.COLLECTION

FIXED = {
    ("not", B), ("noop",), ("toString", D | S | B | T), ("catch", ANY, ANY),
    ("do", VALUE, S, BLOCK), ("do", VALUE, BLOCK), (".|", ANY, BLOCK), ("setTemplate", S, BLOCK),
    ("floor", D), ("ceil", D), ("firstName", S), ("lastName", S), ("split", S, S), ("join", L, S),
    ("head", L), ("tail", L), ("drop", L), ("item", L, D), ("count", L), ("reverse", L), ("isEmpty", L),
    ("min", L), ("max", L), ("map", L, S, BLOCK), ("map", L, BLOCK), ("filter", L, BLOCK),
    ("exists", L, S, BLOCK), ("exists", L, BLOCK), ("every", L, S, BLOCK), ("every", L, BLOCK),
    ("sum", L, S, BLOCK), ("sortByNumber", L, BLOCK, B), ("sortByString", L, BLOCK, B),
    ("after", T, T), ("before", T, T), ("betweenTimes", T, T, T), ("formatTime", T), ("date", T), ("hour", T),
    ("minute", T), ("month", T), ("monthDay", T), ("weekday", T), ("year", T), ("matchTime", T, T, S), ("days", T),
    ("daysBetween", T, T), ("addDuration", T, D, S), ("subDuration", T, D, S),
}  # fmt: skip

VARIADIC = {
    (".", ATOM, ATOM), ("set", S, VALUE, VALUE), ("!", S, ANY), ("or", VALUE), ("and", VALUE),
    ("=", ATOM, ATOM, ATOM), ("!=", ATOM, ATOM, ATOM),
    (">", D, D, D), (">", T, T, T), ("<", D, D, D), ("<", T, T, T),
    (">=", D, D, D), (">=", T, T, T), ("<=", D, D, D), ("<=", T, T, T),
    ("between", D, D, D, D), ("between", T, T, T, T), ("-", D, D, D), ("*", D, D, D), ("/", D, D, D),
    ("+", D, D, D), ("+", S, S, S), ("concat", S, S, S), ("mod", D, D, D),
    ("contains", S, S, S), ("notContains", S, S, S), ("startsWith", S, S, S), ("endsWith", S, S, S), ("~", S, S, S),
    ("list", ATOM), ("push", L, VALUE, VALUE), ("append", L, VALUE, VALUE), ("sort", L, B), ("kv", BLOCK),
    ("parseTime", S, S),
}  # fmt: skip


def test_the_language_has_the_published_signatures_and_no_other() -> None:
    assert {(each.name, *each.kinds) for each in CORE if not each.variadic} == FIXED
    assert {(each.name, *each.kinds) for each in CORE if each.variadic} == VARIADIC
    assert len(CORE) == 84


@pytest.mark.parametrize("name", sorted({each.name.casefold() for each in CORE}))
def test_forms_of_one_name_and_length_agree_on_which_arguments_are_blocks(name: str) -> None:
    forms = [each for each in CORE if each.name.casefold() == name]
    for count in range(5):
        fitting = [(form, masks) for form in forms if (masks := form.masks(count)) is not None]
        blocks = {(form.lazy, form.shape, *(mask & Kind.TOKEN for mask in masks)) for form, masks in fitting}
        assert len(blocks) <= 1
