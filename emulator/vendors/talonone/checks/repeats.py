"""Idempotency-Key: not too long, and for one request only."""

from itertools import count

from emulator.core.checks import Case, Check, Draft
from emulator.core.clock import rfc3339
from emulator.vendors.talonone.checks.callers import caller
from emulator.vendors.talonone.errors import LONG_IDEMPOTENCY_KEY, OTHER_REQUEST
from emulator.vendors.talonone.service.idempotency import HEADER, LONGEST_KEY
from emulator.vendors.talonone.tables import FIND_ANSWER

_NAME = "Idempotency-Key"
_SHOWN = 40


def _got(case: Case) -> str:
    key = case.request.header(HEADER)
    if not key:
        return f"no header {_NAME}"
    return f"{key[:_SHOWN]}{'…' if len(key) > _SHOWN else ''}, {len(key)} characters"


def _long_cause(case: Case) -> str | None:
    key = case.request.header(HEADER) or ""
    return f"The {_NAME} has {len(key)} characters, and {LONGEST_KEY} are taken: send a UUID."


def _long_mend(case: Case, draft: Draft) -> None:
    draft.set_header(_NAME, (draft.header(_NAME) or "")[:LONGEST_KEY])


KEY_LENGTH = Check(
    name="length of the Idempotency-Key",
    expects=f"at most {LONGEST_KEY} characters",
    failures=(LONG_IDEMPOTENCY_KEY,),
    got=_got,
    cause=_long_cause,
    mend=_long_mend,
)


def _reused_cause(case: Case) -> str | None:
    own = caller(case)
    key = case.request.header(HEADER) or ""
    row = case.work.db.one(FIND_ANSWER, application_id=own.number, key=key) if own is not None else None
    if row is None:
        return None
    return (
        f"The {_NAME} came first at {rfc3339(row['created'])} with another path, query or body: a new request "
        "needs a key of its own for 24 hours."
    )


def _reused_mend(case: Case, draft: Draft) -> None:
    own = caller(case)
    key = (draft.header(_NAME) or "")[: LONGEST_KEY - 4]
    if own is not None:
        others = (f"{key}-{number}" for number in count(2))
        free = (one for one in others if case.work.db.one(FIND_ANSWER, application_id=own.number, key=one) is None)
        draft.set_header(_NAME, next(free))


KEY_REUSE = Check(
    name="request of the Idempotency-Key",
    expects="the request with which the key came first, within 24 hours",
    failures=(OTHER_REQUEST,),
    got=_got,
    cause=_reused_cause,
    mend=_reused_mend,
)
