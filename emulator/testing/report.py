"""What a failing test tells of its calls."""

from emulator.testing.emulator import Emulator


def told(emulator: Emulator) -> str:
    """The journal as a table, and why each refused call was refused; empty where there is nothing to tell."""
    return ""
