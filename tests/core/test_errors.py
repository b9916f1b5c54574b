"""Refusals: templates filled with words, in the vendor's own bytes."""

from itertools import pairwise
from typing import Any

import orjson
import pytest

from emulator.core.errors import FACTS, Failure, Level, Misuse, NotEmulated
from tests.toy_vendor import LOST, VENDOR


def failure(body: Any, **about: Any) -> Failure:
    return Failure(name="no", status=400, body=body, level=Level.ASSUMED, source="-", says="No.", **about)


def test_words_fill_the_template_at_any_depth() -> None:
    template = {"a": "{x} and {y}", "b": ["{x}", {"c": "{y}"}], "d": 1, "e": None}
    assert orjson.loads(failure(template)(x="one", y="two").answer().body) == {
        "a": "one and two", "b": ["one", {"c": "two"}], "d": 1, "e": None,
    }  # fmt: skip


def test_words_fill_the_headers_too() -> None:
    refusal = failure({}, headers=(("location", "/toys/{toy}"),))(toy="bear")
    assert dict(refusal.answer().headers)["location"] == "/toys/bear"


def test_members_keep_the_templates_order() -> None:
    assert failure({"z": "{x}", "a": 1})(x="1").answer().body == b'{"z":"1","a":1}'


@pytest.mark.parametrize("word", ["{", "}", "{x}", "{0}", "{x.__class__}", '"', "\\", "\u2028", "Zoë"])
def test_a_callers_own_words_are_never_read_as_a_template(word: str) -> None:
    assert orjson.loads(failure({"a": "{x}"})(x=word).answer().body) == {"a": word}


def test_a_body_given_with_the_call_replaces_the_template() -> None:
    assert failure({"a": "{x}"})(body={"b": [1]}).answer().body == b'{"b":[1]}'


def test_a_body_without_words_may_hold_braces() -> None:
    assert failure({"a": "{x}"})(body={"b": "{y}"}).answer().body == b'{"b":"{y}"}'


def test_headers_given_with_the_call_come_after_the_failures_own() -> None:
    answer = failure({}, headers=(("a", "1"),))(headers=(("b", "2"),)).answer()
    assert answer.headers == (("content-type", "application/json"), ("a", "1"), ("b", "2"))


def test_a_failure_without_a_body_is_sent_empty() -> None:
    answer = failure(None).provoked().answer()
    assert (answer.body, answer.headers) == (b"", ())


def test_a_media_type_of_the_vendors_own_is_kept() -> None:
    answer = failure({}, media_type="application/vnd.toys+json").provoked().answer()
    assert answer.headers == (("content-type", "application/vnd.toys+json"),)


def test_a_provoked_failure_speaks_its_example() -> None:
    assert LOST.provoked().answer().body == b'{"no":"lost","toy":"bear"}'


def test_the_weaker_level_wins() -> None:
    order = [Level.DOCUMENTED, Level.OBSERVED, Level.INFERRED, Level.ASSUMED]
    for stronger, weaker in pairwise(order):
        assert stronger.weaker(weaker) is weaker.weaker(stronger) is weaker


def test_the_toy_has_words_for_every_fact() -> None:
    for fact in FACTS:
        assert VENDOR.dialect(fact).failure in VENDOR.failures


def test_misuse_is_a_problem_document() -> None:
    answer = Misuse(400, "Bad fault", "no such fault", nearest="lost").answer()
    assert (answer.status, answer.headers) == (400, [("content-type", "application/problem+json")])
    assert orjson.loads(answer.body) == {
        "type": "about:blank", "title": "Bad fault", "status": 400, "detail": "no such fault", "nearest": "lost",
    }  # fmt: skip


def test_what_is_not_emulated_is_marked() -> None:
    assert ("x-emulator-unimplemented", "true") in NotEmulated("not yet").answer().headers
