"""What a test can make go wrong: failures, drills, limits."""

from collections.abc import Mapping
from functools import cached_property

from emulator.client import Json
from emulator.testing.blame import of_the_test
from emulator.testing.failures import Wait
from emulator.testing.faults import Faults, StandingDrill, StandingFault, sayable
from emulator.testing.venues import Venue


class Troubles:
    """For what does not exist each of them raises `emulator.client.Refused`, which names the nearest that does."""

    venue: Venue

    @cached_property
    def faults(self) -> Faults:
        return Faults(self.venue)

    @of_the_test
    def fail(
        self,
        vendor: str,
        operation: str | None = None,
        fault: str | None = None,
        *,
        status: int | None = None,
        times: int | None = None,
        probability: float | None = None,
        headers: Mapping[str, str] | None = None,
        delay: Wait | tuple[Wait, Wait] | None = None,
        slow: Wait | None = None,
        optional: bool = False,
    ) -> StandingFault:
        """Let the next calls of an operation fail, or of any operation, in the vendor's own words: so many `times`, or
        until `StandingFault.remove`, a reset, or the end of the test or of a ``with`` block. Only calls that have all
        of the `headers` are hit, and of those a part by chance where `probability` is below 1.

        `fault` is a name that ``emulator.control.failures(vendor)`` lists, several separated by ``|``, ``drop``,
        ``truncate``, ``delay=500``, or some of these separated by commas. Without it, `status` stands for the only
        failure of that status that the operation has. `delay` is the wait before the answer, or a (from, to) of which
        chance picks one, and `slow` how long its body trickles, in milliseconds or as a timedelta: where nothing else
        is said, the call then succeeds. Where nothing is said at all, the vendor fails with the 500 that the operation
        is documented with, if it has exactly one, and else with its words for anything that went wrong on its side:
        ``9999`` of Treasure Data, ``internal_error`` of PrimeData and Talon.One, ``unexpected_error`` of Algonomy.

        A failure that never strikes fails the test, unless it is `optional` or a matter of chance."""
        return self.faults.arrange(
            vendor,
            operation,
            fault,
            status=status,
            times=times,
            probability=probability,
            headers=headers,
            delay=delay,
            slow=slow,
            optional=optional,
        )

    @of_the_test
    def drill(
        self,
        name: str,
        vendor: str | None = None,
        operation: str | None = None,
        *,
        times: int | None = None,
        probability: float | None = None,
        headers: Mapping[str, str] | None = None,
        delay: Wait | tuple[Wait, Wait] | None = None,
        optional: bool = False,
    ) -> StandingDrill:
        """Go through one of the usual bad days: retry-storm, flaky-5xx, expired-token, cursor-gone or slow-first-byte,
        of one vendor or of all that have a part in it. What is not said is the drill's own. It fails the test where
        none of its faults strikes, unless it is `optional` or a matter of chance."""
        return self.faults.drill(
            name,
            vendor=vendor,
            operation=operation,
            times=times,
            probability=probability,
            headers=headers,
            delay=delay,
            optional=optional,
        )

    @of_the_test
    def limit(
        self,
        vendor: str,
        name: str,
        *,
        scale: float | None = None,
        enabled: bool | None = None,
        enforce: bool | None = None,
    ) -> Mapping[str, Json]:
        """Scale a vendor's limit, so that a few calls use it up, switch it off, or let it only tell what it would have
        refused; the limit as it is now. ``emulator.control.limits()`` lists them."""
        order = {"vendor": vendor, "name": name, "scale": scale, "enabled": enabled, "enforce": enforce}
        changed: Mapping[str, Json] = self.faults.control.change_limit(**sayable(order))
        return changed
