"""Loyalty: points of a profile in programs and their subledgers, on the world's clock.

Points are pending until they start, active until they expire, and spent soonest-to-expire first. What was earned in a
session that is cancelled is taken back, even if it has been spent: that makes a balance negative.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from sqlite3 import Row
from typing import Any

import orjson

from emulator.core.clock import Micros, rfc3339
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.auth import Application
from emulator.vendors.talonone.contract.loyalty import (
    LedgerEntry,
    LedgerInfo,
    Loyalty,
    LoyaltyMembership,
    LoyaltyProgramLedgers,
)
from emulator.vendors.talonone.service.attributes import subscribed
from emulator.vendors.talonone.service.money import amount, counted, exact
from emulator.vendors.talonone.tables import (
    ADD_LEDGER_ENTRY,
    LEDGER_ENTRY,
    LEDGER_OF_EVENT,
    LEDGER_OF_PROFILE,
    LEDGER_OF_SESSION,
    LOYALTY_PROGRAMS,
    SET_REMAINING,
)
from emulator.vendors.talonone.talang import TalangError

BALANCES = Rule(
    "talonone.loyalty_balances", Level.INFERRED, "talon_go 25.17, LedgerInfo and LoyaltyLedgerEntry",
    "Points are booked when a session closes, those of an event or a profile update at once; until then they show in "
    "the tentative balances. Points that expire soonest are spent first. An answer lists the programs in which the "
    "profile has points or is about to get some. expiredBalance and spentBalance are worked out, though 25.17 calls "
    "them deprecated and shows 0.",
)  # fmt: skip
ZERO = Decimal(0)
NEVER = "0001-01-01T00:00:00Z"
"""What a required date is when there is none: the zero time of Go."""


@dataclass(slots=True)
class Points:
    """Points on their way into the ledger, or with a negative number out of it."""

    program: int
    subledger: str
    profile: str
    number: Decimal
    name: str
    uuid: str
    start: Micros | None = None
    expiry: Micros | None = None


@dataclass(slots=True)
class _Balance:
    active: Decimal = ZERO
    pending: Decimal = ZERO
    expired: Decimal = ZERO
    spent: Decimal = ZERO
    owed: Decimal = ZERO
    joined: Micros | None = None

    @property
    def current(self) -> Decimal:
        return max(self.active - self.owed, ZERO)

    @property
    def negative(self) -> Decimal:
        return max(self.owed - self.active, ZERO)


@dataclass
class Ledger:
    """One profile's points in all programs of its account, read once."""

    work: Work
    account: int
    profile: str
    tentative: list[Points] = field(default_factory=list)
    """What the rules of the evaluation under way have given and taken."""

    @cached_property
    def entries(self) -> list[Row]:
        if not self.profile:
            return []
        return self.work.db.all(LEDGER_OF_PROFILE, account_id=self.account, profile_id=self.profile)

    def current(self, program: int, subledger: str) -> Decimal:
        """The active points, less what the rules so far have deducted."""
        balance = self.balances.get((program, subledger), _Balance())
        taken = (
            points.number
            for points in self.tentative
            if (points.program, points.subledger, points.profile) == (program, subledger, self.profile)
            and points.number < 0
        )
        return max(balance.current + sum(taken, ZERO), ZERO)

    @cached_property
    def balances(self) -> dict[tuple[int, str], _Balance]:
        """By program and subledger, the main ledger being ``""``."""
        found: dict[tuple[int, str], _Balance] = {}
        undone = {entry["balances"] for entry in self.entries}
        for entry in self.entries:
            balance = found.setdefault((entry["program_id"], entry["subledger"]), _Balance())
            balance.joined = entry["created"] if balance.joined is None else balance.joined
            if entry["balances"] is None:
                self._count(balance, entry, undone)
        return found

    def _count(self, balance: _Balance, entry: Row, undone: Iterable[int]) -> None:
        now, left = self.work.now, exact(entry["remaining"])
        if entry["amount"] < 0:
            balance.spent += ZERO if entry["id"] in undone else -exact(entry["amount"])
        elif left < 0:
            balance.owed -= left
        elif entry["start"] is not None and entry["start"] > now:
            balance.pending += left
        elif entry["expiry"] is not None and entry["expiry"] <= now:
            balance.expired += left
        else:
            balance.active += left

    def answered(self, programs: Iterable[Row], pending: Sequence[Points]) -> Loyalty:
        """`pending`: the points of a session that is still open."""
        self.work.rely(BALANCES)
        own = [points for points in pending if points.profile == self.profile]
        balances = dict(self.balances)
        for points in own:
            balances.setdefault((points.program, points.subledger), _Balance())
        answer: Loyalty = {"programs": {}}
        for row in programs:
            kept = {subledger: one for (program, subledger), one in balances.items() if program == row["id"]}
            if kept:
                here = [points for points in own if points.program == row["id"]]
                answer["programs"][str(row["id"])] = self._ledgers(row, kept, here)
        return answer

    def _ledgers(
        self, program: Row, balances: Mapping[str, _Balance], pending: Sequence[Points]
    ) -> LoyaltyProgramLedgers:
        infos = {
            subledger: _info(one, [points for points in pending if points.subledger == subledger], self.work.now)
            for subledger, one in {"": _Balance(), **balances}.items()
        }
        answer: LoyaltyProgramLedgers = {
            "id": program["id"],
            "title": program["title"],
            "name": program["name"],
            "ledger": infos.pop(""),
            "subLedgers": infos,
        }
        joined = [one.joined for one in balances.values() if one.joined is not None]
        if joined:
            answer["joinDate"] = rfc3339(min(joined))
        return answer


def _info(balance: _Balance, own: Sequence[Points], now: Micros) -> LedgerInfo:
    started = sum((one.number for one in own if one.start is None or one.start <= now), ZERO)
    waiting = sum((one.number for one in own if one.start is not None and one.start > now), ZERO)
    tentative = balance.active - balance.owed + started
    return {
        "currentBalance": amount(balance.current),
        "pendingBalance": amount(balance.pending),
        "negativeBalance": amount(balance.negative),
        "expiredBalance": amount(balance.expired),
        "spentBalance": amount(balance.spent),
        "tentativeCurrentBalance": amount(max(tentative, ZERO)),
        "tentativePendingBalance": amount(balance.pending + waiting),
        "tentativeNegativeBalance": amount(max(-tentative, ZERO)),
    }


def programs(work: Work, account: int) -> list[Row]:
    """All programs of an account. Only a scenario writes them."""
    key = ("talonone.loyalty_programs", account)
    found: list[Row] | None = work.db.memory.get(key)
    if found is None:
        found = work.db.memory[key] = work.db.all(LOYALTY_PROGRAMS, account_id=account)
    return found


def program(work: Work, caller: Application, number: int) -> Row:
    """A program of which the Application makes use. Raises `TalangError`."""
    for row in programs(work, caller.account):
        if row["id"] == number and subscribed(row, caller.number):
            return row
    raise TalangError(f"there is no loyalty program {number}")


def answered(work: Work, caller: Application, profile_id: str, pending: Sequence[Points] = ()) -> Loyalty:
    """The ``loyalty`` part of an answer. `pending`: the points of a session that is still open."""
    known = [row for row in programs(work, caller.account) if subscribed(row, caller.number)]
    return Ledger(work, caller.account, profile_id).answered(known, pending) if known else {"programs": {}}


def memberships(work: Work, account: int, profile_id: str) -> list[LoyaltyMembership] | None:
    """The programs in which the profile has ever had points; null without any, as in published answers."""
    if not programs(work, account):
        return None
    joined: dict[int, Micros] = {}
    for entry in Ledger(work, account, profile_id).entries:
        joined.setdefault(entry["program_id"], entry["created"])
    return [{"joined": rfc3339(moment), "loyaltyProgramId": number} for number, moment in joined.items()] or None


def book(work: Work, account: int, points: Iterable[Points], session_id: int | None, event_id: int | None) -> None:
    """Write points into the ledger; those that are taken are drawn from what expires first."""
    for one in points:
        spending = _spent(work, account, one) if one.number < 0 else None
        work.db.run(
            ADD_LEDGER_ENTRY, program_id=one.program, subledger=one.subledger, account_id=account,
            profile_id=one.profile, session_id=session_id, event_id=event_id, transaction_uuid=one.uuid,
            name=one.name, amount=amount(one.number), remaining=amount(max(one.number, ZERO)), start=one.start,
            expiry=one.expiry, spending=spending, created=work.now,
        )  # fmt: skip


def _spent(work: Work, account: int, points: Points) -> str:
    """Take the points from the additions that they come from; which ones, as JSON."""
    wanted, drawn = -points.number, []
    usable = [
        entry
        for entry in Ledger(work, account, points.profile).entries
        if (entry["program_id"], entry["subledger"]) == (points.program, points.subledger)
        and entry["remaining"] > 0
        and (entry["start"] is None or entry["start"] <= work.now)
        and (entry["expiry"] is None or entry["expiry"] > work.now)
    ]
    for entry in sorted(usable, key=lambda one: (one["expiry"] is None, one["expiry"] or 0, one["id"])):
        left = exact(entry["remaining"])
        taken = min(left, wanted)
        work.db.run(SET_REMAINING, entry=entry["id"], left=counted(left - taken))
        drawn.append([entry["id"], amount(taken)])
        wanted -= taken
        if not wanted:
            break
    return orjson.dumps(drawn).decode()


def take_back(work: Work, session_id: int, event_id: int | None) -> None:
    """Undo what a session has booked: an entry against each of its entries."""
    entries = work.db.all(LEDGER_OF_SESSION, session_id=session_id)
    undone = {entry["balances"] for entry in entries}
    for entry in entries:
        if entry["balances"] is not None or entry["id"] in undone:
            continue
        if entry["amount"] > 0:
            _change(work, entry["id"], -exact(entry["amount"]))
        for drawn, number in orjson.loads(entry["spending"] or "[]"):
            _change(work, drawn, exact(number))
        work.db.run(
            ADD_LEDGER_ENTRY, program_id=entry["program_id"], subledger=entry["subledger"],
            account_id=entry["account_id"], profile_id=entry["profile_id"], session_id=session_id, event_id=event_id,
            transaction_uuid=entry["transaction_uuid"], name=entry["name"], amount=-entry["amount"], remaining=0,
            balances=entry["id"], created=work.now,
        )  # fmt: skip


def _change(work: Work, entry_id: int, by: Decimal) -> None:
    row = work.db.one(LEDGER_ENTRY, entry=entry_id)
    if row is not None:
        work.db.run(SET_REMAINING, entry=entry_id, left=counted(exact(row["remaining"]) + by))


def ledger_entries(work: Work, event_id: int) -> list[LedgerEntry]:
    """What an event has booked, as V1 answers it (talon_go 2.1.1, LedgerEntry). Amounts are whole numbers there."""
    entries: list[LedgerEntry] = []
    for row in work.db.all(LEDGER_OF_EVENT, event_id=event_id):
        entry: LedgerEntry = {
            "id": row["id"],
            "created": rfc3339(row["created"]),
            "profileId": row["profile_id"],
            "accountId": row["account_id"],
            "loyaltyProgramId": row["program_id"],
            "eventId": event_id,
            "amount": int(row["amount"]),
            "reason": row["name"],
            "expiryDate": NEVER if row["expiry"] is None else rfc3339(row["expiry"]),
        }
        if row["balances"] is not None:
            entry["referenceId"] = row["balances"]
        entries.append(entry)
    return entries


class Balances(Mapping[str, Any]):
    """A profile's balances as rules read them, by the id or the name of a program."""

    def __init__(self, work: Work, caller: Application, ledger: Ledger) -> None:
        self._ledger = ledger
        self._programs = [row for row in programs(work, caller.account) if subscribed(row, caller.number)]

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        number = next((row["id"] for row in self._programs if name in (str(row["id"]), row["name"])), None)
        if number is None:
            raise KeyError(name)
        found = self._ledger.balances
        main = found.get((number, ""), _Balance())
        subledgers = {sub: self._ledger.current(program, sub) for program, sub in found if program == number and sub}
        return {
            "Balance": self._ledger.current(number, ""),
            "Pending": main.pending,
            "SubLedgers": subledgers,
        }

    def __iter__(self) -> Iterator[str]:
        return iter([row["name"] for row in self._programs])

    def __len__(self) -> int:
        return len(self._programs)
