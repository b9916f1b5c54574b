"""Failures that a test arranges, each of which must strike: what never happens is not tested."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from types import FrameType, TracebackType
from typing import Any, NamedTuple, Self

from emulator.client import Client, EmulatorError, Json, Refused, Said
from emulator.testing.calls import EVERY_CALL, Call, calls_of
from emulator.testing.errors import refused
from emulator.testing.failures import Wait, fault_text, span
from emulator.testing.layout import listed, shown
from emulator.testing.unfired import Account, sentences, unfired_among
from emulator.testing.venues import Venue
from emulator.testing.witness import REMOVED, REPLACED, Sending, Witness

_OURS = "emulator"
_NOT_FOUND = 404
_REFUSED = 400


class StandingFault:
    """A failure that waits for its calls. As a context manager it ends with the block."""

    def __init__(self, faults: "Faults", told: Json, *, optional: bool) -> None:
        self._faults = faults
        self.id = str(told["id"])
        self.vendor = str(told["vendor"])
        self.operation: str | None = told["operation"]
        self.fault = str(told["fault"])
        self.times: int | None = told["times"]
        self.optional = optional

    def __repr__(self) -> str:
        return f"<StandingFault {self.id}: {self.vendor} {self.operation or 'any operation'} {self.fault}>"

    @property
    def fired(self) -> int:
        """How many calls it has hit, also when it stands no more."""
        return int(self._faults.account(self)["fired"])

    @property
    def requests(self) -> list[str]:
        """The ids of the last calls that it has hit."""
        return list(self._faults.account(self)["requests"])

    def remove(self) -> None:
        """No more of it. It must have fired by then."""
        self._faults.remove(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


class StandingDrill:
    """A drill that a test goes through: faults that count as one, of which any may strike."""

    def __init__(self, name: str, faults: Sequence[StandingFault]) -> None:
        self.name = name
        self.faults = tuple(faults)

    def __repr__(self) -> str:
        return f"<StandingDrill {self.name}: {', '.join(fault.id for fault in self.faults)}>"

    @property
    def fired(self) -> int:
        return sum(fault.fired for fault in self.faults)

    @property
    def requests(self) -> list[str]:
        """The ids of the calls that it has hit, as far as each of its faults remembers them."""
        return sorted((one for fault in self.faults for one in fault.requests), key=int)

    def remove(self) -> None:
        for fault in self.faults:
            fault.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


class _Beginning(NamedTuple):
    """The line that arranged a fault, and the last call before that."""

    where: str | None
    after: int


class Faults:
    """Those that one test has arranged, and an account of them. `control` is the control plane, through which nothing
    takes a fault away unseen."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._standing: dict[str, StandingFault] = {}
        self._begun: dict[StandingFault, _Beginning] = {}
        self._last_told: dict[StandingFault, Json] = {}
        self._drills: list[StandingDrill] = []
        self._gone: list[Account] = []

    @cached_property
    def control(self) -> Client:
        return Witness(self._venue.control, self._ending)

    # Arranging

    def arrange(
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
        """Raises `Refused`."""
        _check_texts(vendor=vendor)
        _check_texts(**_said(operation=operation, fault=fault))
        text = fault_text(self._venue.vendors, vendor, operation, fault, status, delay, slow)
        order = {"operation": operation, "times": times, "probability": probability, "headers": headers}
        told = self.control.add_fault(vendor, text, **sayable(order))
        return self._stands(told, self._beginning(), optional=optional)

    def drill(
        self,
        name: str,
        *,
        vendor: str | None = None,
        operation: str | None = None,
        times: int | None = None,
        probability: float | None = None,
        headers: Mapping[str, str] | None = None,
        delay: Wait | tuple[Wait, Wait] | None = None,
        optional: bool = False,
    ) -> StandingDrill:
        """Raises `Refused`."""
        _check_texts(name=name, **_said(vendor=vendor, operation=operation))
        order: dict[str, Any] = {"vendor": vendor, "operation": operation, "times": times, "probability": probability}
        order |= {"headers": headers, "delay": None if delay is None else span(delay)}
        told = self.control.drill(name, **sayable(order))
        begun = self._beginning()
        drill = StandingDrill(name, [self._stands(one, begun, optional=optional) for one in told["faults"]])
        self._drills.append(drill)
        return drill

    def _stands(self, told: Json, begun: _Beginning, *, optional: bool) -> StandingFault:
        fault = StandingFault(self, told, optional=optional)
        self._standing[fault.id] = fault
        self._begun[fault] = begun
        self._last_told[fault] = told
        return fault

    def _beginning(self) -> _Beginning:
        last = self.control.requests(limit=1)["requests"] if self._venue.calls_made() else []
        return _Beginning(_line_of_the_test(), int(last[0]["id"]) if last else 0)

    # Ending

    def remove(self, fault: StandingFault) -> None:
        if not self._stands_still(fault):
            return
        try:
            self.control.remove_fault(fault.id)
        except Refused as refusal:
            if refusal.status != _NOT_FOUND:
                raise

    def account(self, fault: StandingFault) -> Json:
        """As ``GET /_emulator/faults`` tells it, or told it last."""
        if self._stands_still(fault):
            found = (told for told in self._venue.faults() if told["id"] == fault.id)
            self._last_told[fault] = next(found, self._last_told[fault])
        return self._last_told[fault]

    def _stands_still(self, fault: StandingFault) -> bool:
        """Ids begin anew with a reset."""
        return self._standing.get(fault.id) is fault

    def _ending(self, became: str, sending: Sending) -> Said:
        before = self._venue.faults()
        said = sending()
        if before and said.status < _REFUSED:
            left = {one["id"] for one in self._venue.faults()}
            for told in before:
                if told["id"] not in left:
                    self._end(became, told)
        return said

    def _end(self, became: str, told: Json) -> None:
        fault = self._standing.pop(told["id"], None)
        if fault is not None:
            self._last_told[fault] = told
        if became != REPLACED:
            self._gone.append(self._known(told, fault, became))

    # Accounting

    def never_fired(self) -> list[str]:
        """A sentence for each arrangement that was to strike and has not."""
        try:
            told = self._venue.faults()
            found = [*self._gone, *(self._known(one, self._standing.get(one["id"])) for one in told)]
            found += self._vanished({one["id"] for one in told})
            unfired = list(unfired_among(found))
            return sentences(unfired, self._venue.vendors, self._calls()) if unfired else []
        except EmulatorError as error:
            waiting = [fault.id for fault in self._standing.values() if not fault.optional]
            return [f"nobody can tell whether {listed(waiting)} ever fired: {error}"] if waiting else []

    def _known(self, told: Json, fault: StandingFault | None, became: str | None = None) -> Account:
        if fault is None:
            return Account(told, told["drill"], became)
        drill = next((index for index, one in enumerate(self._drills) if fault in one.faults), None)
        return Account(told, drill, became, *self._begun[fault], optional=fault.optional)

    def _vanished(self, standing: set[str]) -> list[Account]:
        """Those that went without going through `control`, as far as the journal knows of their time."""
        missing = [fault for fault in self._standing.values() if fault.id not in standing]
        calls = self._calls() if missing else []
        newest = int(calls[-1].id) if calls else 0
        accounts = []
        for fault in missing:
            if newest >= self._begun[fault].after:
                fired = sum((call.fault or "").startswith(f"{fault.id} ") for call in calls)
                accounts.append(self._known({**self._last_told[fault], "fired": fired}, fault, REMOVED))
        return accounts

    def _calls(self) -> list[Call]:
        return calls_of(self._venue, self.control, self.control.requests(limit=EVERY_CALL))


def _line_of_the_test() -> str | None:
    """The nearest that is not ours."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _OURS:
        frame = frame.f_back
    return None if frame is None else f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"


def _check_texts(**said: object) -> None:
    """Raises `Refused`."""
    for key, value in said.items():
        if not isinstance(value, str):
            raise refused(f"{key}: {shown(value)} is no text")


def sayable(order: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a control call is to say. Raises `Refused` for what JSON has no words for."""
    for key, value in order.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError):
            raise refused(f"{key}: {shown(value)} cannot be said in JSON") from None
    return order


def _said(**all_of_them: object) -> dict[str, object]:
    return {key: value for key, value in all_of_them.items() if value is not None}
