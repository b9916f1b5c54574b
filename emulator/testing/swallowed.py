"""Refusals that nobody saw. A program that catches every exception lets a test pass although what it tested was never
sent.

A test that expects a refusal catches it itself, with ``pytest.raises``, and does not want to hear of it. The two can
be told apart: an exception's traceback begins with the function that caught it. Where that is in the test's own file or
a conftest, or names what it catches, or raised something else in its place, somebody has looked; so has whoever reads
of a thread that it ended. Where it returned as if nothing had happened, the program has swallowed it.
"""

import dis
import threading
import unittest
from collections.abc import Iterable
from pathlib import Path
from types import CodeType, FrameType

import pytest

import emulator
from emulator.interception.policy import HostRefused

_OURS = Path(emulator.__file__).parent
_TOOLS = (Path(pytest.raises.__code__.co_filename).parent, Path(unittest.__file__).parent, _OURS)
_THREADS = Path(threading.__file__)
_EXPECTING = frozenset(("raises", "assertRaises", "assertRaisesRegex", HostRefused.__name__))


def swallowed(refusals: Iterable[HostRefused], file: Path) -> list[str]:
    """What was refused while the test in `file` did not look, a sentence each."""
    found = []
    for refusal in refusals:
        if refusal.__traceback__ is None or not _returned(refusal.__traceback__.tb_frame):
            continue
        catcher = refusal.__traceback__.tb_frame.f_code
        if not _looks(catcher, file):
            place = f"{Path(catcher.co_filename).name}:{catcher.co_firstlineno}"
            found.append(f"{catcher.co_qualname} ({place}) has swallowed a refusal: {refusal}")
    return list(dict.fromkeys(found))


def _returned(frame: FrameType) -> bool:
    """Whether that was the last that a function did."""
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] in ("RETURN_VALUE", "RETURN_CONST")


def _looks(catcher: CodeType, file: Path) -> bool:
    written = Path(catcher.co_filename)
    return (
        written in (file, _THREADS)
        or written.name == "conftest.py"
        or not _EXPECTING.isdisjoint(catcher.co_names)
        or any(tool in written.parents for tool in _TOOLS)
    )
