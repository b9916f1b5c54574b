"""A call that is led away gets, to the byte, what a server would say to it over a socket."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import h11
import httpx
import orjson
import pytest

from emulator.app import Emulator
from emulator.core.description import Example
from emulator.core.vendor import Vendor
from emulator.interception.httpx_transport import Transport
from emulator.interception.targets import InProcess
from emulator.server import Background
from emulator.settings import Options
from emulator.vendors import VENDORS
from tests.vendors.good_calls import GOOD_CALLS, OTHER_CALLS

TALON_SESSION = "/talonone/v2/customer_sessions"
TALON = GOOD_CALLS["talonone"].headers
PRIME = GOOD_CALLS["primedata"].headers
SEARCH = "/primedata/pub/profiles/advanced-search"


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def said(self, client: httpx.Client) -> Any:
        """What comes of it, as far as a caller can see."""
        try:
            answer = client.request(self.method, self.path, headers=self.headers, content=self.body)
        except (httpx.HTTPError, h11.LocalProtocolError) as error:
            return type(error).__name__, str(error)
        headers = [(name, b"then" if name == b"date" else value) for name, value in answer.headers.raw]
        return answer.status_code, answer.reason_phrase, headers, answer.content


@dataclass(frozen=True)
class Pair:
    """The same emulator twice, at the same address."""

    over_a_socket: httpx.Client
    in_process: httpx.Client

    def answers(self, *calls: Sent) -> Iterator[tuple[Any, Any]]:
        for call in calls:
            yield call.said(self.over_a_socket), call.said(self.in_process)


@pytest.fixture(scope="module")
def emulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Background, Emulator]]:
    """Both in a world where time stands still, so that moments are alike, too."""
    fixtures = tmp_path_factory.mktemp("fixtures")
    (fixtures / "still.yaml").write_text("name: still\nextends: demo\nclock: 2026-01-05T09:00:00Z\n", "utf-8")
    options = Options(port=0, fixtures=fixtures, scenario="still")
    near = Emulator(options)
    near.prepare()
    with Background(options) as server:
        yield server, near


@pytest.fixture
def pair(emulators: tuple[Background, Emulator]) -> Iterator[Pair]:
    server, near = emulators
    for emulator in (server.emulator, near):
        for name in emulator.worlds.names():
            emulator.worlds.drop(name)
    with (
        httpx.Client(base_url=server.url) as one,
        httpx.Client(base_url=server.url, transport=Transport(InProcess(near))) as other,
    ):
        yield Pair(one, other)


def assert_alike(pair: Pair, *calls: Sent) -> list[Any]:
    told = []
    for one, other in pair.answers(*calls):
        assert other == one
        told.append(one)
    return told


def documented(vendor: Vendor, example: Example) -> Sent:
    operation = next(one for one in vendor.routes if one.id == example.operation)
    path = operation.path
    for name, value in example.path.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    query = f"?{urlencode(example.query, doseq=True)}" if example.query else ""
    body = None if example.body is None else orjson.dumps(example.body)
    headers = {**GOOD_CALLS[vendor.slug].headers, "Content-Type": example.media_type, **example.headers}
    return Sent(operation.method, f"/{vendor.slug}{path}{query}", headers, body)


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.slug)
def test_what_a_vendor_documents(pair: Pair, vendor: Vendor) -> None:
    calls = [documented(vendor, example) for example in vendor.examples()]
    assert assert_alike(pair, *calls)


def test_accepted_calls(pair: Pair) -> None:
    calls = [*GOOD_CALLS.items(), *OTHER_CALLS]
    for slug, call in calls:
        headers = dict(call.headers)
        if call.token_call is not None:
            before = Sent(call.token_call.method, f"/{slug}{call.token_call.path}")
            (token,) = assert_alike(pair, before)
            headers["Authorization"] = f"Bearer {orjson.loads(token[-1])['access_token']}"
        (answer,) = assert_alike(pair, Sent(call.method, f"/{slug}{call.path}", headers, call.body))
        assert answer[0] in (200, 204), (slug, answer)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(Sent("PUT", f"{TALON_SESSION}/s-1", {}, b"{}"), id="no key"),
        pytest.param(Sent("PUT", f"{TALON_SESSION}/s-1", TALON, b"{"), id="bad JSON"),
        pytest.param(Sent("PUT", f"{TALON_SESSION}/s-1", TALON, b""), id="no body"),
        pytest.param(Sent("GET", f"{TALON_SESSION}/nobody", TALON), id="nothing there"),
        pytest.param(Sent("PATCH", f"{TALON_SESSION}/s-1", TALON), id="another method"),
        pytest.param(Sent("GET", "/talonone/v9/nothing", TALON), id="unknown operation"),
        pytest.param(Sent("GET", "/nobody/v1"), id="unknown vendor"),
        pytest.param(Sent("GET", "/"), id="the root"),
        pytest.param(Sent("GET", "/ns/not a name!/talonone/v2/x", TALON), id="bad namespace"),
        pytest.param(Sent("GET", "/ns/w-1/primedata/x", {"X-Emulator-Namespace": "w-2"}), id="two namespaces"),
        pytest.param(Sent("POST", SEARCH, {**PRIME, "X-Emulator-Namespace": "w-2"}, b"{}"), id="a namespace by header"),
        pytest.param(Sent("PUT", f"/ns/w-1{TALON_SESSION}/s-1", TALON, b"{}"), id="a namespace by path"),
        pytest.param(Sent("PUT", f"{TALON_SESSION}/a%2Fb%20c", TALON, b'{"customerSession":{}}'), id="escapes"),
        pytest.param(Sent("PUT", f"{TALON_SESSION}/%ff", TALON, b"{}"), id="an escape that is no text"),
        pytest.param(Sent("PUT", f"{TALON_SESSION}/Zoë?dry=ü", TALON, b'{"customerSession":{}}'), id="unicode"),
        pytest.param(Sent("PUT", "/talonone//v2/customer_sessions/s", TALON, b"{}"), id="two slashes"),
        pytest.param(Sent("PUT", f"{TALON_SESSION}/s-1/", TALON, b"{}"), id="a slash at the end"),
        pytest.param(Sent("GET", "//talonone/v2", TALON), id="two slashes first"),
        pytest.param(Sent("HEAD", f"{TALON_SESSION}/s-1", TALON), id="HEAD"),
        pytest.param(Sent("HEAD", f"{TALON_SESSION}/s-1", {**TALON, "X-Emulator-Fault": "truncate"}), id="HEAD cut"),
        pytest.param(Sent("HEAD", "/_emulator/health"), id="HEAD of the control plane"),
        pytest.param(Sent("POST", SEARCH, PRIME, b"[" * 3_000_000), id="a body beyond the limit"),
        pytest.param(Sent("GET", f"{TALON_SESSION}/s-1", {**TALON, "Connection": "close"}), id="connection: close"),
        pytest.param(Sent("GET", "/_emulator/health", {"Connection": "close"}), id="connection: close, control plane"),
        pytest.param(Sent("PUT", f"{TALON_SESSION}/s-1", {**TALON, "Host": "demo.talon.one"}, b"{}"), id="Host header"),
        pytest.param(Sent("PUT", "/v2/customer_sessions/s", {**TALON, "Host": "demo.talon.one"}, b"{}"), id="by host"),
        pytest.param(Sent("GET", "/x", {"Host": "w-1.primedata.localhost:99"}), id="by host with namespace"),
        pytest.param(Sent("PUT", f"{TALON_SESSION}/s", {**TALON, "X-Note": "a\n"}, b"{}"), id="a header and newline"),
        pytest.param(Sent("PUT", f"{TALON_SESSION}/s", {**TALON, "X-Note": " a"}, b"{}"), id="a header with a blank"),
        pytest.param(Sent("PUT", f"{TALON_SESSION}/s", {**TALON, "X Note": "a"}, b"{}"), id="a header's name"),
        pytest.param(Sent("PUT", f"{TALON_SESSION}/s", {**TALON, "Content-Length": "7"}, b"{}"), id="too short a body"),
        pytest.param(Sent("PUT", f"{TALON_SESSION}/s", {**TALON, "Content-Length": "1"}, b"{}"), id="too long a body"),
        pytest.param(Sent("GET IT", f"{TALON_SESSION}/s", TALON), id="a method with a blank"),
    ],
)
def test_unusual_calls(pair: Pair, call: Sent) -> None:
    assert_alike(pair, call)


@pytest.mark.parametrize("slug", GOOD_CALLS)
def test_a_preflight(pair: Pair, slug: str) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST",
             "Access-Control-Request-Headers": "content-type,x-emulator-fault"}  # fmt: skip
    call = GOOD_CALLS[slug]
    assert_alike(pair, Sent("OPTIONS", f"/{slug}{call.path}", asked), Sent("OPTIONS", f"/{slug}/nowhere", asked))


@pytest.mark.parametrize("slug", GOOD_CALLS)
def test_every_failure_by_header(pair: Pair, slug: str) -> None:
    vendor = next(one for one in VENDORS if one.slug == slug)
    call = GOOD_CALLS[slug]
    names = ["no_such_fault", "drop", "truncate", "delay=1", "slow=5", "drop,truncate", *vendor.catalogue]
    for name in names:
        headers = {**call.headers, "X-Emulator-Fault": name}
        assert_alike(pair, Sent(call.method, f"/{slug}{call.path}", headers, call.body))


def test_a_standing_fault_and_a_limit(pair: Pair) -> None:
    call = Sent("POST", SEARCH, PRIME, GOOD_CALLS["primedata"].body)
    order = orjson.dumps({"vendor": "primedata", "fault": "drop", "times": 1})
    scaled = orjson.dumps({"vendor": "primedata", "name": "requests", "scale": 0.04})
    told = assert_alike(
        pair, Sent("POST", "/_emulator/faults", {}, order), call, call,
        Sent("PATCH", "/_emulator/limits", {}, scaled), call, call, call,
    )  # fmt: skip
    assert told[1] == ("RemoteProtocolError", "Server disconnected without sending a response.")
    assert {answer[0] for answer in told[4:]} == {200, 429}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", b""),
        ("GET", "health", b""),
        ("GET", "ready", b""),
        ("GET", "vendors", b""),
        ("GET", "errors?vendor=primedata", b""),
        ("GET", "provenance", b""),
        ("GET", "scenarios", b""),
        ("POST", "scenarios", b"talonone: {aplications: []}"),
        ("POST", "scenarios", b"name: mine\nprimedata: {profiles: []}"),
        ("GET", "state", b""),
        ("GET", "openapi/talonone.json", b""),
        ("GET", "clock", b""),
        ("PUT", "clock", b'{"mode":"sideways"}'),
        ("POST", "clock/advance", b'{"seconds":60}'),
        ("POST", "snapshots", b'{"name":"paid"}'),
        ("GET", "snapshots/nobody", b""),
        ("GET", "drills", b""),
        ("POST", "drills/retry-storm", b'{"vendor":"primedata"}'),
        ("GET", "limits", b""),
        ("GET", "settings", b""),
        ("GET", "requests?vendor=nobody", b""),
        ("GET", "requests/7/explain", b""),
        ("DELETE", "requests", b""),
        ("GET", "namespaces", b""),
        ("POST", "reset", b"{}"),
        ("POST", "reset", b'{"vendor":"nobody"}'),
        ("POST", "vendors/talonone/evaluate", b'{"expression":["+",0.1,0.2]}'),
        ("GET", "no/such/call", b""),
        ("PUT", "health", b""),
        ("OPTIONS", "faults", b""),
    ],
)
def test_control_calls(pair: Pair, method: str, path: str, body: bytes) -> None:
    assert_alike(pair, *[Sent(method, f"{root}/_emulator/{path}", {}, body) for root in ("", "/ns/w-9")])


def test_the_journal_keeps_the_same_request(pair: Pair) -> None:
    call = GOOD_CALLS["talonone"]
    kept = []
    for client in (pair.over_a_socket, pair.in_process):
        client.request(call.method, f"/talonone{call.path}", headers=call.headers, content=call.body)
        entry = client.get("/_emulator/requests/1").json()
        entry.pop("duration_ms")
        kept.append(entry)
    assert kept[0] == kept[1]
    assert kept[0]["request"]["headers"][0] == ["host", pair.in_process.base_url.netloc.decode()]


def test_an_export_comes_in_chunks(pair: Pair) -> None:
    (answers,) = pair.answers(Sent("GET", "/_emulator/requests/export"))
    one, other = [(*answer[:3], re.sub(rb'"planted":"[^"]*"', b"", answer[3])) for answer in answers]
    assert one == other
    assert (b"transfer-encoding", b"chunked") in one[2]
