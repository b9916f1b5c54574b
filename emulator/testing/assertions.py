"""What a test can ask about its calls."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeAlias

from emulator.testing.blame import of_the_test
from emulator.testing.calls import Call
from emulator.testing.errors import refused
from emulator.testing.journal import Journal
from emulator.testing.layout import shown
from emulator.testing.matching import Wanted
from emulator.testing.venues import Venue

Step: TypeAlias = tuple[str, str] | tuple[str, str, Mapping[str, Any]]
"""A vendor, an operation, and what its call was to have."""
_ELSEWHERE = ("status", "query", "headers", "body", "path_parameters")


class Assertions:
    """A keyword asks for a path parameter, a query parameter, a form's field or a member of the JSON body, whichever
    has that name, in the vendor's spelling or in Python's: `user_id` is `userId`. Dotted names lead into the body:
    ``**{"customerSession.cartItems[0].sku": "shoe-1"}``. `path_parameters`, `query`, `headers` and `body` are for
    names that are ambiguous, or taken, and for more of them; of `body`, what is named must be there, whatever else is.
    `status` is one, or a class such as ``"4xx"``. Values may be anything that compares: `pytest.approx`,
    `unittest.mock.ANY`. In places that have nothing but text, 1 equals ``1`` and True equals ``true``.

    A name that the operation does not have raises `emulator.client.Refused`, as does a vendor or an operation that does
    not exist; so does a credential, of which the journal shows the end only."""

    venue: Venue

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.venue)

    @of_the_test
    def requests(
        self,
        vendor: str | None = None,
        operation: str | None = None,
        *,
        status: int | str | None = None,
        path_parameters: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        body: Any = None,
        **fields: Any,
    ) -> list[Call]:
        """The calls of this test since its world began, or began anew, oldest first: all, or those that are asked
        for."""
        return self.journal.calls(_wanted(vendor, operation, status, path_parameters, query, headers, body, fields))

    @of_the_test
    def assert_called(
        self,
        vendor: str,
        operation: str | None = None,
        *,
        times: int | None = None,
        status: int | str | None = None,
        path_parameters: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        body: Any = None,
        **fields: Any,
    ) -> list[Call]:
        """At least once, or exactly so many `times`; the calls that were meant."""
        wanted = _wanted(vendor, operation, status, path_parameters, query, headers, body, fields)
        return self.journal.assert_called(wanted, times)

    @of_the_test
    def assert_called_once(
        self,
        vendor: str,
        operation: str | None = None,
        *,
        status: int | str | None = None,
        path_parameters: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        body: Any = None,
        **fields: Any,
    ) -> Call:
        """Exactly once; the call."""
        wanted = _wanted(vendor, operation, status, path_parameters, query, headers, body, fields)
        return self.journal.assert_called(wanted, 1)[0]

    @of_the_test
    def assert_not_called(
        self,
        vendor: str | None = None,
        operation: str | None = None,
        *,
        status: int | str | None = None,
        path_parameters: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        body: Any = None,
        **fields: Any,
    ) -> None:
        """Not once; without arguments, no call came at all."""
        self.journal.assert_called(_wanted(vendor, operation, status, path_parameters, query, headers, body, fields), 0)

    @of_the_test
    def assert_called_in_order(self, first: Step, /, *more: Step) -> list[Call]:
        """One after the other, whatever came between them: ``("algonomy", "createToken"), ("algonomy", "optOut",
        {"user_id": "u-1", "status": 200})``; the calls."""
        return self.journal.assert_in_order([_step(step) for step in (first, *more)])

    @of_the_test
    def assert_nothing_refused(self, vendor: str | None = None) -> None:
        """Neither by a vendor nor as not emulated, but for failures that were arranged."""
        self.journal.assert_nothing_refused(vendor)


def _wanted(
    vendor: str | None,
    operation: str | None,
    status: int | str | None,
    path_parameters: Mapping[str, Any] | None,
    query: Mapping[str, Any] | None,
    headers: Mapping[str, Any] | None,
    body: Any,
    fields: Mapping[str, Any],
) -> Wanted:
    return Wanted(
        vendor=vendor,
        operation=operation,
        status=status,
        path_parameters={} if path_parameters is None else path_parameters,
        query={} if query is None else query,
        headers={} if headers is None else headers,
        body=body,
        fields=fields,
    )


def _step(step: object) -> Wanted:
    """Raises `Refused`."""
    match step:
        case (str(vendor), str(operation)):
            return Wanted(vendor=vendor, operation=operation)
        case (str(vendor), str(operation), Mapping() as said):
            elsewhere = {name: value for name, value in said.items() if name in _ELSEWHERE}
            fields = {name: value for name, value in said.items() if name not in _ELSEWHERE}
            return Wanted(vendor=vendor, operation=operation, **elsewhere, fields=fields)
    raise refused(f'a step is a tuple such as ("algonomy", "optOut", {{"user_id": "u-1"}}); found {shown(step)}')
