"""Customer sessions."""

from typing import Any

from emulator.core.section import SectionError
from emulator.vendors.talonone.contract.carts import MOST_UNITS
from emulator.vendors.talonone.seed.customers import Session
from emulator.vendors.talonone.seed.planting.ground import Ground, Ids, Once
from emulator.vendors.talonone.service import profiles, sessions


def plant(ground: Ground) -> None:
    ids = Ids("session", (one.id for one in ground.section.sessions))
    identities = Once(lambda identity: f"application {identity[0]} has two sessions {identity[1]!r}")
    for index, one in enumerate(ground.section.sessions):
        path = f"sessions[{index}]"
        caller = ground.caller(one.applicationId, f"{path}.applicationId")
        identities.take((one.applicationId, one.integrationId), f"{path}.integrationId")
        created = ground.moment(one.created)
        session = sessions.Session(
            caller.number, one.integrationId, created, id=ids.take(one.id, f"{path}.id"),
            updated=ground.optional(one.updated) or created, update_count=1, profile_id=one.profileId or "",
            state=one.state, coupon_codes=one.couponCodes, referral_code=one.referralCode,
            cart_items=_cart(ground, one, caller.account, f"{path}.cartItems"),
            additional_costs=_costs(ground, one, caller.account, f"{path}.additionalCosts"),
            identifiers=one.identifiers,
            attributes=ground.checked(one.attributes, caller.account, "CustomerSession", f"{path}.attributes"),
        )  # fmt: skip
        if one.profileId is not None:
            _meet(ground, session, caller.account, f"{path}.profileId")
        sessions.store(ground.work, session)


def _meet(ground: Ground, session: sessions.Session, account: int, path: str) -> None:
    """The first session of a profile that has closed none before is its first."""
    profile = profiles.find(ground.work, account, session.profile_id)
    if profile.id is None:
        raise SectionError(path, f"there is no profile {session.profile_id!r} in account {account}")
    session.first_session = profile.first_session_id is None and not profile.closed_sessions
    if session.first_session:
        profile.first_session_id = session.id
        profiles.store(ground.work, profile)


def _cart(ground: Ground, one: Session, account: int, path: str) -> list[dict[str, Any]]:
    if sum(item.quantity for item in one.cartItems) > MOST_UNITS:
        raise SectionError(path, f"a cart holds {MOST_UNITS} units")
    items = []
    for position, item in enumerate(one.cartItems):
        kept = item.model_dump(exclude_none=True, exclude={"attributes"})
        if item.attributes:
            place = f"{path}[{position}].attributes"
            kept["attributes"] = ground.checked(item.attributes, account, "CartItem", place)
        items.append({**_short(kept), "position": position})
    return items


def _costs(ground: Ground, one: Session, account: int, path: str) -> dict[str, Any]:
    defined = {cost.name for cost in ground.section.additionalCosts if cost.accountId == account}
    for name in one.additionalCosts:
        if name not in defined:
            raise SectionError(f"{path}.{name}", f'The additional cost "{name}" is not defined.')
    return {name: _short(cost.model_dump()) for name, cost in one.additionalCosts.items()}


def _short(values: dict[str, Any]) -> dict[str, Any]:
    """Whole numbers without a decimal point."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in values.items()
    }
