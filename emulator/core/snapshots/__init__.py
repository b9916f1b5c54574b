"""Snapshots: the whole state of a world at one moment, kept in memory or in a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emulator.core.clock import Micros
from emulator.core.store import Image
from emulator.core.vendor import Vendor
from emulator.core.world import Seed, State, World


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`taken_at` is the world's own time, `made_by` the version of the product that took it, `rows` counts them per
    vendor."""

    state: State
    taken_at: Micros
    made_by: str
    rows: Mapping[str, int]

    @property
    def seeds(self) -> Sequence[Seed]:
        """Every scenario that belongs to the state, the one that a reset goes back to first."""
        seeds = {id(seed): seed for seed in (self.state.seed, *self.state.scenarios.values())}
        return list(seeds.values())

    @property
    def images(self) -> Sequence[Image]:
        """The state's own first."""
        images = {id(image): image for image in (self.state.image, *(seed.image for seed in self.seeds))}
        return list(images.values())


def take(world: World, made_by: str) -> Snapshot:
    with world.turn:
        state, now = world.state(), world.clock.now()
    return Snapshot(state, now, made_by, counted(state.image, world.vendors))


def counted(image: Image, vendors: Sequence[Vendor]) -> dict[str, int]:
    return {vendor.slug: sum(image.count(table) for table in vendor.tables) for vendor in vendors}
