"""Every way to say a control call wrongly, tried at every call there is: one shape of refusal, and nothing changed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest

from emulator.control.problems import Call
from emulator.control.router import calls
from emulator.core.world import World
from emulator.server import Background

Object = dict[str, Any]

MEMBERS = ["type", "title", "status", "detail"]
NOWHERE = "nowhere-at-all"
LIMIT = ("toybox", "calls")


@dataclass(frozen=True)
class How:
    """How a call is made rightly, and what of it can be wrong.

    `path` are values that exist, `body` is one that is taken; `wrong` is a member of it with a value of the wrong type.
    A call with a `file` reads something else than one JSON object, and `file` is what it cannot read.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    body: Object | None = None
    wrong: Object = field(default_factory=dict)
    file: bytes | None = None
    outside: bool = False
    """Answered before there is a control plane, whatever else is asked."""


CALLS = {
    "GET /": How(),
    "GET /health": How(outside=True),
    "GET /ready": How(outside=True),
    "GET /vendors": How(),
    "POST /vendors/{slug}/{name}": How({"slug": "toybox", "name": "price"}, {"name": "bear"}, {"times": "many"}),
    "GET /errors": How(),
    "GET /openapi/{slug}.json": How({"slug": "toybox"}),
    "GET /provenance": How(),
    "PATCH /provenance": How(body={"fail_on": "assumed"}, wrong={"fail_on": 5}),
    "POST /reset": How(body={}, wrong={"vendor": 5}),
    "GET /scenarios/schema.json": How(),
    "GET /scenarios": How(),
    "POST /scenarios": How(body={"name": "other", "toybox": {"keys": {"k-2": "other"}}}, wrong={"name": ["other"]}),
    "GET /state": How(),
    "GET /namespaces": How(),
    "DELETE /namespaces/{name}": How({"name": "elsewhere"}),
    "POST /snapshots": How(body={"name": "now"}, wrong={"name": 5}),
    "GET /snapshots": How(),
    "POST /snapshots/{name}/restore": How({"name": "before"}, {}),
    "GET /snapshots/{name}": How({"name": "before"}),
    "PUT /snapshots/{name}": How({"name": "brought"}, file=b"no snapshot"),
    "DELETE /snapshots/{name}": How({"name": "before"}),
    "GET /clock": How(),
    "PUT /clock": How(body={"mode": "real"}, wrong={"mode": 5}),
    "POST /clock/advance": How(body={"seconds": 1}, wrong={"seconds": "1"}),
    "GET /faults": How(),
    "POST /faults": How(body={"vendor": "toybox", "fault": "lost"}, wrong={"times": "once"}),
    "DELETE /faults": How(),
    "DELETE /faults/{fault_id}": How({"fault_id": "f1"}),
    "GET /drills": How(),
    "POST /drills/{name}": How({"name": "flaky-5xx"}, {}, {"times": "once"}),
    "DELETE /drills/{name}": How({"name": "flaky-5xx"}),
    "GET /limits": How(),
    "PATCH /limits": How(body={"vendor": "toybox", "name": "calls", "scale": 2}, wrong={"enabled": "no"}),
    "GET /settings": How(),
    "PATCH /settings": How(body={"vendor": "toybox", "settings": {"calls_per_second": 9}}, wrong={"settings": []}),
    "GET /requests": How(),
    "DELETE /requests": How(),
    "GET /requests/export": How(),
    "POST /replay": How(file=b"no journal"),
    "GET /requests/{request_id}": How({"request_id": "1"}),
    "GET /requests/{request_id}/explain": How({"request_id": "1"}),
}
ELSEWHERE = ["GET /ca.pem"]
"""Taken only where TLS is spoken: see `tests/test_authority.py`."""
OPEN_TO_NEW_NAMES = ["PUT /snapshots/{name}"]
"""What a name in the path is made by the call."""


def name_of(call: Call) -> str:
    return f"{call.method} {call.path.removeprefix('/_emulator')}"


def those(wanted: Callable[[str, How], bool]) -> Any:
    """A test for each of the calls for which somebody has said how they are made."""
    known = [name_of(call) for call in calls()]
    return pytest.mark.parametrize("name", [name for name in known if name in CALLS and wanted(name, CALLS[name])])


with_body = those(lambda name, how: how.body is not None)
with_path = those(lambda name, how: bool(how.path) and name not in OPEN_TO_NEW_NAMES)
every_call = those(lambda name, how: True)


def path_of(name: str, other: Mapping[str, str] | None = None) -> str:
    return "/_emulator" + name.partition(" ")[2].format_map({**CALLS[name].path, **(other or {})})


@pytest.fixture
def arranged(client: httpx.Client, server: Background) -> Iterator[httpx.Client]:
    """A world in which there is something of everything that a call can be about."""
    client.get("/toybox/shelf/bear", headers={"Authorization": "Toy k-1"})
    client.post("/_emulator/snapshots", json={"name": "before"})
    client.post("/_emulator/faults", json={"vendor": "toybox", "fault": "tired"})
    assert server.emulator.worlds["elsewhere"].name == "elsewhere"
    yield client
    server.emulator.worlds.drop("elsewhere")


@pytest.fixture
def everything(server: Background, world: World) -> Callable[[], list[Any]]:
    """All that a control call could change."""

    def seen() -> list[Any]:
        rows = {table.name: world.store.dump(table) for vendor in world.vendors for table in vendor.tables}
        arrangements = [world.clock.state, dict(world.settings), world.unwanted, world.limits.adjustment(*LIMIT)]
        kept = [list(world.journal), dict(world.scenarios), dict(world.snapshots), world.seed]
        faults = [(fault.id, fault.text, fault.times, fault.fired) for fault in world.faults]
        return [rows, *arrangements, *kept, faults, server.emulator.worlds.names()]

    return seen


@pytest.fixture
def refused(arranged: httpx.Client, everything: Callable[[], list[Any]]) -> Callable[..., httpx.Response]:
    """Make a call that must be refused in the one shape of a refusal, and change nothing."""

    def refuse(status: int, method: str, path: str, *, naming: str, **more: Any) -> httpx.Response:
        before = everything()
        response = arranged.request(method, path, **more)
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert list(problem)[:4] == MEMBERS
        assert (problem["type"], problem["status"]) == ("about:blank", status)
        assert problem["title"]
        assert len(problem["detail"].split()) > 3, problem["detail"]
        assert naming in problem["detail"], problem["detail"]
        assert everything() == before
        return response

    return refuse


def test_somebody_has_said_how_every_call_is_made() -> None:
    assert sorted([*CALLS, *ELSEWHERE]) == sorted(name_of(call) for call in calls())


@every_call
def test_the_call_is_taken_when_it_is_made_rightly(arranged: httpx.Client, name: str) -> None:
    """Or else the refusals below would prove nothing."""
    how = CALLS[name]
    if how.file is not None:
        content = arranged.get("/_emulator/snapshots/before" if "snapshots" in name else "/_emulator/requests/export")
        body = {"content": content.content}
    else:
        body = {} if how.body is None else {"json": how.body}
    response = arranged.request(name.partition(" ")[0], path_of(name), **body)
    assert response.status_code < 300, response.text


@with_body
def test_a_body_that_is_no_json_is_refused(refused: Callable[..., Any], name: str) -> None:
    for content in (b'{"a":', b"{", b'{"a":1}}', b'"\xff"'):
        refused(400, name.partition(" ")[0], path_of(name), content=content, naming="")


@with_body
def test_a_body_that_is_no_object_is_refused(refused: Callable[..., Any], name: str) -> None:
    for content in (b"[]", b'"a"', b"12", b"null", b"true"):
        refused(400, name.partition(" ")[0], path_of(name), content=content, naming="")


@with_body
def test_an_unknown_key_is_refused_by_its_name(refused: Callable[..., Any], name: str) -> None:
    body = {**CALLS[name].body, "shelve": 1}
    refused(400, name.partition(" ")[0], path_of(name), json=body, naming="shelve")


@those(lambda name, how: bool(how.wrong))
def test_a_value_of_the_wrong_type_is_refused_by_its_key(refused: Callable[..., Any], name: str) -> None:
    how = CALLS[name]
    (key,) = how.wrong
    refused(400, name.partition(" ")[0], path_of(name), json={**how.body, **how.wrong}, naming=key)


@those(lambda name, how: how.file is not None)
def test_a_file_of_another_kind_is_refused(refused: Callable[..., Any], name: str) -> None:
    refused(400, name.partition(" ")[0], path_of(name), content=CALLS[name].file, naming="")


@those(lambda name, how: not how.outside)
def test_an_unknown_query_parameter_is_refused_by_its_name(refused: Callable[..., Any], name: str) -> None:
    how = CALLS[name]
    content = how.file if how.body is None else orjson.dumps(how.body)
    refused(400, name.partition(" ")[0], f"{path_of(name)}?shelve=1", content=content, naming="shelve")


@with_path
def test_an_unknown_name_in_the_path_is_refused_by_that_name(refused: Callable[..., Any], name: str) -> None:
    how = CALLS[name]
    body = {} if how.body is None else {"json": how.body}
    for placeholder in how.path:
        path = path_of(name, {placeholder: NOWHERE})
        refused(404, name.partition(" ")[0], path, naming=NOWHERE, **body)


@every_call
def test_another_method_is_refused_with_those_that_there_are(refused: Callable[..., Any], name: str) -> None:
    there = {other.partition(" ")[0] for other in CALLS if other.partition(" ")[2] == name.partition(" ")[2]}
    method = next(one for one in ("TRACE", "PATCH", "PUT") if one not in there)
    response = refused(405, method, path_of(name), naming=method)
    assert set(response.headers["allow"].split(", ")) == there


@every_call
def test_a_namespace_outside_the_rules_is_refused_by_its_name(refused: Callable[..., Any], name: str) -> None:
    for bad in ("no name", "..", "x" * 64, "a/b"):
        header = {"X-Emulator-Namespace": bad}
        refused(400, name.partition(" ")[0], path_of(name), headers=header, naming="namespace")


def test_a_path_of_no_call_is_refused_with_the_nearest(refused: Callable[..., Any]) -> None:
    refused(404, "GET", "/_emulator/clok", naming="/_emulator/clock")
