"""An exported journal, played against a world of its own that is nobody's namespace: made from the recorded scenario,
with the recorded seed, its clock standing at the moment of each call."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from pydantic import ValidationError

from emulator.control import comparison, standins
from emulator.control.desk import Desk
from emulator.control.export import Teller
from emulator.control.recording import Answered, BadJournal, Call, Changed, Header, Recording
from emulator.control.scenario import ScenarioError, Scenarios
from emulator.control.sentences import sentences
from emulator.core.clock import ClockState, parse_rfc3339
from emulator.core.errors import Json, Level, Misuse
from emulator.core.exchange import Exchange, Manners
from emulator.core.faults import ADMITTED, HEADER, Fault, parse_damage, unknown
from emulator.core.limits import Adjustment
from emulator.core.plain import revive
from emulator.core.vendor import Vendor
from emulator.core.world import Bounds, Seed, World

_STANDING = re.compile(r"f[1-9][0-9]* ")
_DRAWN = re.compile(r"(.*) \(([^()]*)\)")
_MOST_IDS = 10


def played(desk: Desk, caller: World, recording: Recording) -> dict[str, Json]:
    """The report. `caller` lends the scenarios that were posted to it, and nothing happens to it. Raises `Misuse`."""
    header = recording.header
    _check_beginning(header)
    play = _Play(recording, {vendor.slug: vendor for vendor in desk.vendors})
    play.check()
    seed = _seed(desk, caller, header)
    world = World("replay", desk.vendors, seed, Bounds(journal_entries=1), _level(header.start.fail_on, 1))
    try:
        report = play.run(world)
    finally:
        world.close()
    if header.product_version != desk.version:
        report["notes"].insert(0, f"recorded by version {header.product_version}, played by {desk.version}")
    return report


def _check_beginning(header: Header) -> None:
    journal = header.journal
    if journal.filter:
        raise BadJournal(f"the file holds what passed the filter {journal.filter} only: export without one", 1)
    if journal.dropped:
        raise BadJournal(
            f"the journal had dropped {journal.dropped} calls: what they had done is not known. A reset before the "
            "test, or a longer journal (--journal), keeps all",
            1,
        )
    if journal.forgotten:
        raise BadJournal(f"{journal.forgotten} calls had been deleted: what they had done is not known", 1)
    if journal.first not in (None, "1"):
        raise BadJournal(
            f"the journal begins with call {journal.first}, after going back to a snapshot, which it does not carry: "
            "only one that begins at a reset can be played",
            1,
        )


# the scenario ---------------------------------------------------------------------------------------------------------


def _seed(desk: Desk, caller: World, header: Header) -> Seed:
    recorded = header.scenario
    if recorded.digest is None:
        raise BadJournal(f"scenario: {recorded.name!r} came out of a snapshot, and what it was planted from is lost", 1)
    source = _source(desk, caller, header)
    settings = {
        vendor.slug: _settings(vendor, header.start.settings.get(vendor.slug, {}), 1) for vendor in desk.vendors
    }
    values = {slug: chosen.model_dump() for slug, chosen in settings.items()}
    scenarios = Scenarios(desk.scenarios.vendors, desk.scenarios.directories, values)
    seed = scenarios.plant(orjson.loads(source), _moment(recorded.planted, "scenario.planted", 1))
    return replace(seed, entropy=recorded.seed, settings=settings)


def _source(desk: Desk, caller: World, header: Header) -> bytes:
    recorded = header.scenario
    with caller.turn:
        seeds = [seed for seed in (caller.seed, *caller.scenarios.values()) if seed.name == recorded.name]
    names = desk.scenarios.names()
    if not seeds and recorded.name not in names:
        known = {*names, caller.seed.name, *caller.scenarios}
        raise BadJournal(f"scenario: {unknown(recorded.name, sorted(known), 'scenario')}", 1)
    for seed in seeds:
        if seed.digest == recorded.digest:
            return seed.source
    if recorded.name in names:
        try:
            seed = desk.scenarios.seed(recorded.name)
        except ScenarioError as error:
            raise BadJournal(f"scenario: {recorded.name} cannot be used: {error.detail}", 1) from None
        if seed.digest == recorded.digest:
            return seed.source
    raise BadJournal(f"scenario: {recorded.name!r} is another one here than where the journal was recorded", 1)


def _settings(vendor: Vendor, values: Json, line: int) -> Any:
    try:
        return vendor.settings.model_validate_json(orjson.dumps(values))
    except ValidationError as error:
        raise BadJournal(sentences(vendor.settings, error, f"settings of {vendor.slug}")[0], line) from None
    except TypeError as error:
        raise BadJournal(f"settings of {vendor.slug}: {error}", line) from None


def _moment(text: str, place: str, line: int) -> int:
    try:
        return parse_rfc3339(text)
    except ValueError as error:
        raise BadJournal(f"{place}: {error}", line) from None


def _level(text: str | None, line: int) -> Level | None:
    levels = [level.value for level in Level]
    if text is not None and text not in levels:
        raise BadJournal(f"fail_on: {unknown(text, levels, 'level')}", line)
    return None if text is None else Level(text)


# the play -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Play:
    recording: Recording
    vendors: dict[str, Vendor]
    compared: int = 0
    cut: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Everything that can be known before anything is played. Raises `BadJournal`."""
        last = 0
        for line, one in self.recording.lines:
            if isinstance(one, Changed):
                self._check_change(line, one)
                if int(one.after) != last:
                    raise BadJournal(
                        f"after: the change was made after call {one.after}, and stands after {last}", line
                    )
                continue
            last += 1
            if one.id != str(last):
                raise BadJournal(f"id: here is call {one.id}, where call {last} should be", line)
            self._check_call(line, one)

    def _check_call(self, line: int, call: Call) -> None:
        vendor = self._vendor(call.vendor, line)
        _moment(call.at, "at", line)
        if call.request.body_cut:
            raise BadJournal(f"request.body: the journal has not kept all of the body of call {call.id}", line)
        try:
            standins.requested(call, lambda mask: "")
            if call.fault is not None:
                parse_damage(_settled(call.fault), vendor.catalogue)
        except ValueError as error:
            raise BadJournal(f"request: {error}", line) from None
        except Misuse as misuse:
            raise BadJournal(f"fault: {misuse.detail}", line) from None

    def _check_change(self, line: int, one: Changed) -> None:
        match one.change, one.about:
            case "settings", {"vendor": str(slug), "settings": dict(values), **rest} if not rest:
                _settings(self._vendor(slug, line), values, line)
            case "limit", {"vendor": str(slug), "name": str(name), "adjustment": dict(), **rest} if not rest:
                names = [limit.name for limit in self._vendor(slug, line).limits]
                if name not in names:
                    raise BadJournal(f"about.name: {unknown(name, names, 'limit')}", line)
                self._adjustment(one, line)
            case "fail_on", {"level": str() | None as level, **rest} if not rest:
                _level(level, line)
            case "reset", {"vendor": str(slug), "scenario": str(name), "digest": str(digest), **rest} if not rest:
                self._vendor(slug, line)
                if digest != self.recording.header.scenario.digest:
                    raise BadJournal(f"{slug} was reset to another scenario, {name!r}", line)
            case "snapshot", _:
                raise BadJournal("a snapshot was restored: a journal does not carry what was in it", line)
            case _:
                raise BadJournal(
                    f"change: {one.change!r} with {', '.join(one.about) or 'nothing'} cannot be made", line
                )

    def _vendor(self, slug: str, line: int) -> Vendor:
        if slug not in self.vendors:
            raise BadJournal(f"vendor: {unknown(slug, self.vendors, 'vendor')}", line)
        return self.vendors[slug]

    def _adjustment(self, one: Changed, line: int) -> Adjustment:
        try:
            adjustment: Adjustment = revive(Adjustment, one.about["adjustment"], {}, "about.adjustment")
        except ValueError as error:
            raise BadJournal(str(error), line) from None
        return adjustment

    def run(self, world: World) -> dict[str, Json]:
        manners = self.recording.header.manners
        exchange = Exchange(Manners(bare=manners.bare, vendor_404=manners.unimplemented == "vendor"))
        cast = standins.Cast(world)
        found: dict[str, Json] | None = None
        for line, one in self.recording.lines:
            if isinstance(one, Changed):
                self._change(world, one, line)
                continue
            got = self._answer(world, exchange, cast, one)
            self.compared += 1
            if (difference := comparison.first(one.answer, got)) is not None:
                found = difference.told(one)
                break
        return {
            "calls": self.recording.calls,
            "compared": self.compared,
            "same": found is None,
            "first_difference": found,
            "notes": self._notes(cast),
        }

    def _answer(self, world: World, exchange: Exchange, cast: standins.Cast, call: Call) -> Answered:
        vendor = self.vendors[call.vendor]
        world.clock.state = ClockState("frozen", parse_rfc3339(call.at))
        request = cast.request(call, vendor)
        if call.fault is not None:
            own = [(name, value) for name, value in request.headers if name != HEADER.encode()]
            if len(own) == len(request.headers):
                world.faults.add(_one_shot(vendor, call))
            else:
                request.headers = [*own, (HEADER.encode(), _settled(call.fault).encode("latin-1"))]
        exchange.turn(world, vendor, request)
        world.faults.clear()
        if call.answer.body_cut:
            self.cut.append(call.id)
        (entry,) = world.journal
        return Answered.model_validate_json(orjson.dumps(Teller(world.secrets).answer(entry)))

    def _change(self, world: World, one: Changed, line: int) -> None:
        match one.change:
            case "settings":
                vendor = self.vendors[one.about["vendor"]]
                world.settings[vendor.slug] = _settings(vendor, one.about["settings"], line)
            case "limit":
                world.limits.adjust(one.about["vendor"], one.about["name"], self._adjustment(one, line))
            case "fail_on":
                world.unwanted = _level(one.about["level"], line)
            case "reset":
                world.reset_vendor(self.vendors[one.about["vendor"]])

    def _notes(self, cast: standins.Cast) -> list[Json]:
        left = self.recording.calls - self.compared
        notes = (
            (left, f"{left} calls after the difference were not played"),
            (
                cast.strangers,
                f"{_calls(cast.strangers)}: a credential that nobody has was played as a stand-in of its shape",
            ),
            (
                cast.missing,
                f"{_calls(cast.missing)}: a credential that was known then is not known here; a stand-in was played",
            ),
            (
                cast.rewritten,
                f"{_calls(cast.rewritten)}: how a masked credential was written is not kept; it was played plain",
            ),
            (self.cut, f"{_calls(self.cut)}: only the beginning of the answer was kept, and compared"),
        )
        return [sentence for reason, sentence in notes if reason]


def _calls(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    return f"{'calls' if len(ids) > 1 else 'call'} {', '.join(ids[:_MOST_IDS])}{more}"


def _settled(fault: str) -> str:
    """A fault's text without the name of the standing one, and with what had been drawn in place of the choice."""
    text = _STANDING.sub("", fault, count=1) if _STANDING.match(fault) else fault
    drawn = _DRAWN.fullmatch(text)
    if drawn is None:
        return text
    chosen = dict.fromkeys(drawn[2].split(","))
    delay = next((one for one in chosen if one.startswith("delay=")), None)
    failure = next((one for one in chosen if not one.startswith("delay=")), None)
    parts = [part.strip() for part in drawn[1].split(",")]
    parts = [failure if failure and "|" in part else part for part in parts]
    return ",".join(delay if delay and part.startswith("delay=") else part for part in parts)


def _one_shot(vendor: Vendor, call: Call) -> Fault:
    """What hit a call whose caller was known came after its admission, whatever the failure itself says."""
    text = _settled(call.fault or "")
    milestone = None if call.caller in (None, "anyone") else ADMITTED
    return Fault(
        id="f1",
        vendor=vendor.slug,
        operation=call.operation,
        text=text,
        damage=parse_damage(text, vendor.catalogue),
        times=1,
        strikes_at=milestone,
    )
