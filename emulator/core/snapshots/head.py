"""The head of a snapshot's file: everything but the rows, as one line of JSON.

Read strictly, because a key that this version does not know is something that it would not bring back.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json, to_json

from emulator.core.clock import EARLIEST, LATEST, Clock, ClockState, Micros, Mode, parse_rfc3339, rfc3339
from emulator.core.errors import Level
from emulator.core.faults import Faults
from emulator.core.limits import Limits
from emulator.core.snapshots import Snapshot, counted
from emulator.core.snapshots.envelope import Unreadable
from emulator.core.store import Image
from emulator.core.vendor import Vendor
from emulator.core.world import Seed, State, known_limits, revived_stream

FORMAT = "martech-emulator snapshot"
VERSION = 1
MOST_SEEDS = 1_000
ModelT = TypeVar("ModelT", bound=BaseModel)
ThingT = TypeVar("ThingT")
_STRANGE = "this version does not know it"


class Part(BaseModel):
    """Base of what a line may say."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Clock(Part):
    mode: Mode
    value: int


class _Stream(Part):
    version: int
    numbers: list[int]
    gauss: float | None


class _Seed(Part):
    name: str
    description: str
    clock: _Clock
    entropy: str | None
    settings: dict[str, dict[str, Any]]
    image: int = Field(ge=0)
    planted: int
    source: str


class _Faults(Part):
    made: int = Field(ge=0)
    standing: list[dict[str, Any]]


class _Limits(Part):
    windows: list[tuple[str, str, str, dict[str, Any]]]
    adjustments: list[tuple[str, str, dict[str, Any]]]


class Head(Part):
    """`seeds` begins with the one that a reset goes back to; `posted` are the places of those that were posted. Of the
    images, which seeds share, the first is the state's own."""

    format: str
    version: int
    made_by: str
    taken_at: str
    clock: _Clock
    unwanted: Level | None
    settings: dict[str, dict[str, Any]]
    faults: _Faults
    limits: _Limits
    entropy: str
    streams: dict[str, _Stream]
    last_request: int = Field(ge=0)
    seeds: list[_Seed] = Field(min_length=1, max_length=MOST_SEEDS)
    posted: list[int]
    images: int = Field(ge=1, le=MOST_SEEDS + 1)


def told(snapshot: Snapshot) -> bytes:
    state, seeds, images = snapshot.state, snapshot.seeds, snapshot.images
    head = {
        "format": FORMAT,
        "version": VERSION,
        "made_by": snapshot.made_by,
        "taken_at": rfc3339(snapshot.taken_at),
        "clock": state.clock._asdict(),
        "unwanted": state.unwanted,
        "settings": state.settings,
        "faults": state.faults,
        "limits": state.limits,
        "entropy": state.entropy,
        "streams": {
            name: {"version": version, "numbers": numbers, "gauss": gauss}
            for name, (version, numbers, gauss) in state.streams.items()
        },
        "last_request": state.last_request,
        "seeds": [_seed_told(seed, images) for seed in seeds],
        "posted": [_place(seed, seeds) for seed in state.scenarios.values()],
        "images": len(images),
    }
    return to_json(head, inf_nan_mode="constants")


def _seed_told(seed: Seed, images: Sequence[Image]) -> dict[str, Any]:
    return {
        "name": seed.name,
        "description": seed.description,
        "clock": seed.clock._asdict(),
        "entropy": seed.entropy,
        "settings": seed.settings,
        "image": _place(seed.image, images),
        "planted": seed.planted,
        "source": seed.source.decode(),
    }


def _place(one: object, among: Sequence[object]) -> int:
    """By identity: to compare seeds or images by value means nothing."""
    return next(place for place, other in enumerate(among) if other is one)


def read(line: bytes) -> Head:
    """The version first: of a newer one nothing else can be judged. Raises `Unreadable`."""
    try:
        said = from_json(line)
    except ValueError:
        said = None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise Unreadable(f"it is not a snapshot: its first line does not name the format {FORMAT!r}")
    version = said.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Unreadable(f"it is not a snapshot: {version!r} is no version of the format")
    if version > VERSION:
        raise Unreadable(f"it was made by a newer version (format {version}; this version reads up to {VERSION})")
    head = part(Head, line, "head")
    if head.images > len(head.seeds) + 1:
        raise Unreadable(f"head.images: {head.images} for {len(head.seeds)} scenarios")
    return head


def part(kind: type[ModelT], line: bytes, place: str) -> ModelT:
    """Raises `Unreadable`."""
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(map(str, (place, *first["loc"])))
        raise Unreadable(f"{path}: {_STRANGE if first['type'] == 'extra_forbidden' else first['msg']}") from None


def check_vendors(head: Head, vendors: Sequence[Vendor]) -> None:
    """Raises `Unreadable` for a file of a build that has other vendors."""
    known = [vendor.slug for vendor in vendors]
    if strange := [slug for slug in head.settings if slug not in known]:
        raise Unreadable(f"it holds the vendor {strange[0]!r}, which this version does not have")
    if missing := [slug for slug in known if slug not in head.settings]:
        raise Unreadable(f"it holds nothing of {missing[0]}: it was made by a version without that vendor")


def snapshot(head: Head, vendors: Sequence[Vendor], images: Sequence[Image]) -> Snapshot:
    """Everything that a return to it needs is tried here. Raises `Unreadable`."""
    try:
        state = _state(head, vendors, images)
        Faults.load(state.faults, {vendor.slug: vendor.catalogue for vendor in vendors})
        Limits.load(state.limits, known_limits(vendors))
        taken_at = parse_rfc3339(head.taken_at)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    return Snapshot(state, taken_at, head.made_by, counted(images[0], vendors))


def _state(head: Head, vendors: Sequence[Vendor], images: Sequence[Image]) -> State:
    seeds = [_seed(seed, f"seeds[{place}]", vendors, images) for place, seed in enumerate(head.seeds)]
    posted = [_at(seeds, place, "posted") for place in head.posted]
    return State(
        image=images[0],
        seed=seeds[0],
        scenarios={seed.name: seed for seed in posted},
        clock=_clock(head.clock, "clock"),
        unwanted=head.unwanted,
        settings=_settings(head.settings, "settings", vendors),
        faults=head.faults.model_dump(),
        limits=head.limits.model_dump(),
        entropy=head.entropy,
        streams={name: _stream(stream, name) for name, stream in head.streams.items()},
        last_request=head.last_request,
    )


def _seed(seed: _Seed, place: str, vendors: Sequence[Vendor], images: Sequence[Image]) -> Seed:
    return Seed(
        name=seed.name,
        description=seed.description,
        clock=_clock(seed.clock, f"{place}.clock"),
        entropy=seed.entropy,
        settings=_settings(seed.settings, f"{place}.settings", vendors),
        image=_at(images, seed.image, f"{place}.image"),
        planted=_moment(seed.planted, f"{place}.planted"),
        source=seed.source.encode(),
    )


def _at(things: Sequence[ThingT], place: int, key: str) -> ThingT:
    if not 0 <= place < len(things):
        raise ValueError(f"{key}: there is no {place} among {len(things)}")
    return things[place]


def _clock(clock: _Clock, key: str) -> ClockState:
    """Only one that can tell the time."""
    state = ClockState(clock.mode, clock.value)
    if not EARLIEST <= Clock(state).now() <= LATEST or (clock.mode == "real" and clock.value):
        raise ValueError(f"{key}: {clock.value} is no {clock.mode} clock")
    return state


def _moment(moment: Micros, key: str) -> Micros:
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"{key}: {moment} lies outside the years 1 to 9999")
    return moment


def _settings(said: Mapping[str, Mapping[str, Any]], key: str, vendors: Sequence[Vendor]) -> dict[str, Any]:
    return {vendor.slug: _settings_of(vendor, said.get(vendor.slug), f"{key}.{vendor.slug}") for vendor in vendors}


def _settings_of(vendor: Vendor, said: Mapping[str, Any] | None, key: str) -> Any:
    if said is None:
        raise ValueError(f"{key}: is missing")
    return part(vendor.settings, to_json(said, inf_nan_mode="constants"), key)


def _stream(stream: _Stream, name: str) -> tuple[Any, ...]:
    state = (stream.version, tuple(stream.numbers), stream.gauss)
    try:
        revived_stream(state)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"streams.{name}: is the state of no random stream") from None
    return state
