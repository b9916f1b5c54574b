"""The values of a search's fields: times, names, order, limit and cursor."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from emulator.core.checks import Case, Check, Draft
from emulator.core.errors import Json
from emulator.core.fitting import MISSING, Place, dropped, moments, replaced
from emulator.core.slips import nearest, short
from emulator.vendors.primedata.checks.bodies import sent, sent_object, write
from emulator.vendors.primedata.checks.people import profile_meant
from emulator.vendors.primedata.checks.rows import EVENTS_OF_ID
from emulator.vendors.primedata.contract.cursors import Place as Position
from emulator.vendors.primedata.contract.times import parse_instant
from emulator.vendors.primedata.errors import INVALID_FIELD
from emulator.vendors.primedata.service.events import MOST_EVENTS
from emulator.vendors.primedata.service.profiles import SECTIONS
from emulator.vendors.primedata.tables import EVENT_NAMES

_SORTS = ("asc", "desc")
_ASCENDING = ("ascending", "oldest", "1", "+", "time_stamp")
_DESCENDING = ("descending", "newest", "latest", "-1", "-", "-time_stamp")


class Slip(NamedTuple):
    """A field whose value is not allowed: the sentence, and the value in its place, `MISSING` to leave it out."""

    place: Place
    sentence: str
    value: Json = MISSING


def _times(case: Case, body: Mapping[str, Json]) -> Iterator[Slip]:
    for name in ("start", "end"):
        value = body.get(name)
        if value is None or (isinstance(value, str) and _is_moment(value)):
            continue
        moment = next(moments(value), MISSING)
        what = f"{name} is {short(value)}, which is not ISO 8601"
        yield Slip((name,), f"{what}{f': {moment} is' if moment is not MISSING else ''}.", moment)


def _is_moment(text: str) -> bool:
    try:
        parse_instant(text)
    except ValueError:
        return False
    return True


def _names(case: Case, body: Mapping[str, Json]) -> Iterator[Slip]:
    given = body.get("include")
    names = [name for name in given if isinstance(name, str)] if isinstance(given, list) else []
    known = [row["name"] for row in case.work.db.all(EVENT_NAMES)]
    unknown = [name for name in names if name not in known]
    if not unknown:
        return
    alike = nearest(unknown[0], known)
    told = f"the nearest is {alike}" if alike else f"there are {', '.join(sorted(known)[:8]) or 'none'}"
    meant = [nearest(name, known) if name in unknown else name for name in names]
    kept = list(dict.fromkeys(name for name in meant if name is not None))
    yield Slip(
        ("include",), f"include has {short(unknown[0])}, which no event of this workspace is called; {told}.", kept
    )


def _order(case: Case, body: Mapping[str, Json]) -> Iterator[Slip]:
    value = body.get("sort")
    if not isinstance(value, str) or value in _SORTS:
        return
    plain = value.strip().lower()
    meant = "desc" if plain in _DESCENDING else "asc" if plain in _ASCENDING else nearest(plain, _SORTS, 0.5)
    yield Slip(("sort",), f'sort is {short(value)}: it is written "{meant}".' if meant else
               f"sort is {short(value)}: it is asc or desc.", meant or MISSING)  # fmt: skip


def _limit(case: Case, body: Mapping[str, Json]) -> Iterator[Slip]:
    value = body.get("limit")
    if isinstance(value, bool) or not isinstance(value, int) or 1 <= value <= MOST_EVENTS:
        return
    if value > MOST_EVENTS:
        if case.work.settings.limit_over_100 == "reject":
            most = f"a page has at most {MOST_EVENTS} events, unless the setting limit_over_100 is clamp"
            yield Slip(("limit",), f"limit is {value}: {most}.", MOST_EVENTS)
    else:
        yield Slip(("limit",), f"limit is {value}: it is at least 1.")


def _cursor(case: Case, body: Mapping[str, Json]) -> Iterator[Slip]:
    value = body.get("cursor")
    if not isinstance(value, str):
        return
    try:
        position = Position.parse(value)
    except ValueError:
        yield Slip(("cursor",), *_no_cursor(value))
        return
    profile = profile_meant(case)
    if profile is not None:
        yield from _of_another(case, position, profile)


def _no_cursor(value: str) -> tuple[str, Json]:
    for text in (unquote(value), value.strip("\"'"), value.replace(" ", "+")):
        if text != value and _is_cursor(text):
            how = "percent-encoded, which is for URLs only" if "%" in value else "not as the answer before has it"
            return f"The cursor is {how}: send cursor.next as it is.", text
    if not value:
        return "The cursor is empty: that of a last page names nothing, and the first page needs none.", MISSING
    return (
        "The cursor is none that an answer has given: it is cursor.next of the page before, and nothing else.",
        MISSING,
    )


def _is_cursor(text: str) -> bool:
    try:
        Position.parse(text)
    except ValueError:
        return False
    return True


def _of_another(case: Case, position: Position, profile: str) -> Iterator[Slip]:
    wanted = [position.id]
    if (other := position.unnumbered()) is not None:
        wanted.append(other[0].id)
    rows = [row for name in wanted for row in case.work.db.all(EVENTS_OF_ID, id=name)]
    there = [row for row in rows if row["ts_ns"] == position.ts_ns]
    if any(row["profile_id"] == profile for row in there):
        return
    if there:
        owner = there[0]["profile_id"]
        whose = f"of another profile: it names an event of {owner}" if owner else "of a visitor who is nobody yet"
        yield Slip(("cursor",), f"The cursor is {whose}, and the call asks for {profile}.")
    elif rows:
        yield Slip(("cursor",), f"The cursor names the event {position.id} at another time than that of this world.")
    else:
        yield Slip(("cursor",), f"The cursor names the event {position.id}, which this world does not have.")


def _sections(case: Case, body: Mapping[str, Json]) -> Iterator[Slip]:
    given = body.get("type")
    names = [name for name in given if isinstance(name, str)] if isinstance(given, list) else []
    unknown = [name for name in names if name not in SECTIONS]
    if not unknown:
        return
    alike = nearest(unknown[0], SECTIONS)
    if unknown[0] == "p_trait":
        sentence = "type has p_trait, which is the answer's word: it is asked for as ptrait."
    else:
        told = f"it is written {alike}" if alike else f"it is one of {', '.join(SECTIONS)}"
        sentence = f"type has {short(unknown[0])}: {told}."
    meant = [nearest(name, SECTIONS) if name in unknown else name for name in names]
    yield Slip(("type",), sentence, list(dict.fromkeys(name for name in meant if name is not None)))


def _valueless(case: Case, body: Mapping[str, Json]) -> Iterator[Slip]:
    identities = body.get("identities")
    for name, values in identities.items() if isinstance(identities, dict) and not body.get("profile_id") else ():
        if values == []:
            yield Slip(("identities", name), f"identities.{name} is empty: it has the values to look for.")


_CHECKS: Mapping[str, Sequence[Callable[[Case, Mapping[str, Json]], Iterator[Slip]]]] = {
    "searchProfiles": (_sections, _valueless),
    "searchEvents": (_times, _names, _order, _limit, _valueless, _cursor),
}
_SHOWN = ("type", "start", "end", "include", "sort", "limit", "cursor")


def slips(case: Case) -> list[Slip]:
    """In the order in which the fields are looked at."""
    body = sent_object(case)
    return [slip for check in _CHECKS[case.operation.id] for slip in check(case, body)]


def _got(case: Case) -> str:
    body = sent_object(case)
    return ", ".join(f"{name} {short(body[name])}" for name in _SHOWN if body.get(name) is not None) or "none of them"


def _cause(case: Case) -> str | None:
    return next((slip.sentence for slip in slips(case)), None)


def _mend(case: Case, draft: Draft) -> None:
    value = sent(case)
    for slip in slips(case):
        value = dropped(value, slip.place) if slip.value is MISSING else replaced(value, slip.place, slip.value)
    write(draft, value)


FIELDS = Check(
    name="fields",
    expects="allowed values: sections, moments, known event names, asc or desc, 1 to 100, a cursor of the profile",
    failures=(INVALID_FIELD,),
    got=_got,
    cause=_cause,
    mend=_mend,
)
