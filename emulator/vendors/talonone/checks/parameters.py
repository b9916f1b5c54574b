"""The query string: values that can be read, and parameters and members that need another."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from emulator.core.checks import Case, Check, Draft
from emulator.core.clock import DAY, parse_rfc3339, rfc3339
from emulator.core.fitting import dropped
from emulator.vendors.talonone.checks.bodies import sent, sent_object, write
from emulator.vendors.talonone.contract.queries import BOOLEANS, SILENT
from emulator.vendors.talonone.errors import BAD_PARAMETER, NOT_ALLOWED

_YES, _NO = frozenset(("yes", "on", "y", "tru", "")), frozenset(("no", "off", "n", "none", "null", "undefined"))
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LOST_PLUS = re.compile(r"(.*\d{2}:\d{2}(?:\.\d+)?) (\d{2}:\d{2})")
_ONLY = "evaluableCampaignIds"


def known_parameters(case: Case) -> dict[str, type]:
    """By name, with the type of the default."""
    model: Any = case.operation.models.get("query")
    return {one.name: type(one.default) for one in fields(model)} if model is not None else {}


def _sent(case: Case) -> dict[str, str]:
    """As it is read: of a repeated one the last counts."""
    known = known_parameters(case)
    return {name: value for name, value in dict(case.request.query).items() if name in known}


def truth(value: str | None) -> bool:
    return value is not None and bool(BOOLEANS.get(value))


def _got(case: Case) -> str:
    return ", ".join(f"{name}={value}" for name, value in _sent(case).items()) or "none of them"


def _unreadable(case: Case) -> Iterator[tuple[str, str]]:
    for name, value in _sent(case).items():
        if known_parameters(case)[name] is bool and value not in BOOLEANS:
            yield name, value
    silent = _sent(case).get("silent", "yes")
    if silent not in SILENT:
        yield "silent", silent


def _bad_moment(case: Case) -> str | None:
    """What is wrong with ``now``."""
    now = _sent(case).get("now")
    if now is None:
        return None
    try:
        moment = parse_rfc3339(now)
    except ValueError:
        if _LOST_PLUS.fullmatch(now):
            return f"The plus sign in now was read as a space, {now!r}: write %2B."
        if _DATE.fullmatch(now):
            return f"now is the date {now}: it is a moment, such as {now}T00:00:00Z."
        return f"now is {now!r}: it is a moment with its offset, such as 2026-01-05T09:00:00Z."
    if moment <= case.work.now:
        return f"now is {now}, which does not lie ahead of the world's own time, {rfc3339(case.work.now)}."
    return None


def _cause(case: Case) -> str | None:
    for name, value in _unreadable(case):
        if name == "silent":
            return f"silent is {value!r}: it is yes or no."
        return f"{name} is {value!r}: a boolean is true or false."
    return _bad_moment(case)


def _mend(case: Case, draft: Draft) -> None:
    for name, value in _unreadable(case):
        word = value.strip().strip("\"'").lower()
        meant = {True: "true", False: "false"}.get(BOOLEANS.get(word, word in _YES if word in _YES | _NO else None))  # type: ignore[arg-type]  # None is no key
        if name == "silent":
            meant = {"true": "yes", "false": "no"}.get(meant or "")
        draft.set_query(name, meant)
    if _bad_moment(case) is not None:
        now = _sent(case)["now"]
        lost = _LOST_PLUS.sub(r"\1+\2", now)
        candidates = (lost, f"{now}Z", f"{now}T00:00:00Z", rfc3339(case.work.now + DAY))
        draft.set_query("now", next(one for one in candidates if _is_ahead(case, one)))


def _is_ahead(case: Case, text: str) -> bool:
    try:
        return parse_rfc3339(text) > case.work.now
    except ValueError:
        return False


PARAMETERS = Check(
    name="query parameters",
    expects="true or false for a boolean, yes or no for silent, a moment ahead for now",
    failures=(BAD_PARAMETER,),
    got=_got,
    cause=_cause,
    mend=_mend,
)


# what needs another ---------------------------------------------------------------------------------------------------


def _lonely(case: Case) -> list[tuple[str, str]]:
    """What was sent without the parameter that it needs, and that parameter."""
    query, body = _sent(case), sent_object(case)
    dry, runs = truth(query.get("dry")), truth(query.get("runRuleEngine"))
    profile = case.operation.id == "updateCustomerProfileV2"
    inner = body.get("customerSession") if case.operation.id == "updateCustomerSessionV2" else body
    listed = isinstance(inner, dict) and bool(inner.get(_ONLY))
    needs = (
        ("dry", "runRuleEngine", profile and dry and not runs),
        ("responseContent", "runRuleEngine", profile and not runs and bool(body.get("responseContent"))),
        ("now", "dry", "now" in query and not dry),
        ("forceCompleteEvaluation", "dry", truth(query.get("forceCompleteEvaluation")) and not dry),
        (_ONLY, "dry", listed and not dry),
    )
    return [(name, other) for name, other, lacking in needs if lacking]


def _needs_got(case: Case) -> str:
    return ", ".join(f"{name} without {other}=true" for name, other in _lonely(case)) or "nothing that lacks another"


def _needs_cause(case: Case) -> str | None:
    for name, other in _lonely(case):
        reason = "it is for dry runs only" if other == "dry" else "without that no rules are run"
        return f"{name} was sent without {other}=true in the query: {reason}."
    return None


def _needs_mend(case: Case, draft: Draft) -> None:
    """A dry run where one was meant; campaigns that were listed for a real call are left out, so that it is one."""
    for name, other in _lonely(case):
        if name == _ONLY:
            place = ("customerSession", _ONLY) if case.operation.id == "updateCustomerSessionV2" else (_ONLY,)
            write(draft, dropped(sent(case), place))
            return
        draft.set_query(other, "true")
        return


NEEDS = Check(
    name="needed parameters",
    expects="dry=true with now, evaluableCampaignIds and forceCompleteEvaluation; runRuleEngine=true with a profile's "
    "dry and responseContent",
    failures=(NOT_ALLOWED,),
    got=_needs_got,
    cause=_needs_cause,
    mend=_needs_mend,
)
