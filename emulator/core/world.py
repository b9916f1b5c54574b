"""Worlds: each namespace has rows, clock, faults, limits, journal, settings and randomness of its own."""

import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from emulator.core.clock import Clock, ClockState
from emulator.core.errors import Misuse
from emulator.core.faults import Faults
from emulator.core.journal import Journal
from emulator.core.limits import Limits
from emulator.core.request import NO_REQUEST, Request
from emulator.core.store import Image, Store
from emulator.core.vendor import Vendor
from emulator.core.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A scenario, planted once: what every world that starts from it begins with.

    `entropy` is the text that generated ids and tokens derive from; without one every reset draws a new one.
    """

    name: str
    description: str = ""
    clock: ClockState
    entropy: str | None
    settings: Mapping[str, Any]  # per vendor slug, an instance of the vendor's settings model
    image: Image


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one process may hold."""

    namespaces: int = 256
    journal_entries: int = 1_000
    journal_bytes: int = 16 * 1024 * 1024


class World:
    """One namespace. Whoever reads or changes it holds `turn`; the exchange does so for every call."""

    def __init__(self, name: str, vendors: Sequence[Vendor], seed: Seed, bounds: Bounds) -> None:
        self.name = name
        self.vendors = vendors
        self.seed = seed
        self.turn = threading.RLock()
        self.clock = Clock(seed.clock)
        self.faults = Faults()
        self.limits = Limits()
        self.journal = Journal(bounds.journal_entries, bounds.journal_bytes)
        self.scenarios: dict[str, Seed] = {}
        self.settings: dict[str, Any] = dict(seed.settings)
        self.store = Store([vendor.metadata for vendor in vendors], seed.image)
        self._streams: dict[str, Random] = {}
        self._entropy = seed.entropy or secrets.token_hex(16)

    def work(self, vendor: Vendor, request: Request = NO_REQUEST) -> Work:
        return Work(self.store, self.clock.now(), self.stream(vendor.slug), self.settings[vendor.slug], request)

    def stream(self, name: str) -> Random:
        """The random stream of a vendor, or of a mechanism: streams do not disturb each other."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = Random(f"{self._entropy}/{name}")
        return stream

    def reset(self, seed: Seed | None = None) -> None:
        """Back to the scenario: rows, clock, settings, faults, limits, journal, ids."""
        with self.turn:
            chosen = seed or self.seed
            self.store.restore(chosen.image)
            self.seed = chosen
            self.clock.state = chosen.clock
            self.settings = dict(chosen.settings)
            self.faults.clear()
            self.limits.clear()
            self.journal.restart()
            self._streams.clear()
            self._entropy = chosen.entropy or secrets.token_hex(16)

    def reset_vendor(self, vendor: Vendor, seed: Seed | None = None) -> None:
        """One vendor's rows, settings, faults, limits and ids; clock, journal and the other vendors stay."""
        with self.turn:
            chosen = seed or self.seed
            self.store.restore_tables(chosen.image, vendor.tables)
            self.settings[vendor.slug] = chosen.settings[vendor.slug]
            self.faults.clear(vendor.slug)
            self.limits.clear(vendor.slug)
            self._streams.pop(vendor.slug, None)

    def close(self) -> None:
        with self.turn:
            self.store.close()


class Worlds:
    """All namespaces of a process. One comes into being, seeded, the first time it is named."""

    def __init__(self, vendors: Sequence[Vendor], bounds: Bounds) -> None:
        self.vendors = vendors
        self.bounds = bounds
        self.seed: Seed | None = None
        self._worlds: dict[str, World] = {}
        self._lock = threading.Lock()

    @property
    def ready(self) -> bool:
        return self.seed is not None

    def __getitem__(self, name: str) -> World:
        """Raises `Misuse`: 503 before seeding is done, 507 where there are as many namespaces as allowed."""
        world = self._worlds.get(name)
        return world if world is not None else self._create(name)

    def _create(self, name: str) -> World:
        with self._lock:
            if name in self._worlds:
                return self._worlds[name]
            if self.seed is None:
                raise Misuse(
                    503, "Not ready", "the scenario is still being loaded; GET /_emulator/ready says when it is"
                )
            if len(self._worlds) >= self.bounds.namespaces:
                raise Misuse(
                    507,
                    "Too many namespaces",
                    f"there are {len(self._worlds)} namespaces, as many as allowed; delete one with "
                    "DELETE /_emulator/namespaces/NAME or start with a larger --max-namespaces",
                )
            world = self._worlds[name] = World(name, self.vendors, self.seed, self.bounds)
            return world

    def names(self) -> list[str]:
        return sorted(self._worlds)

    def drop(self, name: str) -> bool:
        with self._lock:
            world = self._worlds.pop(name, None)
        if world is None:
            return False
        world.close()
        return True
