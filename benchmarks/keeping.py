"""What it costs to keep worlds in a directory: the same calls to two servers, only one of which has `--data-dir`."""

import statistics
import tempfile
from collections.abc import Iterator

import orjson

from benchmarks import real_time
from benchmarks.load import Shot, requests_per_second, shot
from benchmarks.measures import JSON, LOOK_UP, PRIME, READY, SESSION, TALON, Result, called, opt_out
from benchmarks.processes import emulator_command, free_port, running

_TURNS = 4
_UNLIMITED = ("--set", "primedata.requests_per_second=0")
_SOURCE = "JS-2Q5OFBvKq7zXgL1YhM0cNsTdWpR"
_TRACKING = {"X-Client-Id": _SOURCE, "X-Client-Access-Token": "2Q5OFDPr3Yw6uEo9JtVxAbZkGm4", **JSON}
_NOTHING = {"itemId": "_", "itemType": "_", "scope": "_"}
_IDENTIFIED = orjson.dumps(
    {
        "sessionId": "visit-1",
        "events": [
            {
                "eventType": "identify", "scope": _SOURCE, "timeStamp": "2026-01-05T08:00:00Z", "source": _NOTHING,
                "target": {**_NOTHING, "itemType": "analyticsUser", "properties": {"email": "linh@example.com"}},
            }
        ],
    }
)  # fmt: skip
_RECORDS = b'{"events":[{"td_client_id":"c-1","td_path":"/"}]}'


def kept(rounds: int, seconds: float) -> Iterator[Result]:
    """Requests per second over 32 connections with a data directory against those in memory, in short turns, so that
    what else the machine does hits both alike."""
    turn, there, absent = seconds / _TURNS, free_port(), free_port()
    with (
        tempfile.TemporaryDirectory() as directory,
        running(emulator_command(there, *_UNLIMITED, "--data-dir", directory), there, READY),
        running(emulator_command(absent, *_UNLIMITED), absent, READY),
    ):
        for (name, one), (_, other) in zip(_calls(there), _calls(absent), strict=True):
            pairs = [
                (requests_per_second(there, one, turn), requests_per_second(absent, other, turn))
                for _ in range(rounds * _TURNS)
            ]
            ratio = statistics.median(a / b for a, b in pairs)
            a, b = (statistics.median(side) for side in zip(*pairs, strict=True))
            yield Result(f"{name}, requests/s kept against in memory", ratio, 0.6, True, f"{a:.0f} against {b:.0f}")


def _calls(port: int) -> Iterator[tuple[str, Shot]]:
    """Of each vendor one that writes, and one that only reads where there is any."""
    called(port, "POST", "/ns/real-time/_emulator/scenarios", real_time.scenario())
    records = {
        "Authorization": real_time.HEADERS["Authorization"],
        "Content-Type": "application/vnd.treasuredata.v1+json",
    }
    base = "/ns/real-time/treasuredata"
    yield "Treasure Data event, offers out", shot("POST", f"{base}/shop_db/views", real_time.EVENT, real_time.HEADERS)
    yield "Treasure Data record", shot("POST", f"{base}/records/shop_db/views", _RECORDS, records)
    yield "PrimeData look-up", shot("POST", "/primedata/pub/profiles/advanced-search", LOOK_UP, PRIME)
    yield "PrimeData tracked event", shot("POST", "/primedata/powehi/smile", _IDENTIFIED, _TRACKING)
    yield "Algonomy opt-out", opt_out(port, "/algonomy/qa")
    path = "/talonone/v2/customer_sessions/s-1"
    yield "Talon.One session PUT", shot("PUT", path, SESSION, TALON)
    yield "Talon.One session GET", shot("GET", path, b"", TALON)


MEASURES = {"kept": kept}
