"""Regular expressions that users write, in scenarios and rules: RE2, which never backtracks, over texts of a bounded
length, so that no pattern can hold up a world."""

from functools import lru_cache

import re2

LONGEST = 1_000
MOST_SEARCHED = 32_768
"""Characters of a text that a pattern is looked for in: RE2's time grows with the text times the pattern."""
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20


class Pattern:
    """A compiled expression."""

    __slots__ = ("_compiled",)

    def __init__(self, text: str) -> None:
        self._compiled = re2.compile(text, _OPTIONS)

    def found_in(self, text: str) -> bool:
        """Whether it matches anywhere in the text; never in one that is too long, or has lone surrogates, which is no
        Unicode text."""
        try:
            return len(text) <= MOST_SEARCHED and self._compiled.search(text) is not None
        except UnicodeEncodeError:
            return False


@lru_cache(maxsize=1_000)
def pattern(text: str) -> Pattern:
    """Raises `ValueError` with RE2's reason for a pattern that is too long, does not compile, or needs what RE2 leaves
    out on purpose (look-around, back-references)."""
    if len(text) > LONGEST:
        raise ValueError(f"a regular expression may have {LONGEST} characters, this one has {len(text)}")
    try:
        return Pattern(text)
    except re2.error as error:
        reason = error.args[0] if error.args else "it does not compile"
        said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"{text!r} is no RE2 regular expression: {said}") from None
