"""Each measure gives a name, what it came to, and the bound that the design set for it."""

import statistics
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from benchmarks import real_time
from benchmarks.load import Shot, requests_per_second, shot
from benchmarks.processes import (
    bare_command,
    emulator_command,
    free_port,
    running,
)
from emulator.app import Emulator
from emulator.core.exchange import Exchange, Manners
from emulator.core.request import Request
from emulator.settings import Options

READY = "/_emulator/ready"
JSON = {"Content-Type": "application/json"}
PRIME = {"x-api-key": "aGdqZ2tqaGtqZzoxMjM0NTY3", **JSON}
TALON = {
    "Authorization": "ApiKey-v1 d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4",
    **JSON,
}
LOOK_UP = b'{"identities":{"email":["ana@example.com"]}}'
SESSION = (
    b'{"customerSession":{"profileId":"ana@example.com","couponCodes":["SUMMER10"],'
    b'"cartItems":[{"name":"Trail Shoe","sku":"shoe-1","quantity":1,"price":100}]},'
    b'"responseContent":["customerSession"]}'
)


@dataclass(frozen=True)
class Result:
    """`bound` is the design's floor or ceiling for `value`; `at_least` tells which of the two."""

    name: str
    value: float
    bound: float
    at_least: bool
    detail: str = ""

    @property
    def kept(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def throughput(rounds: int, seconds: float) -> Iterator[Result]:
    """Requests per second over 32 connections, ours against the bare application's, in turns."""
    ours, theirs = free_port(), free_port()
    options = ("--set", "primedata.requests_per_second=0")
    with (
        running(emulator_command(ours, *options), ours, READY),
        running(bare_command(theirs), theirs, "/ready"),
    ):
        for name, floor, mine, other in _pairs(ours):
            pairs = [
                (requests_per_second(ours, mine, seconds), requests_per_second(theirs, other, seconds))
                for _ in range(rounds)
            ]
            ratio = statistics.median(a / b for a, b in pairs)
            a, b = (statistics.median(side) for side in zip(*pairs, strict=True))
            yield Result(f"{name}, requests/s against bare FastAPI", ratio, floor, True, f"{a:.0f} against {b:.0f}")


def _pairs(port: int) -> Iterator[tuple[str, float, Shot, Shot]]:
    path = "/pub/profiles/advanced-search"
    yield (
        "PrimeData profile look-up", 0.9,
        shot("POST", f"/primedata{path}", LOOK_UP, PRIME), shot("POST", path, LOOK_UP, PRIME),
    )  # fmt: skip
    yield "Algonomy opt-out PUT", 0.9, opt_out(port, "/algonomy/qa"), opt_out(port, "")
    path = "/v2/customer_sessions/s-1"
    yield (
        "Talon.One session PUT", 0.4,
        shot("PUT", f"/talonone{path}", SESSION, TALON), shot("PUT", path, SESSION, TALON),
    )  # fmt: skip
    called(port, "POST", "/ns/real-time/_emulator/scenarios", real_time.scenario())
    path, json = "/shop_db/views", {**real_time.HEADERS, **JSON}
    yield (
        "Treasure Data event in, offers out, 20 attributes and 10 sections", 0.4,
        shot("POST", f"/ns/real-time/treasuredata{path}", real_time.EVENT, real_time.HEADERS),
        shot("POST", path, real_time.EVENT, json),
    )  # fmt: skip


def opt_out(port: int, mount: str) -> Shot:
    """With a token that the emulator on that port has issued, and no limit there from then on."""
    base = "/profile-command/v1"
    credentials = "grant_type=client_credentials&client_id=5934de97c95e1ced&client_secret=2l9dr0jkink11ad49hg93it52d"
    token = called(port, "POST", f"/algonomy/qa{base}/oauth2/token?{credentials}")["access_token"]
    called(port, "PATCH", "/_emulator/limits", {"vendor": "algonomy", "name": _limit_name(port), "enabled": False})
    headers = {"Authorization": f"Bearer {token}", **JSON}
    body = b'{"type":"optOut","enableOptOut":true}'
    return shot("PUT", f"{mount}{base}/4faeaf752ee40a0f/optOut/u-1001", body, headers)


def _limit_name(port: int) -> str:
    vendors = called(port, "GET", "/_emulator/vendors")
    vendor = next(one for one in vendors["vendors"] if one["slug"] == "algonomy")
    return str(vendor["limits"][0]["name"])


def called(port: int, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else orjson.dumps(body)
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return orjson.loads(answer.read() or b"null")


def reset(rounds: int, seconds: float) -> Iterator[Result]:
    """Reset of the demo world, in process, in milliseconds."""
    emulator = Emulator(Options())
    emulator.prepare()
    world = emulator.worlds["default"]
    times = []
    for _ in range(200):
        started = time.perf_counter()
        world.reset()
        times.append((time.perf_counter() - started) * 1_000)
    yield Result("reset of the demo world, ms", statistics.median(times), 1.5, False, f"worst {max(times):.2f}")


def paging(rounds: int, seconds: float) -> Iterator[Result]:
    """Last page against first page of a profile with a million events, in SQLite virtual-machine steps."""
    emulator = Emulator(Options())
    profile = "2YhQlO5kmTIRCu22QrO9BmgwbIy"
    series = {
        "profile_id": profile, "count": 1_000_000, "start": "2010-01-01T00:00:00Z", "every": "1m",
        "event_names": ["ProductViewed"], "id": "m.{i:07}", "properties": {"sequence": "{i}"},
    }  # fmt: skip
    section = {
        "api_keys": [PRIME["x-api-key"]],
        "identity_config": [{"name": "email", "priority": 1}],
        "event_catalogue": [{"name": "ProductViewed"}],
        "profiles": [{"profile_id": profile, "identity": {"email": ["ana@example.com"]}}],
        "event_series": [series],
    }
    emulator.worlds.seed = emulator.scenarios.plant({"name": "million", "primedata": section})
    world = emulator.worlds["default"]
    vendor = next(one for one in emulator.vendors if one.slug == "primedata")
    exchange = Exchange(Manners())

    def page(order: str, start: str) -> int:
        body = {"profile_id": profile, "sort": order, "limit": 100, "start": start}
        headers = [(b"x-api-key", PRIME["x-api-key"].encode())]
        request = Request("POST", "/pub/events/advanced-search", headers=headers, body=orjson.dumps(body))
        answers: list[bytes] = []
        cost = world.store.cost(lambda: answers.append(exchange.turn(world, vendor, request)[0].body))
        assert len(orjson.loads(answers[0])["data"]) == 100, answers[0][:300]
        return cost

    first, last = page("asc", "2009-01-01"), page("asc", "2011-11-26")
    yield Result("last page of 1,000,000 events against the first, VM steps", last / first, 1.2, False,
                 f"{last * 10} against {first * 10}")  # fmt: skip


def crowded(rounds: int, seconds: float) -> Iterator[Result]:
    """An event among the stored events of other profiles, in process, in turns: microseconds a call."""
    emulator = Emulator(Options())
    vendor = next(one for one in emulator.vendors if one.slug == "treasuredata")
    emulator.worlds.seed = emulator.scenarios.plant(real_time.scenario())
    exchange = Exchange(Manners())
    headers = [(name.lower().encode(), value.encode()) for name, value in real_time.HEADERS.items()]
    request = Request("POST", "/shop_db/views", headers=headers, body=real_time.EVENT)
    times: dict[int, list[float]] = {1: [], 100_000: [], 1_000_000: []}
    for count in times:
        real_time.crowd(emulator.worlds[f"w{count}"].work(vendor), count)
    for _ in range(rounds * 40):
        for count, found in times.items():
            world = emulator.worlds[f"w{count}"]
            started = time.perf_counter()
            for _ in range(25):
                answer, _damage = exchange.turn(world, vendor, request)
            found.append((time.perf_counter() - started) * 1e6 / 25)
            assert answer.status == 200, answer.body
    one, *more = (statistics.median(found) for found in times.values())
    for count, cost in zip([100_000, 1_000_000], more, strict=True):
        name = f"Treasure Data event among {count:,} stored events against among 1"
        yield Result(name, cost / one, 1.2, False, f"{cost:.0f} µs against {one:.0f} µs")


MEASURES = {
    "throughput": throughput,
    "reset": reset,
    "paging": paging,
    "crowded": crowded,
}
