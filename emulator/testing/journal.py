"""What a test's calls were: listed, and asserted with an eye for near misses."""

from collections.abc import Sequence

from emulator.testing.calls import EVERY_CALL, Call, calls_of
from emulator.testing.errors import refused
from emulator.testing.layout import shown, times
from emulator.testing.matching import Wanted
from emulator.testing.near_misses import Heard, called_too_often, forgotten, not_called, out_of_order, refused_calls
from emulator.testing.venues import Venue
from emulator.testing.vocabulary import Vocabulary


class Journal:
    """The calls of one test. What it asserts raises `AssertionError`, and `Refused` for what no call can be told by."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    def calls(self, wanted: Wanted) -> list[Call]:
        """Oldest first."""
        return self._met(wanted, self._heard(wanted))

    def assert_called(self, wanted: Wanted, asked: int | None) -> list[Call]:
        """At least once, where nothing else is asked for."""
        _check_times(asked)
        heard = self._heard(wanted)
        met = self._met(wanted, heard)
        if asked is None and met:
            return met
        often = "at least once" if asked is None else "at all" if asked == 0 else times(asked)
        if asked is not None and len(met) > asked:
            raise AssertionError(called_too_often(wanted, often, met, heard))
        if asked is None or len(met) < asked:
            raise AssertionError(not_called(wanted, often, met, self._heard(Wanted())))
        if heard.dropped:
            raise AssertionError(forgotten(f"whether {wanted} was called {often}", heard))
        return met

    def assert_in_order(self, wanted: Sequence[Wanted]) -> list[Call]:
        """Others may come between them."""
        for one in wanted:
            one.check()
        heard = self._heard(Wanted())
        steps: list[tuple[Wanted, Call | None]] = []
        rest = iter(heard.calls)
        for one in wanted:
            met = next((call for call in rest if self._is_met(one, call)), None)
            steps.append((one, met))
        found = [call for _, call in steps if call is not None]
        if len(found) < len(steps):
            for one in wanted:
                self.calls(one)
            raise AssertionError(out_of_order(steps, heard))
        return found

    def assert_nothing_refused(self, vendor: str | None) -> None:
        """Failures that were arranged are none."""
        heard = self._heard(Wanted(vendor=vendor))
        unwanted = [call for call in heard.calls if call.refused and not call.provoked]
        if unwanted:
            raise AssertionError(refused_calls(unwanted, heard))
        if heard.dropped:
            raise AssertionError(forgotten("whether nothing was refused", heard))

    def _heard(self, wanted: Wanted) -> Heard:
        """What the control plane lists; it has a sentence for a vendor or an operation that it does not know."""
        wanted.check()
        control = self._venue.control
        told = control.requests(vendor=wanted.vendor, operation=wanted.operation, limit=EVERY_CALL)
        return Heard(calls_of(self._venue, control, told), told["dropped"])

    def _met(self, wanted: Wanted, heard: Heard) -> list[Call]:
        met = [call for call in heard.calls if self._is_met(wanted, call)]
        if not met:
            Vocabulary(self._venue.vendors, self._venue.control).check(wanted, heard.calls)
        return met

    def _is_met(self, wanted: Wanted, call: Call) -> bool:
        """Raises `Refused` where a credential decides, of which the journal keeps the end only."""
        differences = wanted.mismatches(call)
        if differences and all(one.masked for one in differences):
            one = differences[0]
            raise refused(
                f"{one.label}: the journal masks credentials, so nobody can tell whether call {call.id} had "
                f"{shown(one.expected)}; ask for {shown(one.got)}, which is all that it shows"
            )
        return not differences


def _check_times(asked: object) -> None:
    """Raises `Refused`."""
    whole = isinstance(asked, int) and not isinstance(asked, bool) and asked >= 0
    if asked is not None and not whole:
        raise refused(f"times: write how often, a whole number from 0 on; found {shown(asked)}")
