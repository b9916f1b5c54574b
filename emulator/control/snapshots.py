"""The snapshots of a namespace: saved, listed, gone back to, carried away and brought in.

A snapshot holds the whole state but for the journal, which is a log. Going back empties it, as a reset does, and counts
on from where the snapshot was taken, so that the same calls get the same request ids again.
"""

from typing import Any

from emulator.control.problems import BadCall, NotFound
from emulator.core.clock import rfc3339
from emulator.core.errors import Misuse
from emulator.core.faults import unknown
from emulator.core.names import RULE, is_name
from emulator.core.snapshots import Snapshot, take
from emulator.core.snapshots.head import VERSION
from emulator.core.world import Bounds, World

MEDIA_TYPE = "application/vnd.martech-emulator.snapshot+gzip"
MOST_FILE = 256 * 1024 * 1024


def told(name: str, snapshot: Snapshot) -> dict[str, Any]:
    """`bytes` is what it takes up in memory."""
    return {
        "name": name,
        "taken_at": rfc3339(snapshot.taken_at),
        "scenario": snapshot.state.seed.name,
        "rows": snapshot.rows,
        "bytes": snapshot.state.image.size,
        "format": VERSION,
        "made_by": snapshot.made_by,
    }


def listed(world: World) -> list[dict[str, Any]]:
    """The oldest first. The caller holds the turn."""
    return [told(name, snapshot) for name, snapshot in world.snapshots.items()]


def save(world: World, name: str, version: str, bounds: Bounds) -> tuple[Snapshot, bool]:
    """The snapshot, and whether there was one of that name, which it replaces. Raises `Misuse`."""
    check_name(name)
    with world.turn:
        check_room(world, name, bounds)
    snapshot = take(world, version)
    return snapshot, keep(world, name, snapshot, bounds)


def keep(world: World, name: str, snapshot: Snapshot, bounds: Bounds) -> bool:
    """Put it among the others: whether it has replaced one. Raises `Misuse` and keeps what there was."""
    with world.changing():
        check_room(world, name, bounds)
        others = [other for key, other in world.snapshots.items() if key != name]
        images = {id(image): image for one in (*others, snapshot) for image in one.images}
        if sum(image.size for image in images.values()) > bounds.snapshot_bytes:
            raise Misuse(
                507,
                "Snapshots too large",
                f"with {name!r} the snapshots of this namespace would take up more than the {bounds.snapshot_bytes} "
                "bytes allowed; delete one with DELETE /_emulator/snapshots/NAME",
            )
        replaced = world.snapshots.pop(name, None) is not None
        world.snapshots[name] = snapshot
        return replaced


def found(world: World, name: str) -> Snapshot:
    check_name(name)
    with world.turn:
        snapshot = world.snapshots.get(name)
        if snapshot is None:
            raise NotFound(unknown(name, world.snapshots, "snapshot"))
        return snapshot


def forget(world: World, name: str) -> None:
    with world.changing():
        found(world, name)
        del world.snapshots[name]


def go_back(world: World, name: str) -> None:
    world.go_back(found(world, name).state)


def check_name(name: str) -> None:
    """Raises `BadCall`."""
    if not is_name(name):
        raise BadCall([f"name: {name!r} cannot be a snapshot: write {RULE}"])


def check_room(world: World, name: str, bounds: Bounds) -> None:
    """Raises `Misuse` where one more would be too many."""
    if name not in world.snapshots and len(world.snapshots) >= bounds.snapshots:
        raise Misuse(
            507,
            "Too many snapshots",
            f"this namespace has {len(world.snapshots)} snapshots, as many as allowed; delete one with "
            "DELETE /_emulator/snapshots/NAME, or replace one by saving under its name",
        )
