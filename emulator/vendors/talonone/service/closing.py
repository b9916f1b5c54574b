"""What closing a session makes final, and what cancelling it takes back."""

from collections.abc import Iterable
from decimal import Decimal

import orjson

from emulator.core.errors import Level, Rule
from emulator.core.work import Work
from emulator.vendors.talonone.contract.effects import Effect
from emulator.vendors.talonone.service import coupons, referrals
from emulator.vendors.talonone.service.codes import Code
from emulator.vendors.talonone.service.money import amount, exact
from emulator.vendors.talonone.service.profiles import Profile
from emulator.vendors.talonone.service.sessions import Session
from emulator.vendors.talonone.tables import ADD_REDEMPTION, FORGET_REDEMPTIONS, REDEMPTIONS_OF_SESSION

ON_CLOSE = Rule(
    "talonone.redemption", Level.INFERRED, "Talon.One documentation, Customer sessions and sample campaigns",
    "Counters move when a session closes; while it is open its effects are a preview and hold no place of a limit.",
)  # fmt: skip
ROLLBACK = Rule(
    "talonone.rollback", Level.INFERRED, "Talon.One documentation, Customer sessions",
    "Cancelling answers with rollback effects for what the last evaluation gave, under the same rule: rollbackDiscount "
    "per discount, and after a closing rollbackCoupon per redeemed code.",
)  # fmt: skip


def close(work: Work, session: Session, profile: Profile, codes: Iterable[Code]) -> None:
    """Redeem the accepted codes, count the session and its total before discounts."""
    for code in codes:
        if not code.accepted:
            continue
        work.rely(ON_CLOSE)
        if code.kind == "Coupon":
            coupons.count(work, code.id, 1, code.discount)
        else:
            referrals.count(work, code.id, 1)
        work.db.run(
            ADD_REDEMPTION,
            session_id=session.id,
            profile_id=session.profile_id,
            coupon_id=code.id if code.kind == "Coupon" else None,
            referral_id=code.id if code.kind == "Referral" else None,
            discount=amount(code.discount),
            created=work.now,
        )
    profile.closed_sessions += 1
    profile.total_sales += session.total


def revoke(work: Work, session: Session, profile: Profile) -> None:
    """Take a closing back: redeemed codes are usable again."""
    for row in work.db.all(REDEMPTIONS_OF_SESSION, session_id=session.id):
        if row["coupon_id"] is not None:
            coupons.count(work, row["coupon_id"], -1, exact(row["discount"]))
        else:
            referrals.count(work, row["referral_id"], -1)
    work.db.run(FORGET_REDEMPTIONS, session_id=session.id)
    profile.closed_sessions = max(profile.closed_sessions - 1, 0)
    profile.total_sales = max(profile.total_sales - session.total, Decimal(0))


def rollbacks(work: Work, session: Session, *, redeemed: bool) -> list[Effect]:
    """The effects that undo those of the last evaluation. `redeemed`: the session had been closed."""
    work.rely(ROLLBACK)
    undone = []
    for given in orjson.loads(session.effects):
        match given["effectType"]:
            case "acceptCoupon" if redeemed:
                effect_type, members = "rollbackCoupon", ["value"]
            case "setDiscount":
                effect_type, members = "rollbackDiscount", ["name", "value"]
            case _:
                continue
        props = {name: given["props"][name] for name in members}
        given["effectType"] = effect_type
        given["props"] = props
        undone.append(given)
    return undone
