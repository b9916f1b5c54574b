"""SECURITY.md's table of bounds, each figure as the code has it."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from emulator import protocol
from emulator.control import faults as control_faults
from emulator.control import scenario, scenario_text, schemas, snapshots
from emulator.core import faults, journal, limits, patterns, world, worlds
from emulator.core.snapshots import envelope
from emulator.settings import Options
from emulator.vendors import VENDORS
from emulator.vendors.talonone.talang import evaluation, program
from emulator.vendors.talonone.talang.functions import strings

TEXT = (Path(__file__).parent.parent / "SECURITY.md").read_text(encoding="utf-8")
_BOUNDS = world.Bounds()
_OPTIONS = Options()
IN_THE_CODE: Mapping[str, float] = {
    "headers of a call": protocol.MOST_HEADERS,
    "names and values of a call's headers": protocol.MOST_HEADER_BYTES,
    "path and query": 2**16 - 1,
    "connections at once": protocol.MOST_CONNECTIONS,
    "wait for a head, or for more of a body": protocol.PATIENCE,
    **{f"body to {vendor.title}": vendor.largest_body for vendor in VENDORS},
    "scenario or journal sent to the control plane": schemas.MOST_BODY,
    "snapshot sent to the control plane": snapshots.MOST_FILE,
    "what a snapshot unpacks to": envelope.MOST_PLAIN,
    "any other body of a control call": schemas.MOST_ORDER,
    "namespaces": _OPTIONS.max_namespaces,
    "journal of a namespace, calls": _OPTIONS.journal,
    "journal of a namespace, size": _BOUNDS.journal_bytes,
    "body kept in the journal": journal.MOST_BODY_BYTES,
    "snapshots of a namespace": _BOUNDS.snapshots,
    "snapshots of a namespace, size": _BOUNDS.snapshot_bytes,
    "scenarios given to a namespace": scenario.MOST_LOADED,
    "scenarios given to a namespace, size": scenario.MOST_LOADED_BYTES,
    "keys and values of a YAML scenario": scenario_text.MOST_YAML_VALUES,
    "values of a scenario, aliases followed": scenario_text.MOST_VALUES,
    "nesting of a scenario": scenario_text.MOST_DEPTH,
    "standing faults of a namespace": faults.MOST_STANDING,
    "text of a fault": faults.LONGEST_TEXT,
    "headers that a fault looks for": control_faults.MOST_HEADERS,
    "delay that a fault may ask for": faults.LONGEST_MS,
    "callers counted by a namespace's limits": limits.MOST_WINDOWS,
    "calls kept that nobody could read": worlds.MOST_MISDIRECTED,
    "regular expression": patterns.LONGEST,
    "text that a regular expression is looked for in": patterns.MOST_SEARCHED,
    "steps of one rule expression": evaluation.STEPS,
    "steps of all rules in one call": evaluation.STEPS_OF_A_CALL,
    "nesting of a rule expression": evaluation.DEEPEST,
    "calls in a rule expression": program.MOST_CALLS,
    "values in a rule expression": program.MOST_VALUES,
    "text that a rule builds": strings.LONGEST_TEXT,
}
_ROW = re.compile(r"^\| (?P<what>[^|]+) \| (?P<most>\d+)(?: [a-z]+)? \| [^|]+ \| [^|]*\|$", re.MULTILINE)
TOLD = {row["what"]: int(row["most"]) for row in _ROW.finditer(TEXT)}


def test_the_table_tells_every_bound_and_no_other() -> None:
    assert list(TOLD) == list(IN_THE_CODE)


@pytest.mark.parametrize("what", IN_THE_CODE)
def test_the_table_tells_the_figure_that_the_code_has(what: str) -> None:
    assert TOLD.get(what) == IN_THE_CODE[what]


def test_nobody_is_sent_to_an_address_that_was_made_up() -> None:
    assert "@" not in TEXT
    assert "private advisory on the project's repository" in TEXT
