"""Customer profiles and their loyalty points."""

from emulator.core.section import SectionError
from emulator.vendors.talonone import tables
from emulator.vendors.talonone.seed.customers import LoyaltyPoints, Profile
from emulator.vendors.talonone.seed.planting.ground import Ground, Ids, Once
from emulator.vendors.talonone.service.validity import UNLIMITED, later


def plant(ground: Ground) -> None:
    identities = Once(lambda identity: f"there are two profiles {identity[1]!r}")
    ids = Ids("profile", (one.id for one in ground.section.profiles))
    for index, one in enumerate(ground.section.profiles):
        path = f"profiles[{index}]"
        identities.take((one.accountId, one.integrationId), f"{path}.integrationId")
        ground.account(one.accountId, f"{path}.accountId")
        ground.work.db.run(
            tables.PUT_PROFILE, id=ids.take(one.id, f"{path}.id"), account_id=one.accountId,
            integration_id=one.integrationId, created=ground.moment(one.created),
            attributes=ground.attributes(one.attributes, one.accountId, "CustomerProfile", f"{path}.attributes"),
            closed_sessions=one.closedSessions, total_sales=one.totalSales,
            last_activity=ground.moment(one.lastActivity),
        )  # fmt: skip
        for number, points in enumerate(one.loyaltyPoints):
            _points(ground, one, points, f"{path}.loyaltyPoints[{number}]")
    _others(ground, ids)


def _others(ground: Ground, ids: Ids) -> None:
    """Whoever holds a reservation has a profile, as if the call had made it: an empty one."""
    known = {(one.accountId, one.integrationId) for one in ground.section.profiles}
    for campaign in ground.section.campaigns:
        account = ground.callers[campaign.applicationId].account
        for integration_id in [holder for coupon in campaign.coupons for holder in coupon.reservations]:
            if (account, integration_id) in known:
                continue
            known.add((account, integration_id))
            ground.work.db.run(
                tables.PUT_PROFILE, id=ids.take(None, ""), account_id=account, integration_id=integration_id,
                created=ground.work.now, attributes="{}", closed_sessions=0, total_sales=0,
                last_activity=ground.work.now,
            )  # fmt: skip


def _points(ground: Ground, profile: Profile, points: LoyaltyPoints, path: str) -> None:
    program = next((one for one in ground.section.loyaltyPrograms if one.id == points.programID), None)
    if program is None:
        raise SectionError(f"{path}.programID", f"there is no loyalty program {points.programID}")
    if program.accountID != profile.accountId:
        message = f"loyalty program {program.id} belongs to another account than {profile.accountId}"
        raise SectionError(f"{path}.programID", message)
    if points.subLedgerID and not program.allowSubledger:
        raise SectionError(f"{path}.subLedgerID", f"loyalty program {program.id} has no subledgers (allowSubledger)")
    created, start = ground.moment(points.created), ground.optional(points.startDate)
    validity = points.expiryDuration or program.defaultValidity
    expiry = None if validity in UNLIMITED else later(created if start is None else start, validity)
    ground.work.db.run(
        tables.ADD_LEDGER_ENTRY, program_id=program.id, subledger=points.subLedgerID, account_id=profile.accountId,
        profile_id=profile.integrationId, transaction_uuid=ground.work.uuid4(), name=points.name,
        amount=points.points, remaining=points.points, start=start, expiry=expiry, created=created,
    )  # fmt: skip
