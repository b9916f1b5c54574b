"""Loyalty points, given and taken."""

from decimal import Decimal

from emulator.core.clock import Micros, rfc3339
from emulator.core.errors import Level, Rule
from emulator.vendors.talonone.service import loyalty
from emulator.vendors.talonone.service.effects.turn import Props, Turn, finite, whole
from emulator.vendors.talonone.service.loyalty import Points
from emulator.vendors.talonone.service.validity import IMMEDIATE, UNLIMITED, later
from emulator.vendors.talonone.talang import Evaluation, HostFunction, Kind, TalangError

NO_RECIPIENT = Rule(
    "talonone.points_for_nobody", Level.ASSUMED, "emulator's choice",
    "Loyalty points without a recipient, in an anonymous session, are not given and leave no effect.",
)  # fmt: skip
NOT_ENOUGH = Rule(
    "talonone.points_deducted", Level.INFERRED, "talon_go 2.1.1, DeductLoyaltyPointsEffectProps",
    "Points are deducted only where the profile has that many active ones. As a condition deductLoyaltyPoints is then "
    "false, as an effect it is refused together with its whole rule.",
)  # fmt: skip

STEPS_A_BOOKING = 30
BOOKINGS_A_STEP = 4


def add_points(
    evaluation: Evaluation, name: str, program: Decimal, subledger: str, value: Decimal,
    recipient: str = "", validity: str | None = None, pending: str = "immediate",
) -> None:  # fmt: skip
    """`expiryCondition` is a member of 2020, `startDate`, `expiryDate` and `transactionUUID` came in 2021."""
    turn = _charged(evaluation)
    occasion, number = turn.occasion, finite(value)
    row = loyalty.program(occasion.work, occasion.caller, whole(program))
    if value < 0:
        raise TalangError("points are added, deductLoyaltyPoints takes them")
    recipient = recipient or occasion.profile.integration_id
    if not recipient:
        occasion.work.rely(NO_RECIPIENT)
        return
    if not (turn.spend("createLoyaltyPoints", value) and turn.spend("createLoyaltyPointsEffect")):
        return
    validity = row["default_validity"] if validity is None else validity
    start = None if pending in IMMEDIATE else _after(occasion.work.now, pending)
    expiry = None if validity in UNLIMITED else _after(start or occasion.work.now, validity)
    points = Points(row["id"], subledger, recipient, value, name, occasion.work.uuid4(), start, expiry)
    turn.points = (*turn.points, points)
    props: Props = {
        "name": name,
        "programId": points.program,
        "subLedgerId": subledger,
        "value": number,
        "recipientIntegrationId": recipient,
        "expiryCondition": validity,
        "transactionUUID": points.uuid,
    }
    if start is not None:
        props["startDate"] = rfc3339(start)
    if expiry is not None:
        props["expiryDate"] = rfc3339(expiry)
    turn.give("addLoyaltyPoints", props)


def _after(start: Micros, duration: str) -> Micros:
    try:
        return later(start, duration)
    except ValueError as error:
        raise TalangError(str(error)) from None


def deduct_points(
    evaluation: Evaluation, rule_title: str, program: Decimal, subledger: str, value: Decimal, name: str = ""
) -> bool:
    """`name` and `transactionUUID` came in 2021."""
    turn = _charged(evaluation)
    occasion, number = turn.occasion, whole(program)
    wanted = finite(value)
    own = [one.number for one in turn.points if (one.program, one.subledger) == (number, subledger) and one.number < 0]
    if value < 0 or value > occasion.balance(number, subledger) + sum(own, Decimal(0)):
        occasion.work.rely(NOT_ENOUGH)
        if turn.effect is not None:
            turn.refuse()
        return False
    if not (turn.spend("redeemLoyaltyPoints", value) and turn.spend("redeemLoyaltyPointsEffect")):
        return False
    uuid = occasion.work.uuid4()
    taken = Points(number, subledger, occasion.profile.integration_id, -value, rule_title, uuid)
    turn.points = (*turn.points, taken)
    props = {
        "ruleTitle": rule_title,
        "programId": number,
        "subLedgerId": subledger,
        "value": wanted,
        "transactionUUID": uuid,
        "name": name or rule_title,
    }
    turn.give("deductLoyaltyPoints", props)
    return True


def balance(evaluation: Evaluation, program: Decimal, subledger: str = "") -> Decimal:
    """The current balance of the profile, less what the rules so far have deducted."""
    return _charged(evaluation).occasion.balance(whole(program), subledger)


def _charged(evaluation: Evaluation) -> Turn:
    """All bookings of this evaluation are looked through again and again."""
    turn = evaluation.host_as(Turn)
    evaluation.charge(STEPS_A_BOOKING + (len(turn.occasion.points) + len(turn.points)) // BOOKINGS_A_STEP)
    return turn


_TEXT, _NUMBER = Kind.STRING, Kind.DECIMAL
_ADD = (_TEXT, _NUMBER, _TEXT, _NUMBER)

FUNCTIONS = (
    HostFunction("addLoyaltyPoints", _ADD, add_points),
    HostFunction("addLoyaltyPoints", (*_ADD, _TEXT), add_points),
    HostFunction("addLoyaltyPoints", (*_ADD, _TEXT, _TEXT), add_points),
    HostFunction("addLoyaltyPoints", (*_ADD, _TEXT, _TEXT, _TEXT), add_points),
    HostFunction("deductLoyaltyPoints", (_TEXT, _NUMBER, _TEXT, _NUMBER), deduct_points),
    HostFunction("deductLoyaltyPoints", (_TEXT, _NUMBER, _TEXT, _NUMBER, _TEXT), deduct_points),
    HostFunction("loyaltyBalance", (_NUMBER,), balance),
    HostFunction("loyaltyBalance", (_NUMBER, _TEXT), balance),
)
