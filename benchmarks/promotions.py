"""What Talon.One's rules and codes cost."""

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from benchmarks.load import requests_per_second, shot
from benchmarks.measures import JSON, READY, Result, called
from benchmarks.processes import bare_command, emulator_command, free_port, running
from emulator.app import Emulator
from emulator.core.exchange import Exchange, Manners
from emulator.core.request import Request
from emulator.settings import Options
from emulator.vendors.talonone.talang import Scope, compile

KEY = "5e55" * 16
HEADERS = {"Authorization": f"ApiKey-v1 {KEY}", **JSON}
TOTAL = [".", "Session", "Total"]
ITEMS = [".", "Session", "CartItems"]
CONDITIONS: list[list[Any]] = [
    ["and", ["couponValid"]],
    ["and", ["couponValid"], [">=", TOTAL, 50]],
    ["and", [">=", TOTAL, 100]],
    ["and", ["=", [".", "Event", "Type"], "talon_session_closed"]],
    ["and", ["exists", ITEMS, "item", ["=", [".", "item", "Category"], "shoes"]]],
    ["and", [">", ["sum", ITEMS, "item", [".", "item", "Quantity"]], 10]],
    ["and", ["=", [".", "Profile", "Tier"], "gold"], [">", [".", "Profile", "ClosedSessions"], 1]],
    ["and", ["or", ["=", [".", "Session", "ShippingCity"], "Berlin"], ["=", TOTAL, 0]]],
    ["and", ["between", TOTAL, 10, 100_000]],
    ["and", ["not", ["isEmpty", ITEMS]], [">", [".", "Session", "CartItemTotal"], 1]],
]
SESSION = {
    "profileId": "ana",
    "couponCodes": ["CODE-ONE", "CODE-TWO"],
    "attributes": {"ShippingCity": "Berlin"},
    "cartItems": [
        {
            "name": f"Item {number}",
            "sku": f"sku-{number}",
            "quantity": 1 + number % 3,
            "price": 9.99 + number,
            "category": "shoes" if number % 2 else "hats",
        }
        for number in range(20)
    ],
}
BODY = orjson.dumps({"customerSession": SESSION, "responseContent": ["customerSession"]})
RULE = [
    "and",
    [">=", TOTAL, 50],
    ["=", [".", "Event", "Type"], "talon_session_updated"],
    ["contains", [".", "Profile", "Name"], "n"],
    ["not", ["isEmpty", [".", "Codes"]]],
]
"""Twenty nodes: nine calls and eleven literals."""


def _world(**section: Any) -> dict[str, Any]:
    application = {"id": 7, "name": "Shop", "apiKeys": [{"key": KEY}]}
    return {"name": "promotions", "talonone": {"applications": [application], **section}}


def _campaign(number: int, condition: list[Any]) -> dict[str, Any]:
    effect = ["setDiscount", f"Discount {number}", ["*", TOTAL, 0.01]]
    rules = [{"title": f"Rule {number}", "condition": condition, "effects": [effect]}]
    return {"id": number, "applicationId": 7, "name": f"Campaign {number}", "rulesets": [{"rules": rules}]}


def _ten_campaigns() -> dict[str, Any]:
    campaigns = [_campaign(number, condition) for number, condition in enumerate(CONDITIONS, 1)]
    campaigns[0]["coupons"], campaigns[1]["coupons"] = [{"value": "CODE-ONE"}], [{"value": "CODE-TWO"}]
    attributes = [
        {"entity": "CustomerProfile", "name": "Tier", "type": "string"},
        {"entity": "CustomerSession", "name": "ShippingCity", "type": "string"},
    ]
    profiles = [{"integrationId": "ana", "attributes": {"Tier": "gold"}, "closedSessions": 2}]
    return _world(campaigns=campaigns, attributes=attributes, profiles=profiles)


def session(rounds: int, seconds: float) -> Iterator[Result]:
    """A session of 20 items, 10 campaigns and 2 coupons over 32 connections, ours against the bare application's."""
    ours, theirs = free_port(), free_port()
    path = "/v2/customer_sessions/s-1"
    with running(emulator_command(ours), ours, READY), running(bare_command(theirs), theirs, "/ready"):
        called(ours, "POST", "/_emulator/scenarios", _ten_campaigns())
        mine, other = shot("PUT", f"/talonone{path}", BODY, HEADERS), shot("PUT", path, BODY, HEADERS)
        pairs = [
            (requests_per_second(ours, mine, seconds), requests_per_second(theirs, other, seconds))
            for _ in range(rounds)
        ]
    ratio = statistics.median(a / b for a, b in pairs)
    a, b = (statistics.median(side) for side in zip(*pairs, strict=True))
    name = "Talon.One session of 20 items, 10 campaigns, 2 coupons"
    yield Result(name, ratio, 0.25, True, f"{a:.0f} against {b:.0f} requests/s of bare FastAPI")


def rule(rounds: int, seconds: float) -> Iterator[Result]:
    """A compiled rule of 20 nodes, in microseconds."""
    bindings = {
        "Session": {"Total": 199.8},
        "Event": {"Type": "talon_session_updated"},
        "Profile": {"Name": "Ana"},
        "Codes": ["CODE-ONE"],
    }
    program, now = compile(RULE), datetime(2026, 1, 5, tzinfo=UTC)
    times = []
    for _ in range(10_000):
        started = time.perf_counter_ns()
        program.evaluate(Scope(bindings, now=now))
        times.append((time.perf_counter_ns() - started) / 1_000)
    yield Result("Talang rule of 20 nodes, µs", statistics.median(times), 50, False)


def coupons(rounds: int, seconds: float) -> Iterator[Result]:
    """Making 10,000 codes, and accepting one among a million against one among a hundred, in VM steps of SQLite."""
    emulator = Emulator(Options())
    times = []
    for _ in range(max(3, rounds)):
        started = time.perf_counter()
        emulator.scenarios.plant(_many_codes(10_000))
        times.append(time.perf_counter() - started)
    yield Result("loading a scenario that makes 10,000 codes, s", statistics.median(times), 1, False)
    (few, brief), (many, long) = (_accept(emulator, number) for number in (100, 1_000_000))
    detail = f"{many * 10} against {few * 10}; {long:.0f} against {brief:.0f} µs"
    yield Result("a code among 1,000,000 against 100, VM steps", many / few, 1.2, False, detail)


def _many_codes(number: int) -> dict[str, Any]:
    made = {"numberOfCoupons": number, "couponPattern": "MANY-######"}
    return _world(
        campaigns=[{**_campaign(1, ["and", ["couponValid"]]), "coupons": [{"value": "WANTED-1"}], "newCoupons": [made]}]
    )


def _accept(emulator: Emulator, number: int) -> tuple[int, float]:
    """VM steps in tens, and microseconds, of an update of a session that gets the code accepted."""
    emulator.worlds.seed = emulator.scenarios.plant(_many_codes(number))
    world = emulator.worlds[f"codes-{number}"]
    vendor = next(one for one in emulator.vendors if one.slug == "talonone")
    exchange = Exchange(Manners())
    body = orjson.dumps({"customerSession": {**SESSION, "attributes": {}, "couponCodes": ["WANTED-1"]}})
    headers = [(b"authorization", HEADERS["Authorization"].encode())]
    answers: list[bytes] = []

    def accept() -> None:
        request = Request("PUT", "/v2/customer_sessions/s-1", headers=headers, body=body)
        answers.append(exchange.turn(world, vendor, request)[0].body)

    accept()
    assert orjson.loads(answers[0])["effects"][0]["effectType"] == "acceptCoupon", answers[0][:300]
    steps = world.store.cost(accept)
    times = []
    for _ in range(500):
        started = time.perf_counter_ns()
        accept()
        times.append((time.perf_counter_ns() - started) / 1_000)
    return steps, statistics.median(times)


MEASURES = {"session": session, "rule": rule, "coupons": coupons}
