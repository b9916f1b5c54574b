"""A client that writes as fast as it can, and knows from its answers alone what must be there afterwards."""

import http.client
import itertools
import re
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

import orjson

from benchmarks.measures import JSON, TALON

_TREASURE = {
    "Authorization": "TD1 1/abcdef0123456789012345678901230123456789",
    "Content-Type": "application/vnd.treasuredata.v1+json",
}
_SOURCE = "JS-2Q5OFBvKq7zXgL1YhM0cNsTdWpR"
_PRIME = {"X-Client-Id": _SOURCE, "X-Client-Access-Token": "2Q5OFDPr3Yw6uEo9JtVxAbZkGm4", **JSON}
_NOTHING = {"itemId": "_", "itemType": "_", "scope": "_"}
_ALGONOMY = "/algonomy/qa/profile-command/v1"
_CLIENT = "grant_type=client_credentials&client_id=5934de97c95e1ced&client_secret=2l9dr0jkink11ad49hg93it52d"
_MARK = re.compile(rb"(?:record|event|tracked|opted|session)-\d+")
_FAULT = re.compile(rb"fault-\d+")
_MOST_SAVED = 4


@dataclass(slots=True)
class State:
    """Of a namespace: the marks of what was written there, its standing faults, and the moment its clock stands at."""

    marks: set[str] = field(default_factory=set)
    faults: set[str] = field(default_factory=set)
    clock: str | None = None


@dataclass(slots=True)
class Known:
    state: State = field(default_factory=State)
    snapshots: dict[str, State] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """`torn` are writes of which less is there than of others of their kind."""

    state: State
    snapshots: set[str]
    torn: list[str]

    def shows(self, known: Known) -> bool:
        return self.state == known.state and self.snapshots == known.snapshots.keys()


@dataclass(frozen=True, slots=True)
class Write:
    """`change` is what an answer of that status promises."""

    method: str
    path: str
    change: Callable[[Known], None]
    body: Any = None
    headers: dict[str, str] = field(default_factory=lambda: JSON)
    status: int = 200


class WrongAnswer(Exception):
    """The message is for whoever runs the measure."""


class Writer:
    """The only client of its namespace. What is `pending` was sent and never answered: it has happened, or not."""

    def __init__(self, namespace: str, chance: Random) -> None:
        self.namespace = namespace
        self.known = Known()
        self.pending: Write | None = None
        self.acknowledged = 0
        self._chance = chance
        self._numbers = itertools.count(1)
        self._token = ""

    def write(self, port: int, arranging: float) -> None:
        """One write after the other until the server is gone; `arranging` is the share of control calls."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._token = ""
        try:
            while True:
                arranged = self._chance.random() < arranging
                self._make(connection, self._arrangement() if arranged else self._call(connection))
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def _make(self, connection: http.client.HTTPConnection, write: Write) -> None:
        self.pending = write
        status, answer = self._answer(connection, write.method, write.path, write.body, write.headers)
        if status == 401 and write.headers.get("Authorization", "").startswith("Bearer"):
            self._token = ""  # it has ended, by a clock that was moved, or gone with what a reset took away
        elif status != write.status:
            raise WrongAnswer(f"{write.method} {write.path} answered {status}: {answer[:300]!r}")
        else:
            write.change(self.known)
            self.acknowledged += 1
        self.pending = None

    def _answer(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        content = None if body is None else orjson.dumps(body)
        connection.request(method, f"/ns/{self.namespace}{path}", content, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    # What it writes

    def _call(self, connection: http.client.HTTPConnection) -> Write:
        kind = self._chance.choice((self._records, self._event, self._tracked, self._session, None))
        return kind() if kind is not None else self._opted(connection)

    def _records(self) -> Write:
        marks = [self._mark("record") for _ in range(3)]
        events = [{"td_client_id": mark, "td_path": "/"} for mark in marks]
        path = "/treasuredata/records/personalization__database/pageviews"
        return Write("POST", path, partial(_marked, marks), {"events": events}, _TREASURE)

    def _event(self) -> Write:
        mark = self._mark("event")
        path = "/treasuredata/personalization__database/preferences_table"
        headers = {**_TREASURE, "WP13n-Token": "1/8/12345789abcdef012345678901234567"}
        return Write("POST", path, partial(_marked, [mark]), {"td_client_id": mark, "event_name": "view"}, headers)

    def _tracked(self) -> Write:
        mark = self._mark("tracked")
        target = {**_NOTHING, "itemType": "analyticsUser", "properties": {"email": f"{mark}@example.com"}}
        event = {
            "eventType": "identify", "scope": _SOURCE, "timeStamp": "2026-01-05T08:00:00Z", "source": _NOTHING,
            "target": target,
        }  # fmt: skip
        body = {"sessionId": mark.replace("-", "_"), "events": [event]}
        return Write("POST", "/primedata/powehi/smile", partial(_marked, [mark]), body, _PRIME)

    def _session(self) -> Write:
        mark = self._mark("session")
        cart = [{"name": "Trail Shoe", "sku": "shoe-1", "quantity": 1, "price": 100}]
        body = {"customerSession": {"profileId": "ana@example.com", "cartItems": cart}}
        return Write("PUT", f"/talonone/v2/customer_sessions/{mark}", partial(_marked, [mark]), body, TALON)

    def _opted(self, connection: http.client.HTTPConnection) -> Write:
        if not self._token:
            _, answer = self._answer(connection, "POST", f"{_ALGONOMY}/oauth2/token?{_CLIENT}", None, {})
            self._token = orjson.loads(answer)["access_token"]
        mark = self._mark("opted")
        body = {"type": "optOut", "enableOptOut": True}
        headers = {"Authorization": f"Bearer {self._token}", **JSON}
        return Write("PUT", f"{_ALGONOMY}/4faeaf752ee40a0f/optOut/{mark}", partial(_marked, [mark]), body, headers)

    def _mark(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers)}"

    def _arrangement(self) -> Write:
        number, base, saved = next(self._numbers), "/_emulator", [*self.known.snapshots]
        moment = f"2026-01-{number % 28 + 1:02}T{number % 24:02}:00:00Z"
        fault = {"vendor": "treasuredata", "fault": "2003", "headers": {"x-mark": f"fault-{number}"}}
        kept = [
            Write("PUT", f"{base}/clock", partial(_stopped, moment), {"mode": "frozen", "now": moment}),
            Write("POST", f"{base}/faults", partial(_faulty, f"fault-{number}"), fault, status=201),
            Write("DELETE", f"{base}/faults", _mended, status=204),
            Write("POST", f"{base}/reset", _reset, status=204),
        ]
        if len(saved) < _MOST_SAVED:  # under a name that was never there, for one that is replaced looks the same
            kept.append(
                Write("POST", f"{base}/snapshots", partial(_saved, f"s{number}"), {"name": f"s{number}"}, status=201)
            )
        if saved:
            name = self._chance.choice(saved)
            kept.append(Write("POST", f"{base}/snapshots/{name}/restore", partial(_restored, name), status=204))
            kept.append(Write("DELETE", f"{base}/snapshots/{name}", partial(_forgotten, name), status=204))
        return self._chance.choice(kept)

    # What is there

    def look(self, port: int) -> Seen:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        state, faults, clock, snapshots = (
            self._shown(connection, f"/_emulator/{name}") for name in ("state", "faults", "clock", "snapshots")
        )
        connection.close()
        marks = Counter(found.decode() for found in _MARK.findall(state))
        usual = Counter[str]()
        for mark, times in marks.items():
            usual[_kind(mark)] = max(usual[_kind(mark)], times)
        told = orjson.loads(clock)
        return Seen(
            State(set(marks), {found.decode() for found in _FAULT.findall(faults)},
                  told["now"] if told["mode"] == "frozen" else None),
            {one["name"] for one in orjson.loads(snapshots)["snapshots"]},
            [mark for mark, times in marks.items() if times < usual[_kind(mark)]],
        )  # fmt: skip

    def _shown(self, connection: http.client.HTTPConnection, path: str) -> bytes:
        status, answer = self._answer(connection, "GET", path, None, {})
        if status != 200:
            raise WrongAnswer(f"GET {path} answered {status}: {answer[:300]!r}")
        return answer

    def settle(self, seen: Seen) -> "Verdict":
        """Find out whether what was pending has happened. From now on what is there is what must be there."""
        pending, self.pending = self.pending, None
        known, happened = self.known, deepcopy(self.known)
        if pending is not None:
            pending.change(happened)
        if seen.shows(known) or seen.shows(happened):
            self.known = known if seen.shows(known) else happened
            return Verdict(0, len(seen.torn), f"namespace {self.namespace}: less than all of {seen.torn}")
        self.known = Known(seen.state, {name: known.snapshots.get(name, State()) for name in seen.snapshots})
        lost = len(known.state.marks - seen.state.marks)
        pended = "nothing" if pending is None else f"{pending.method} {pending.path}"
        words = (
            f"namespace {self.namespace} lacks {lost} of {len(known.state.marks)} writes, {pended} pending: there are "
            f"{len(seen.state.marks)}, {seen.state.faults}, {seen.state.clock}, {seen.snapshots} where there should be "
            f"{known.state.faults}, {known.state.clock}, {set(known.snapshots)}"
        )
        return Verdict(lost, len(seen.torn) + (not lost), words)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`torn` counts what is there in part, or was never asked for."""

    lost: int
    torn: int
    words: str


def _kind(mark: str) -> str:
    return mark.partition("-")[0]


def _marked(marks: list[str], known: Known) -> None:
    known.state.marks.update(marks)


def _stopped(moment: str, known: Known) -> None:
    known.state.clock = moment


def _faulty(fault: str, known: Known) -> None:
    known.state.faults.add(fault)


def _mended(known: Known) -> None:
    known.state.faults.clear()


def _reset(known: Known) -> None:
    known.state = State()


def _saved(name: str, known: Known) -> None:
    known.snapshots[name] = deepcopy(known.state)


def _restored(name: str, known: Known) -> None:
    known.state = deepcopy(known.snapshots[name])


def _forgotten(name: str, known: Known) -> None:
    del known.snapshots[name]
