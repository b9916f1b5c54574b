"""What a type checker knows of a test with annotations: nothing is left open, and mistakes are found."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import emulator

RIGHT = """
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from emulator.testing import (
    Algonomy,
    Attachment,
    Call,
    Clock,
    Emulator,
    EmulatorServer,
    Explanation,
    PrimeData,
    StandingDrill,
    StandingFault,
    TalonOne,
    TreasureData,
)


def frozen(emulator: Emulator) -> Iterator[Clock]:
    emulator.clock.freeze(datetime(2026, 11, 27, tzinfo=UTC))
    yield emulator.clock


@pytest.mark.emulator(scenario="demo", clock="2026-01-05T09:00:00Z", fail_on="assumed", network="none")
def test_world(emulator: Emulator, frozen: Clock) -> None:
    now: datetime = emulator.clock.advance(timedelta(hours=8), minutes=-1.5)
    assert now - frozen.now == timedelta()
    assert emulator.clock.mode.upper() == "FROZEN"
    emulator.clock.shift("2026-01-05").isoformat()
    emulator.clock.real().isoformat()
    emulator.reset("talonone", scenario="edges")
    emulator.load("edges")
    emulator.load(Path("world.yaml"))
    emulator.load(b"name: world")
    emulator.settings("primedata", time_format="iso").keys()


def test_faults_and_calls(emulator: Emulator) -> None:
    fault: StandingFault = emulator.fail("talonone", "updateCustomerSessionV2", "drop", times=2)
    assert fault.fired + 1 == 1
    assert fault.requests[0].upper()
    drill: StandingDrill = emulator.drill("retry-storm", vendor="primedata")
    drill.remove()
    with emulator.fail("primedata", "trackEvents") as until:
        until.remove()
    calls: list[Call] = emulator.requests("algonomy")
    assert calls[0].status + 1 == 201
    assert calls[0].at < datetime.now(UTC)
    assert calls[0].answer_headers["content-type"].lower()
    explained: Explanation = emulator.assert_called("algonomy", "optOut", user_id="u-1", times=1)[0].explain()
    assert [check.name.strip() for check in explained.checks if check.passed]
    emulator.assert_not_called("algonomy")


async def test_vendors(
    talonone: TalonOne, primedata: PrimeData, algonomy: Algonomy, treasuredata: TreasureData
) -> None:
    client: httpx.Client = talonone.client
    assert client.get("/v2/customer_sessions/s-1").status_code == 200
    assert (await primedata.async_client.get("/")).is_error
    for view in (talonone, primedata, algonomy, treasuredata):
        assert view.base_url.startswith("http")
        assert view.production_url.startswith("https")
        assert view.credentials[0]["header"].strip()
        assert view.fail(times=1).fired == 0
    assert "u-1" in algonomy.opted_out()
    algonomy.opt_out("u-1", enable=False)
    assert algonomy.token().strip()
    assert talonone.api_key.strip()
    assert talonone.loyalty_points("ana@example.com") > 1.0
    assert talonone.redeemed("SUMMER10") == 1
    assert primedata.profile(email="x@example.com").last_updated < datetime.now(UTC)
    assert primedata.profile(email="x@example.com").identity["email"][0].strip()
    assert list(treasuredata.send("database/table", x=1))


def test_clients(emulator: Emulator, emulator_server: EmulatorServer) -> None:
    assert emulator_server.url.startswith("http")
    assert emulator_server.port + 1
    assert emulator_server.environment()["TALONONE_BASE_URL"].strip()
    own = httpx.Client(transport=emulator.transport())
    with emulator.attach(own) as attached:
        assert attached.get("/").is_success
    attachment: Attachment[httpx.Client] = emulator.attach(own)
    attachment.detach()
"""

WRONG = {
    "emulator.clock.advance(ours=8)": 'Unexpected keyword argument "ours" for "advance" of "Clock"*',
    "emulator.clock.advance(8)": 'Argument 1 to "advance" of "Clock" has incompatible type "int"; expected*',
    "emulator.clock.freeze(5)": 'Argument 1 to "freeze" of "Clock" has incompatible type "int"; expected*',
    "emulator.rest()": '"Emulator" has no attribute "rest"; maybe "reset"?',
    "emulator.load(5)": 'Argument 1 to "load" of "Emulator" has incompatible type "int"; expected*',
    "emulator.talonone.sesion('s-1')": '"TalonOne" has no attribute "sesion"; maybe "session"?',
    "emulator.primedata.client.get(5)": 'Argument 1 to "get" of "Client" has incompatible type "int"; expected*',
    "emulator.requests('algonomy').status": '"list[Call]" has no attribute "status"',
    "emulator.assert_called('algonomy', times='1')": 'Argument "times" to "assert_called" of * incompatible type "str"',
    "number: int = emulator.talonone.base_url": "Incompatible types in assignment (expression has type *",
}


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[int, str]]]:
    """Of each file the lines and the errors that mypy finds there."""
    directory = tmp_path_factory.mktemp("typed")
    (directory / "right.py").write_text(RIGHT)
    lines = ["from emulator.testing import Emulator", "def test_it(emulator: Emulator) -> None:"]
    (directory / "wrong.py").write_text("\n".join([*lines, *(f"    {line}" for line in WRONG), ""]))
    strict = ["--strict", "--disallow-any-expr", "--config-file=", "--cache-dir=cache", "--follow-imports=silent"]
    told = subprocess.run(
        [sys.executable, "-P", "-m", "mypy", *strict, "--hide-error-codes", "right.py", "wrong.py"],
        check=False,  # it has found something
        cwd=directory,
        env={**os.environ, "MYPYPATH": str(Path(emulator.__file__).parent.parent)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    found: dict[str, list[tuple[int, str]]] = {"right.py": [], "wrong.py": []}
    for name, line, text in re.findall(r"^(\w+\.py):(\d+): error: (.*)$", told.stdout, re.MULTILINE):
        found[name].append((int(line), text))
    assert told.returncode == 1, told.stdout + told.stderr
    return found


@pytest.mark.timeout(300)
def test_an_annotated_test_is_right_and_nothing_in_it_is_of_any_type(checked) -> None:
    assert checked["right.py"] == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("line", "said"), list(enumerate(WRONG.items(), start=3)))
def test_a_mistake_is_found(checked, line: int, said: tuple[str, str]) -> None:
    beginning, _, end = said[1].partition("*")
    texts = [text for number, text in checked["wrong.py"] if number == line]
    assert any(text.startswith(beginning) and end in text for text in texts), texts
