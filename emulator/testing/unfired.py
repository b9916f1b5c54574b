"""Faults that were arranged and never fired: what they were to do, and what calls there were instead."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from emulator.client import Json
from emulator.core.errors import Misuse
from emulator.core.faults import ADMITTED, Damage, parse_damage
from emulator.core.provenance import Guess
from emulator.core.vendor import Vendor
from emulator.testing.calls import Call
from emulator.testing.layout import counted, listed, numbered, times

_MOST_TOLD = 4


@dataclass(frozen=True, slots=True)
class Account:
    """Of one fault, as ``GET /_emulator/faults`` tells it. `drill` is what it is part of: a test's own by its number,
    one that was arranged elsewhere by its name. `ended` is what became of it, in words, where it stands no more;
    `where` the test's line, and `after` the last call before it was arranged."""

    told: Json
    drill: int | str | None = None
    ended: str | None = None
    where: str | None = None
    after: int = 0
    optional: bool = False

    @property
    def must_fire(self) -> bool:
        return not self.optional and self.told["probability"] >= 1


def unfired_among(accounts: Iterable[Account]) -> Iterator[Sequence[Account]]:
    """What was arranged in one go belongs together, and has fired where any of it has."""
    groups: dict[object, list[Account]] = {}
    for number, account in enumerate(accounts):
        key = (number,) if account.drill is None else account.drill
        groups.setdefault(key, []).append(account)
    for group in groups.values():
        if all(account.must_fire and not account.told["fired"] for account in group):
            yield group


def sentences(unfired: Sequence[Sequence[Account]], vendors: Sequence[Vendor], calls: Sequence[Call]) -> list[str]:
    by_slug = {vendor.slug: vendor for vendor in vendors}
    return [
        _of_fault(group[0], by_slug, calls) if group[0].drill is None else _of_drill(group, by_slug, calls)
        for group in unfired
    ]


def _of_fault(account: Account, vendors: Mapping[str, Vendor], calls: Sequence[Call]) -> str:
    told, damage = account.told, _damage(account, vendors)
    whose = f"calls to {told['vendor']}" if told["operation"] is None else f"{told['operation']} of {told['vendor']}"
    about = [times(told["times"])] if told["times"] else []
    about += [f"with {name}: {value}" for name, value in told["headers"].items()]
    about += [f"arranged at {account.where}"] if account.where else []
    aside = f" ({', '.join(about)})" if about else ""
    intent = f"{told['id']} was to make {whose} {_deed(told['fault'], damage)}{aside}, but"
    if account.ended is not None:
        return f"{intent} {account.ended} before it ever fired"
    return f"{intent} it never fired: {_instead([account], damage, calls)}"


def _of_drill(group: Sequence[Account], vendors: Mapping[str, Vendor], calls: Sequence[Call]) -> str:
    told = [account.told for account in group]
    by_vendor: dict[str, list[str]] = {}
    for one in told:
        by_vendor.setdefault(one["vendor"], []).append(one["operation"] or "any operation")
    whose = [f"{listed(operations, 'or')} of {vendor}" for vendor, operations in by_vendor.items()]
    where = f" (arranged at {group[0].where})" if group[0].where else ""
    ids = listed([one["id"] for one in told])
    intent = f"the drill {told[0]['drill']} was to trouble {listed(whose, 'or')}{where}, but"
    if all(account.ended is not None for account in group):
        return f"{intent} {group[0].ended} before any of it ({ids}) ever fired"
    return f"{intent} none of it ({ids}) ever fired: {_instead(group, _damage(group[0], vendors), calls)}"


# what it was to do ----------------------------------------------------------------------------------------------------


def _damage(account: Account, vendors: Mapping[str, Vendor]) -> Damage | None:
    """`None` for what only an emulator of another version knows."""
    vendor = vendors.get(account.told["vendor"])
    try:
        return None if vendor is None else parse_damage(account.told["fault"], vendor.catalogue)
    except Misuse:
        return None


def _deed(text: str, damage: Damage | None) -> str:
    if damage is None:
        return f"meet {text}"
    names = [failure.name for failure in (damage.failure, *damage.others) if failure is not None]
    until = "" if damage.delay_to_ms is None else f" to {damage.delay_to_ms}"
    deeds = {
        f"fail with {listed(names, 'or')}": bool(names),
        f"take {damage.delay_ms}{until} ms": bool(damage.delay_ms or until),
        f"trickle for {damage.slow_ms} ms": bool(damage.slow_ms),
        "break off without an answer": damage.drop,
        "be cut short": damage.truncate,
    }
    return listed([deed for deed, meant in deeds.items() if meant]) or f"meet {text}"


# what happened instead ------------------------------------------------------------------------------------------------


def _instead(group: Sequence[Account], damage: Damage | None, calls: Sequence[Call]) -> str:
    places = {(account.told["vendor"], account.told["operation"]) for account in group}
    met = [call for call in calls if {(call.vendor, None), (call.vendor, call.operation)} & places]
    if not calls:
        return "the test made no call to the emulator"
    if not met:
        return f"the test made {counted(len(calls), 'call')}, to {_destinations(calls)}"
    reasons: dict[str, list[str]] = {}
    for call in met:
        reasons.setdefault(_why_not(group[0], damage, call), []).append(call.id)
    told = [f"{numbered(ids)} {reason}" for reason, ids in list(reasons.items())[:_MOST_TOLD]]
    return listed(told) + (", and so on" if len(reasons) > _MOST_TOLD else "")


def _destinations(calls: Sequence[Call]) -> str:
    counts = Counter(
        f"{call.operation} of {call.vendor}" if call.operation else f"no operation of {call.vendor} ({call.line})"
        for call in calls
    )
    told = [place + (f" ({times(count)})" if count > 1 else "") for place, count in list(counts.items())[:_MOST_TOLD]]
    return listed([*told, *(["others"] if len(counts) > _MOST_TOLD else [])])


def _why_not(account: Account, damage: Damage | None, call: Call) -> str:
    """What a call that it could have hit did, in the past tense."""
    outcome = f"{call.status}" + (f" {call.refusal}" if call.refusal else "")
    if int(call.id) <= account.after:
        return "came before it was arranged"
    if own := call.headers.get("x-emulator-fault"):
        return f"asked for a fault of its own, {own}"
    for name, value in account.told["headers"].items():
        if value not in (sent := call.headers.get_list(name)):
            return f"had {name}: {', '.join(sent)}" if sent else f"had no {name}"
    if call.fault is not None:
        return f"met {call.fault.partition(' ')[0]} first"
    if call.method == "OPTIONS" and account.told["operation"] is None:
        return "came ahead of a browser's call, and meets only a fault that names its operation"
    if isinstance(call.answer_body, dict) and call.answer_body.get("title") == Guess.title_of_all:
        return "got 501, since fail_on takes no guesses"
    if account.told["missed"] and (milestone := _milestone(account, damage)):
        return f'got {outcome} before it came to "{milestone}", where it strikes'
    return f"got {outcome}"


def _milestone(account: Account, damage: Damage | None) -> str | None:
    own = None if damage is None or damage.failure is None else damage.failure.strikes_at
    return own or (ADMITTED if account.told["drill"] else None)
