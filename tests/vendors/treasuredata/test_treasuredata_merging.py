"""A merge does what would have happened had the profiles always been one."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.clock import DAY, HOUR, MINUTE, SECOND
from emulator.vendors.treasuredata.service.attributes import Maintained
from emulator.vendors.treasuredata.service.counters import Counter
from emulator.vendors.treasuredata.service.lists import Aggregation, ListBuffer
from emulator.vendors.treasuredata.service.singles import Single
from emulator.vendors.treasuredata.service.states import At, Backfill, Base, State

NOW = 1_767_603_600
KINDS: dict[str, Maintained] = {
    "single": Single("p", "string", HOUR),
    "list": ListBuffer("p", ["n"], 100, HOUR, {"sum": Aggregation("n", "sum"), "last": Aggregation("n", "last")}),
    "sliding": Counter("n", HOUR, {"minute": MINUTE}),
    "total": Counter("n", None, {}),
    "backfilled": Counter("n", None, {}, Backfill("x", "y")),
}

Event = tuple[dict[str, Any], int, int]
events = st.lists(
    st.tuples(
        st.fixed_dictionaries({"p": st.sampled_from("abcd"), "n": st.integers(-9, 9)}),
        st.integers(0, 2 * DAY // SECOND),  # its age
        st.integers(0, 2),  # whose it is
    ),
    min_size=1,
    max_size=40,
)


def after(kind: Maintained, happened: Sequence[tuple[int, Event]]) -> State:
    state: State = None
    for number, (columns, age, _) in happened:
        state = kind.updated(state, columns, At(NOW - age, number), NOW * SECOND)
    return state


@pytest.mark.parametrize("name", KINDS)
@settings(deadline=None, max_examples=60)
@given(happened=events)
def test_profiles_that_merge_have_what_one_profile_would_have(name: str, happened: list[Event]) -> None:
    kind, numbered = KINDS[name], list(enumerate(happened))
    apart = [after(kind, [one for one in numbered if one[1][2] == owner]) for owner in range(3)]
    merged = kind.merged([one for one in apart if one is not None] or [after(kind, numbered)], NOW * SECOND)
    together = after(kind, numbered)
    base = Base(100, NOW - DAY // SECOND) if kind.backfill else None
    parts = [*kind.parts] if name == "list" else [None, *kind.parts]  # a whole list keeps the order of arrival
    for part in parts:
        assert kind.value(merged, part, NOW * SECOND, base) == kind.value(together, part, NOW * SECOND, base)
