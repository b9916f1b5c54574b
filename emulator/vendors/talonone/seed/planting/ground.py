"""What planting needs to know of the section as a whole, and how it says no."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import orjson

from emulator.core.clock import Micros
from emulator.core.section import SectionError
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application as Caller
from emulator.vendors.talonone.seed.models import TalonOneSection
from emulator.vendors.talonone.service.attributes import Definitions


class Ground:
    """`callers` are the Applications by id, as their keys would name them."""

    def __init__(self, work: Work, section: TalonOneSection) -> None:
        self.work = work
        self.section = section
        self.callers = {
            one.id: Caller(f"application {one.id}", one.id, one.accountId, one.caseSensitivity)
            for one in section.applications
        }
        self.accounts = {one.accountId for one in section.applications}
        self._mandatory: dict[tuple[int, str], list[str]] = {}
        for one in section.applications:
            mandatory = one.attributesSettings.mandatory
            self._mandatory[one.id, "campaigns"] = mandatory.campaigns
            self._mandatory[one.id, "coupons"] = mandatory.coupons

    def caller(self, number: int, path: str) -> Caller:
        caller = self.callers.get(number)
        if caller is None:
            raise SectionError(path, f"there is no application {number}; {_there_are(self.callers)}")
        return caller

    def account(self, number: int, path: str) -> None:
        if number not in self.accounts:
            raise SectionError(path, f"no application belongs to the account {number}")

    def subscribed(self, numbers: Sequence[int] | None, account: int, path: str) -> None:
        """Check a list of Applications, all of one account."""
        for index, number in enumerate(numbers or ()):
            place = f"{path}[{index}]"
            if self.caller(number, place).account != account:
                raise SectionError(place, f"application {number} belongs to another account than {account}")
            if number in (numbers or ())[:index]:
                raise SectionError(place, f"application {number} is listed twice")

    def attributes(self, values: dict[str, Any], account: int, entity: str, path: str) -> str:
        """As they are stored."""
        return json(self.checked(values, account, entity, path)) if values else "{}"

    def checked(self, values: dict[str, Any], account: int, entity: str, path: str) -> dict[str, Any]:
        kept, complaints = Definitions(self.work, account, None).check(values, entity)
        if complaints:
            raise SectionError(f"{path}.{complaints[0].source['pointer'][1:]}", complaints[0].details)
        return {name: value for name, value in kept.items() if value is not None}

    def defined(self, account: int, entity: str) -> set[str]:
        """Names of the attributes of an entity."""
        listed = self.section.attributes
        return {one.name for one in listed if (one.accountId, one.entity) == (account, entity)}

    def mandatory(self, application: int, kind: str, values: dict[str, Any], path: str) -> None:
        """Check that nothing is missing that the Application's attributesSettings call for."""
        for name in self._mandatory[application, kind]:
            if values.get(name) is None:
                raise SectionError(path, f"the attribute {name!r} is mandatory for {kind} of application {application}")

    def moment(self, text: str | None) -> Micros:
        """By default now."""
        return self.work.now if text is None else self.work.moment(text)

    def optional(self, text: str | None) -> Micros | None:
        return None if text is None else self.work.moment(text)


def owned(said: int | None, owner: int, path: str) -> None:
    """Check an owner that a member states although its place says it."""
    if said is not None and said != owner:
        raise SectionError(path, f"this stands in {owner}, not in {said}")


class Ids:
    """Ids of one kind of thing: the given ones, and for the others the lowest that are free."""

    def __init__(self, noun: str, given: Iterable[int | None]) -> None:
        self._noun = noun
        self._reserved = {number for number in given if number is not None}
        self._used: set[int] = set()
        self._next = 1

    def take(self, number: int | None, path: str) -> int:
        if number is None:
            while self._next in self._reserved:
                self._next += 1
            number = self._next
            self._reserved.add(number)
        if number in self._used:
            raise SectionError(path, f"another {self._noun} has the id {number} already")
        self._used.add(number)
        return number

    def block(self, count: int) -> int:
        """The first of that many ids in a row, above all others."""
        first = max(self._used | self._reserved, default=0) + 1
        self._reserved.add(first + count - 1)
        return first


class Once:
    """Things that there may be one of: the path of the first says where the other is."""

    def __init__(self, says: Callable[[Any], str]) -> None:
        self._says = says
        self._seen: dict[Any, str] = {}

    def take(self, thing: Any, path: str) -> None:
        """`thing` is anything hashable."""
        first = self._seen.setdefault(thing, path)
        if first is not path:
            raise SectionError(path, f"{self._says(thing)}, at {first}")


def _there_are(numbers: Collection[int]) -> str:
    return f"there are {', '.join(map(str, sorted(numbers)))}" if numbers else "there are none"


def json(value: Any) -> str:
    return orjson.dumps(value).decode()


def json_or_null(value: Any) -> str | None:
    return None if value is None else json(value)
