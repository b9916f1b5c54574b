"""Codes made by a pattern."""

from collections.abc import Sequence
from random import Random

import pytest

from emulator.vendors.talonone.service.patterns import VALID_CHARACTERS, BadPattern, NoCodesLeft, draw, read


def made(text, count=1, *, characters=VALID_CHARACTERS, prefix="", normalised=str, taken=(), seed=1):
    def owned(codes: Sequence[str]) -> set[str]:
        return set(codes) & set(taken)

    return draw(Random(seed), read(text, characters, prefix, normalised), count, owned)


def test_every_hole_is_filled_with_a_letter_or_digit_of_its_own():
    (code,) = made("SUMMER-####-##")
    start, first, second = code.split("-")
    assert (start, len(first), len(second)) == ("SUMMER", 4, 2)
    assert set(first + second) <= set(VALID_CHARACTERS)
    assert len({digit for code in made("####", 200) for digit in code}) == 36


def test_only_the_valid_characters_are_used():
    assert set("".join(made("###" + "#" * 40, 5, characters=["A", "ß", "7"]))) == {"A", "ß", "7"}


def test_the_prefix_stands_in_front_and_its_signs_stand_for_themselves():
    assert made("A#%s", 2, characters=["x", "y"], prefix="50%#") in (["50%#Ax%s", "50%#Ay%s"], ["50%#Ay%s", "50%#Ax%s"])


def test_codes_come_in_the_case_that_the_application_compares():
    assert made("ab##", 4, characters=["c", "D"], prefix="é", normalised=str.upper)[0].startswith("ÉAB")
    assert sorted(made("AB##", 4, characters=["c", "D"], normalised=str.lower)) == ["abcc", "abcd", "abdc", "abdd"]


def test_characters_that_differ_in_case_only_are_one_where_case_does_not_count():
    with pytest.raises(NoCodesLeft, match="the pattern allows 1 different codes, and 2 are wanted"):
        made("AB##", 2, characters=["c", "C"], normalised=str.upper)


def test_a_pattern_without_holes_makes_one_code():
    assert made("FIXED") == ["FIXED"]
    with pytest.raises(NoCodesLeft, match="allows 1 different codes"):
        made("FIXED", 2)


def test_all_codes_of_a_pattern_can_be_made_each_once():
    assert sorted(made("AB##", 1296)) == sorted(f"AB{a}{b}" for a in VALID_CHARACTERS for b in VALID_CHARACTERS)


def test_one_code_more_than_a_pattern_allows_is_refused_before_any_is_drawn():
    with pytest.raises(NoCodesLeft, match="the pattern allows 1296 different codes, and 1297 are wanted"):
        made("AB##", 1297)


def test_codes_that_somebody_has_are_left_out():
    taken = {f"ABC{digit}" for digit in VALID_CHARACTERS[:-2]}
    assert sorted(made("ABC#", 2, taken=taken)) == ["ABC8", "ABC9"]
    message = "the pattern allows 36 different codes, of which 34 are taken, and 3 are wanted"
    with pytest.raises(NoCodesLeft, match=message):
        made("ABC#", 3, taken=taken)


def test_the_last_free_code_of_many_is_found_with_few_questions():
    asked = []

    def owned(codes: Sequence[str]) -> set[str]:
        asked.append(len(codes))
        return set(codes) - {"A999"}

    assert draw(Random(1), read("A###", VALID_CHARACTERS, "", str), 1, owned) == ["A999"]
    assert len(asked) < 20


def test_the_same_randomness_makes_the_same_codes():
    assert made("########", 100) == made("########", 100) != made("########", 100, seed=2)


def test_ten_thousand_codes_are_all_different():
    assert len(set(made("####", 10_000))) == 10_000


@pytest.mark.parametrize(
    ("text", "prefix", "characters", "member", "message"),
    [
        ("##", "", "A", "couponPattern", "a pattern has at least 3 characters"),
        ("###", "", "A", "couponPattern", "a code has 4 to 100 characters, these would have 3"),
        ("#" * 101, "", "A", "couponPattern", "a code has 4 to 100 characters, these would have 101"),
        ("#" * 90, "P" * 11, "A", "uniquePrefix", "a code has 4 to 100 characters, these would have 101"),
        ("####", "", ["AB"], "validCharacters", "'AB' is not one character"),
        ("####", "a\0", "A", "uniquePrefix", "a code has no NUL characters"),
        ("#\0##", "", "A", "couponPattern", "a code has no NUL characters"),
        ("####", "", ["\0"], "validCharacters", "a code has no NUL characters"),
        ("####", "", [""], "validCharacters", "'' is not one character"),
    ],
)
def test_a_pattern_that_makes_no_codes_is_refused(text, prefix, characters, member, message):
    with pytest.raises(BadPattern, match=message) as caught:
        read(text, [*characters], prefix, str)
    assert caught.value.member == member


def test_a_character_that_becomes_two_in_another_case_is_refused():
    with pytest.raises(BadPattern, match="'SS' is not one character"):
        read("####", ["ß"], "", str.upper)
