"""Worlds: each namespace has rows, clock, faults, limits, journal, settings and randomness of its own."""

import hashlib
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from emulator.core.clock import Clock, ClockState, Micros
from emulator.core.errors import Json, Level, Misuse
from emulator.core.faults import Faults
from emulator.core.journal import Journal
from emulator.core.limits import Limit, Limits
from emulator.core.request import NO_REQUEST, Request
from emulator.core.store import Image, Store
from emulator.core.vendor import Vendor
from emulator.core.work import Work

if TYPE_CHECKING:
    from emulator.core.secrets import Secrets
    from emulator.core.snapshots import Snapshot

MOST_CALLS = 10**9
"""After an end that nobody wrote down, calls are counted on from a multiple of this: no process answers as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A scenario, planted once: what every world that starts from it begins with.

    `entropy` is the text that generated ids and tokens derive from; without one every reset draws a new one. `planted`
    is the moment that relative ones were counted from, `source` the scenario as JSON, its bases merged in.
    """

    name: str
    description: str = ""
    clock: ClockState
    entropy: str | None
    settings: Mapping[str, Any]  # per vendor slug, an instance of the vendor's settings model
    image: Image
    planted: Micros = 0
    source: bytes = b""

    @property
    def digest(self) -> str:
        """Tells the scenario from any other, of the same name too."""
        return hashlib.sha256(self.source).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that a world is at one moment, but for its journal, of which only the last number is kept: after going back
    the same calls get the same request ids.

    `seed` is what a reset goes back to. `faults` and `limits` are as they dump themselves, `streams` as `Random` tells
    its state.
    """

    image: Image
    seed: Seed
    scenarios: Mapping[str, Seed]
    clock: ClockState
    unwanted: Level | None
    settings: Mapping[str, Any]  # as in a seed
    faults: Json
    limits: Json
    entropy: str
    streams: Mapping[str, tuple[Any, ...]]
    last_request: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one process may hold; of snapshots, what one namespace may."""

    namespaces: int = 256
    journal_entries: int = 1_000
    journal_bytes: int = 16 * 1024 * 1024
    snapshots: int = 100
    snapshot_bytes: int = 2 * 1024 * 1024 * 1024


class Keeps(Protocol):
    """Writes what a world is besides its rows to where its rows are, in the transaction that is open there."""

    def keep(self, world: "World") -> None: ...

    def kept(self) -> None:
        """What was written last has been committed."""

    def finish(self, world: "World") -> None:
        """The world ends in peace."""


@dataclass(frozen=True, slots=True)
class Former:
    """What a world was in an earlier process, besides its rows. `clean` is whether that ended in peace, `unwanted` the
    level that worlds began with there."""

    state: State
    snapshots: Mapping[str, "Snapshot"]
    clean: bool
    unwanted: Level | None


class World:
    """One namespace. Whoever reads or changes it holds `turn`; the exchange does so for every call.

    `unwanted` is the level of provenance from which on nothing may shape an answer; `None` takes all.
    """

    def __init__(
        self, name: str, vendors: Sequence[Vendor], seed: Seed, bounds: Bounds, unwanted: Level | None = None
    ) -> None:
        self.name = name
        self.unwanted = unwanted
        self.unwanted_at_start = unwanted
        self.vendors = vendors
        self.seed = seed
        self.turn = threading.RLock()
        self.clock = Clock(seed.clock)
        self.faults = Faults()
        self.limits = Limits()
        self.journal = Journal(bounds.journal_entries, bounds.journal_bytes)
        self.scenarios: dict[str, Seed] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.closed = False
        self.settings: dict[str, Any] = dict(seed.settings)
        self.store = Store([vendor.metadata for vendor in vendors], seed.image)
        self._keeper: Keeps | None = None
        self._is_changing = False
        self._streams: dict[str, Random] = {}
        self._entropy = seed.entropy or secrets.token_hex(16)
        self._former_secrets: frozenset[str] = frozenset()

    @property
    def entropy(self) -> str:
        return self._entropy

    @property
    def secrets(self) -> "Secrets":
        """Whatever lets a caller in, or did since the journal began."""
        from emulator.core.secrets import Secrets  # noqa: PLC0415 - nobody asks before the process is ready

        with self.turn:
            known = (vendor.known_secrets(self.work(vendor)) for vendor in self.vendors)
            return Secrets(self._former_secrets.union(*known))

    def work(self, vendor: Vendor, request: Request = NO_REQUEST) -> Work:
        work = Work(self.store, self.clock.now(), self.stream(vendor.slug), self.settings[vendor.slug], request)
        work.unwanted = self.unwanted
        return work

    def stream(self, name: str) -> Random:
        """The random stream of a vendor, or of a mechanism: streams do not disturb each other."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = Random(f"{self._entropy}/{name}")
        return stream

    def fault_stream(self, vendor: Vendor) -> Random:
        """What decides where a fault leaves a choice."""
        return self.stream(f"{vendor.slug}/faults")

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Whatever is done inside leaves no trace in rows and randomness."""
        with self.turn:
            states = {name: stream.getstate() for name, stream in self._streams.items()}
            self.store.begin()
            try:
                yield
            finally:
                self.store.rollback()
                self._streams = {name: self._streams[name] for name in states}
                for name, state in states.items():
                    self._streams[name].setstate(state)

    def reset(self, seed: Seed | None = None) -> None:
        """Back to the scenario: rows, clock, settings, faults, limits, journal, ids."""
        with self.turn:
            with self.changing():
                self._begin_anew(seed or self.seed)
            self._restart_journal()

    def load(self, seed: Seed) -> None:
        """Remember a scenario by its name, and reset to it."""
        with self.turn:
            with self.changing():
                self.scenarios[seed.name] = seed
                self._begin_anew(seed)
            self._restart_journal()

    def _begin_anew(self, seed: Seed) -> None:
        """All but the journal."""
        self.store.restore(seed.image)
        self.seed = seed
        self.clock.state = seed.clock
        self.unwanted = self.unwanted_at_start
        self.settings = dict(seed.settings)
        self.faults = Faults()
        self.limits.clear()
        self._streams.clear()
        self._entropy = seed.entropy or secrets.token_hex(16)

    def reset_vendor(self, vendor: Vendor, seed: Seed | None = None) -> None:
        """One vendor's rows, settings, faults, limits and ids; clock, journal and the other vendors stay."""
        with self.turn:
            chosen = seed or self.seed
            former = vendor.known_secrets(self.work(vendor))
            with self.changing():
                self.store.restore_tables(chosen.image, vendor.tables)
                self.settings[vendor.slug] = chosen.settings[vendor.slug]
                self.faults.clear(vendor.slug)
                self.limits.clear(vendor.slug)
                self._streams.pop(vendor.slug, None)
                self._streams.pop(f"{vendor.slug}/faults", None)
            self._former_secrets = self._former_secrets.union(former)
            self.journal.changed("reset", vendor=vendor.slug, scenario=chosen.name, digest=chosen.digest)

    def state(self) -> State:
        """Whoever asks holds the turn: the rows are copied once. Raises `Misuse` (409) once the world is closed."""
        self._check_open()
        return self._state(self.store.image())

    def besides(self) -> State:
        """All but the rows, for which those of the scenario stand."""
        return self._state(self.seed.image)

    def _state(self, image: Image) -> State:
        return State(
            image=image,
            seed=self.seed,
            scenarios=dict(self.scenarios),
            clock=self.clock.state,
            unwanted=self.unwanted,
            settings=dict(self.settings),
            faults=self.faults.dump(),
            limits=self.limits.dump(),
            entropy=self._entropy,
            streams={name: stream.getstate() for name, stream in self._streams.items()},
            last_request=self.journal.last_id,
        )

    def go_back(self, state: State) -> None:
        """Into a state that this or another world was in. All of it is made ready before the turn is taken, which then
        takes no time, and nothing has changed if anything fails. Raises `Misuse` (409) once the world is closed."""
        besides = self._revived(state)
        rows = state.image.copy()
        with self.turn:
            self._check_open()
            with self.changing():
                self.store.adopt(rows)
                self._become(state, besides)
            self._restart_journal(state.last_request)
            self.journal.changed("snapshot", scenario=state.seed.name)

    def _revived(self, state: State) -> "_Revived":
        return _Revived(
            Faults.load(state.faults, {vendor.slug: vendor.catalogue for vendor in self.vendors}),
            Limits.load(state.limits, known_limits(self.vendors)),
            {name: revived_stream(told) for name, told in state.streams.items()},
        )

    def _become(self, state: State, revived: "_Revived") -> None:
        """All but the rows and the journal."""
        self.seed = state.seed
        self.scenarios = dict(state.scenarios)
        self.clock.state = state.clock
        self.unwanted = state.unwanted
        self.settings = dict(state.settings)
        self.faults, self.limits, self._streams = revived.faults, revived.limits, revived.streams
        self._entropy = state.entropy

    # A world that outlives its process

    def settle(self, store: Store, keeper: Keeps) -> None:
        """From now on rows are there, and everything else is written there as well."""
        self.store.close()
        self.store, self._keeper = store, keeper

    def recall(self, former: Former, start: Seed) -> None:
        """Become what an earlier process kept. A scenario of the start-up one's name is the one there is today, and so
        are settings, and the level that nothing may shape an answer from, where nobody has changed them. After a life
        that did not end in peace nobody knows which ids were given out."""
        state = former.state
        todays = state.seed.name == start.name and start.name not in state.scenarios
        seed = start if todays else state.seed
        settings = {
            slug: seed.settings[slug] if kept == state.seed.settings[slug] else kept
            for slug, kept in state.settings.items()
        }
        unwanted = self.unwanted_at_start if state.unwanted == former.unwanted else state.unwanted
        self._become(replace(state, seed=seed, settings=settings, unwanted=unwanted), self._revived(state))
        last_request = state.last_request
        if not former.clean:
            self._streams, self._entropy = {}, secrets.token_hex(16)
            last_request = (last_request // MOST_CALLS + 1) * MOST_CALLS
        self.snapshots = dict(former.snapshots)
        self._restart_journal(last_request)

    @property
    def is_kept(self) -> bool:
        return self._keeper is not None

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Holds the turn. Rows, and whatever else of a world that outlives its process is changed inside, are written
        together before it ends, or nothing has changed. Raises what prevented it."""
        with self.turn:
            if self._keeper is None or self._is_changing:
                yield
                return
            self._check_open()
            before, snapshots, changes = self.besides(), dict(self.snapshots), len(self.journal.changes)
            self.store.begin()
            self._is_changing = True
            try:
                yield
                self._keeper.keep(self)
                self.store.commit()
            except BaseException:
                self.store.rollback()
                self._become(before, self._revived(before))
                self.snapshots = snapshots
                del self.journal.changes[changes:]
                raise
            finally:
                self._is_changing = False
            self._keeper.kept()

    def _restart_journal(self, last_id: int = 0) -> None:
        self.journal.restart(last_id)
        self._former_secrets = frozenset()

    def _check_open(self) -> None:
        if self.closed:
            raise Misuse(409, "Namespace deleted", f"the namespace {self.name!r} was deleted in the meantime")

    def close(self) -> None:
        with self.turn:
            self.closed = True
            self.store.close()

    def finish(self) -> None:
        """The process ends in peace."""
        with self.turn:
            if self._keeper is not None and not self.closed:
                self._keeper.finish(self)
            self.close()


@dataclass(frozen=True, slots=True)
class _Revived:
    faults: Faults
    limits: Limits
    streams: dict[str, Random]


def known_limits(vendors: Sequence[Vendor]) -> dict[tuple[str, str], Limit]:
    return {(vendor.slug, limit.name): limit for vendor in vendors for limit in vendor.limits}


def revived_stream(told: tuple[Any, ...]) -> Random:
    """Raises `TypeError`, `ValueError` or `OverflowError` for what no stream ever told."""
    stream = Random()
    stream.setstate(told)
    return stream
