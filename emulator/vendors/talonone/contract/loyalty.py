"""Loyalty, as it is answered: seed members and those that 25.17 requires or adds."""

from typing import NotRequired

from typing_extensions import TypedDict

from emulator.vendors.talonone.contract.bodies import Moment


class LedgerInfo(TypedDict):
    """LoyaltyProgramBalance of 2020 has the current balance only."""

    currentBalance: float
    pendingBalance: float
    negativeBalance: float
    expiredBalance: float
    spentBalance: float
    tentativeCurrentBalance: float
    tentativePendingBalance: float
    tentativeNegativeBalance: float


class LoyaltyProgramLedgers(TypedDict):
    id: int
    title: str
    name: str
    joinDate: NotRequired[Moment]
    ledger: LedgerInfo
    subLedgers: dict[str, LedgerInfo]


class Loyalty(TypedDict):
    """`programs` by their ids."""

    programs: dict[str, LoyaltyProgramLedgers]


class LoyaltyMembership(TypedDict):
    joined: Moment
    loyaltyProgramId: int


class LedgerEntry(TypedDict):
    """talon_go 2.1.1. Points that never expire have the zero time as their expiryDate."""

    id: int
    created: Moment
    profileId: str
    accountId: int
    loyaltyProgramId: int
    eventId: int
    amount: int
    reason: str
    expiryDate: Moment
    referenceId: NotRequired[int]
