"""Limits: how much a campaign, or a coupon, may give, to whom and in which time (talon_go 2.1.1, LimitConfig).

A limit counts what its `action` has given at each address that its entities make. Without entities that is the whole
campaign, with ``["Profile", "Coupon"]`` one profile with one coupon. What a limit's entities do not find in a session
is not limited: nobody's purchases, or a cart without identifiers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal
from functools import lru_cache
from itertools import product
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from emulator.core.clock import to_datetime
from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.service.codes import Code
from emulator.vendors.talonone.service.money import counted, exact
from emulator.vendors.talonone.service.sessions import Session
from emulator.vendors.talonone.tables import FIND_BUDGET, PUT_BUDGET

CHECKED = Rule(
    "talonone.limits", Level.INFERRED, "talon_go 2.1.1, LimitConfig and Campaign counters",
    "A limit is checked when the effect is produced, together with what the same evaluation has given already; its "
    "budget moves when the session closes and back when it is cancelled, except that of created codes.",
)  # fmt: skip
ADDRESSES = Rule(
    "talonone.limit_addresses", Level.ASSUMED, "talon_go 2.1.1, LimitConfig.entities",
    "A limit per profile does not hold for anonymous sessions, one per identifier holds for each identifier of the "
    "session. Limits of a coupon take the place of its campaign's limits per profile. Those of an Application are the "
    "limits of its campaigns that have none. Periods are calendar days, weeks from Monday, months and years in the "
    "Application's time zone.",
)  # fmt: skip

REDEMPTIONS = {"Coupon": "redeemCoupon", "Referral": "redeemReferral"}
WHOLE_CAMPAIGN = ""

Move: TypeAlias = tuple[int, str, str]
"""Campaign, address and action: one budget."""


@dataclass(frozen=True, slots=True)
class Limit:
    action: str
    most: Decimal
    entities: tuple[str, ...]
    period: str = ""
    inherited: bool = False


def read(text: str | None, *, inherited: bool = False) -> dict[str, tuple[Limit, ...]]:
    """Limits from their JSON, by action. `inherited`: they are the Application's."""
    found: dict[str, tuple[Limit, ...]] = {}
    for raw in orjson.loads(text) if text else ():
        limit = Limit(raw["action"], exact(raw["limit"]), tuple(raw["entities"]), raw.get("period") or "", inherited)
        found[limit.action] = (*found.get(limit.action, ()), limit)
    return found


def refusal(limit: Limit) -> str:
    """Why a code is rejected whose redemption would go over this limit."""
    if "Profile" in limit.entities:
        return "ProfileLimitReached"
    for kind in REDEMPTIONS:
        if kind in limit.entities:
            return f"{kind}LimitReached"
    return "CampaignLimitReached"


_RANK = {"CouponLimitReached": 0, "ReferralLimitReached": 0, "CampaignLimitReached": 1, "ProfileLimitReached": 2}


class Budgets:
    """The budgets of one evaluation: what has been used before it, and what it has used itself."""

    def __init__(self, work: Work, session: Session, timezone: str) -> None:
        self._work = work
        self._session = session
        self._timezone = timezone
        self._used: dict[Move, Decimal] = {}
        self.moves: dict[Move, Decimal] = {}

    def left(
        self, campaign: int, limits: Iterable[Limit], coupon: Code | None, referral: Code | None
    ) -> Decimal | None:
        """The smallest rest of the limits; None where none applies."""
        rests = [
            limit.most - self.used((campaign, address, limit.action))
            for limit in limits
            for address in self._addresses(limit, coupon, referral)
        ]
        return min(rests) if rests else None

    def refusal(self, campaign: int, limits: Mapping[str, tuple[Limit, ...]], code: Code) -> str | None:
        """Why this code cannot be redeemed once more, by the campaign's limits or its own."""
        action = REDEMPTIONS[code.kind]
        own = self.applied(limits, action, code)
        reached = {refusal(limit) for limit in own if self._reached(campaign, limit, code)}
        if len(reached) > 1:
            code.several = True
        return min(reached, key=_RANK.__getitem__) if reached else None

    def applied(self, limits: Mapping[str, tuple[Limit, ...]], action: str, code: Code | None) -> tuple[Limit, ...]:
        """The limits of an action, with those of the coupon in place of the campaign's limits per profile."""
        own = limits.get(action, ()) if limits else ()
        if code is None or not code.limits or action not in code.limits:
            return own
        kept = tuple(limit for limit in own if "Profile" not in limit.entities)
        if kept != own:
            self._work.rely(ADDRESSES)
        return (*kept, *code.limits[action])

    def _reached(self, campaign: int, limit: Limit, code: Code) -> bool:
        coupon, referral = (code, None) if code.kind == "Coupon" else (None, code)
        left = self.left(campaign, [limit], coupon, referral)
        return left is not None and left < 1

    def used(self, move: Move) -> Decimal:
        """Before and in this evaluation."""
        before = self._used.get(move)
        if before is None:
            self._work.rely(CHECKED)
            before = self._used[move] = _stored(self._work, move)
        return before + self.moves.get(move, 0)

    def use(
        self, campaign: int, limits: Sequence[Limit], action: str, number: Decimal,
        coupon: Code | None, referral: Code | None,
    ) -> None:  # fmt: skip
        if not limits:
            move = (campaign, WHOLE_CAMPAIGN, action)
            before = self.moves.get(move)
            self.moves[move] = number if before is None else before + number
            return
        addresses = {WHOLE_CAMPAIGN}
        for limit in limits:
            addresses.update(self._addresses(limit, coupon, referral))
        for address in addresses:
            move = (campaign, address, action)
            self.moves[move] = self.moves.get(move, Decimal(0)) + number

    def _addresses(self, limit: Limit, coupon: Code | None, referral: Code | None) -> Iterator[str]:
        if limit.inherited:
            self._work.rely(ADDRESSES)
        if not limit.entities and not limit.period:
            yield WHOLE_CAMPAIGN
            return
        named = [self._named(entity, coupon, referral) for entity in limit.entities]
        if limit.period or "Identifier" in limit.entities or not all(named):
            self._work.rely(ADDRESSES)
        period = [limit.period, period_of(self._work, limit.period, self._timezone)] if limit.period else []
        for names in product(*named):
            pairs = [*zip(limit.entities, names, strict=True)]
            yield orjson.dumps([*pairs, *period]).decode()

    def _named(self, entity: str, coupon: Code | None, referral: Code | None) -> list[Any]:
        """What the entity is here: nothing, one thing, or as many as there are identifiers."""
        match entity:
            case "Profile":
                return [self._session.profile_id] if self._session.profile_id else []
            case "Coupon":
                return [coupon.id] if coupon else []
            case "Referral":
                return [referral.id] if referral else []
            case "Identifier":
                return list(dict.fromkeys(self._session.identifiers))
            case "Session":
                return [self._session.integration_id] if self._session.integration_id else []
        store = self._session.store_integration_id
        return [store] if store else []


def book(work: Work, moves: Mapping[Move, Decimal], sign: int = 1) -> None:
    """Move the budgets, back with a `sign` of -1."""
    for move, number in moves.items():
        campaign, address, action = move
        used = max(_stored(work, move) + sign * number, Decimal(0))
        work.db.run(PUT_BUDGET, campaign_id=campaign, address=address, action=action, used=counted(used))


def _stored(work: Work, move: Move) -> Decimal:
    campaign, address, action = move
    row = work.db.one(FIND_BUDGET, campaign_id=campaign, address=address, action=action)
    return Decimal(0) if row is None else exact(row["used"])


def period_of(work: Work, period: str, timezone: str) -> str:
    """The day, week, month or year that it is now in the Application's time zone."""
    here = to_datetime(work.now).astimezone(_zone(timezone))
    match period:
        case "daily":
            return here.date().isoformat()
        case "weekly":
            year, week, _ = here.isocalendar()
            return f"{year}-W{week:02}"
        case "monthly":
            return f"{here:%Y-%m}"
    return f"{here:%Y}"


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    """UTC where the machine does not know the zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
