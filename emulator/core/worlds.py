"""All namespaces of a process."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emulator.core.clock import Micros
from emulator.core.errors import Level, Misuse
from emulator.core.vendor import Vendor
from emulator.core.world import Bounds, Seed, World

if TYPE_CHECKING:
    from emulator.core.keeping.vault import SetAside, Vault

MOST_MISDIRECTED = 20


class Worlds:
    """One namespace comes into being, seeded, the first time it is named.

    `misdirected` are the last calls that could not be read at all, when they came and what was wrong.
    """

    def __init__(self, vendors: Sequence[Vendor], bounds: Bounds, unwanted: Level | None = None) -> None:
        self.vendors = vendors
        self.bounds = bounds
        self.unwanted = unwanted
        self.misdirected: deque[tuple[Micros, str]] = deque(maxlen=MOST_MISDIRECTED)
        self.seed: Seed | None = None
        self.vault: Vault | None = None
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
            world = World(name, self.vendors, self.seed, self.bounds, self.unwanted)
            if self.vault is not None:
                self.vault.move_in(world)
            self._worlds[name] = world
            return world

    @property
    def set_aside(self) -> Sequence["SetAside"]:
        """Files of worlds that could not be brought back."""
        return () if self.vault is None else self.vault.set_aside

    def begin(self, seed: Seed, vault: "Vault | None" = None) -> None:
        """Let there be worlds, first those that the vault keeps. Raises `KeepingError`."""
        if vault is not None:
            self._recall(seed, vault)
        self.vault, self.seed = vault, seed

    def _recall(self, seed: Seed, vault: "Vault") -> None:
        try:
            for name in vault.names():
                world = World(name, self.vendors, seed, self.bounds, self.unwanted)
                if vault.recall(world, seed):
                    self._worlds[name] = world
        except BaseException:
            self.finish()
            vault.close()
            raise

    def get(self, name: str) -> World | None:
        """`None` where there is none of that name yet."""
        return self._worlds.get(name)

    def names(self) -> list[str]:
        return sorted(self._worlds)

    def finish(self) -> None:
        """The process ends in peace, or at least nothing is answered from here until a new beginning."""
        with self._lock:
            for world in self._worlds.values():
                world.finish()
            self._worlds.clear()
            self.seed = None
            if self.vault is not None:
                self.vault.close()
                self.vault = None

    def drop(self, name: str) -> bool:
        """Whether there was one of that name. Raises `Misuse` (507) where it cannot be deleted."""
        with self._lock:
            world = self._worlds.get(name)
            if world is None:
                return False
            with world.turn:
                if self.vault is not None:
                    self.vault.drop(name)
                del self._worlds[name]
                world.close()
        return True
