"""httpx, synchronous and on asyncio and trio, with unchanged production URLs."""

import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import certifi
import httpx
import pytest

from emulator.core.faults import Damage
from emulator.direct import Reply
from emulator.interception.httpx_transport import AsyncTransport, Transport, points
from emulator.interception.points import Hold
from emulator.interception.policy import HostRefused, Redirect
from tests.interception.conftest import DATE, KEY, SESSION, TALON, Answering

AUTHORIZED = {"Authorization": KEY}
BEFORE = httpx.Client(headers=AUTHORIZED)
ASYNC_BEFORE = httpx.AsyncClient(headers=AUTHORIZED)
EVENTS = "https://us01.p13n.in.treasuredata.com/personalization__database/preferences_table"
BODY = b"0123456789" * 10

every_loop = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def replied(body: bytes = BODY, **damage: Any) -> Reply:
    return Reply(200, [DATE, (b"content-length", b"%d" % len(body))], body, Damage(**damage))


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of every wait, none of which takes place."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await anyio.lowlevel.checkpoint()

    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(anyio, "sleep", sleep)
    return waits


def asked(backend: str, call: Callable[[httpx.AsyncClient], Awaitable[Any]], **options: Any) -> Any:
    """What a coroutine gives that is handed a client."""

    async def calling() -> Any:
        async with httpx.AsyncClient(headers=AUTHORIZED, **options) as client:
            return await call(client)

    return anyio.run(calling, backend=backend)


# Who is led


def test_clients_that_were_built_before_are_led_as_well(led: Redirect) -> None:
    assert httpx.get(SESSION).status_code == 401
    assert BEFORE.put(SESSION, json={"customerSession": {}}).json()["effects"] == []
    assert BEFORE.get(SESSION).status_code == 200


@every_loop
def test_an_asynchronous_client_that_was_built_before_is_led_on_any_loop(led: Redirect, backend: str) -> None:
    for _ in range(2):
        assert anyio.run(ASYNC_BEFORE.get, SESSION, backend=backend).status_code == 404


def test_clients_behind_a_proxy_are_led_as_well(led: Redirect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert httpx.get(SESSION).status_code == 401
    with httpx.Client(proxy="http://127.0.0.1:9") as client:
        assert client.get(SESSION).status_code == 401


def test_a_transport_of_httpxs_kind_is_led_as_well(led: Redirect) -> None:
    class Retrying(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            request.headers["X-Retry"] = "0"
            return super().handle_request(request)

    with httpx.Client(transport=Retrying(retries=2)) as client:
        assert client.get(SESSION).request.headers["x-retry"] == "0"


def test_nobody_is_led_afterwards(internet: int, lead_to: Callable[..., Any], answering: Answering) -> None:
    url = f"http://demo.talon.one:{internet}/"
    with httpx.Client() as client:
        with lead_to(answering):
            assert client.get(url).text == "ok"
        assert client.get(url).text == "real"
        with lead_to(answering):
            assert client.get(url).text == "ok"


def test_other_hosts_are_let_through(internet: int, led: Redirect) -> None:
    assert httpx.get(f"http://shop.example:{internet}/").text == "real"


@every_loop
def test_other_hosts_of_a_vendor_are_refused(led: Redirect, backend: str) -> None:
    says = r"^api\.treasuredata\.com is a host of Treasure Data's that the emulator does not emulate; it emulates us01"
    with pytest.raises(HostRefused, match=says):
        BEFORE.get("https://api.treasuredata.com/v3/job/list")
    with pytest.raises(HostRefused, match=says):
        asked(backend, lambda client: client.get("https://api.treasuredata.com/v3/job/list"))
    assert len(led.refused) == 2


@pytest.mark.parametrize(
    "url",
    [
        "https://DEMO.Talon.ONE/v2/customer_sessions/s-1",
        "https://demo.talon.one./v2/customer_sessions/s-1",
        "https://demo.talon.one:8443/v2/customer_sessions/s-1",
        "http://demo.talon.one/v2/customer_sessions/s-1",
        "http://talonone.localhost:4680/v2/customer_sessions/s-1",
        "https://demo。talon。one/v2/customer_sessions/s-1",
        "wss://demo.talon.one/v2/customer_sessions/s-1",
    ],
)
def test_a_host_is_known_however_it_is_written(led: Redirect, url: str) -> None:
    assert BEFORE.get(url).json()["message"]


def test_userinfo_becomes_a_header(led: Redirect, heard: Callable[[], Any], control: Any) -> None:
    httpx.get(SESSION.replace("https://", "https://ana:secret@"))
    (entry,) = heard()
    headers = dict(control.request(entry["id"])["request"]["headers"])
    assert headers["host"] == "demo.talon.one"
    assert headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://demo.talon.one/x", "Request URL has an unsupported protocol 'ftp://'."),
        ("//demo.talon.one/x", "Request URL is missing an 'http://' or 'https://' protocol."),
        ("demo.talon.one/x", "Request URL is missing an 'http://' or 'https://' protocol."),
    ],
)
def test_another_scheme_is_refused_in_httpxs_words(led: Redirect, answering: Answering, url: str, says: str) -> None:
    with pytest.raises(httpx.UnsupportedProtocol) as caught:
        BEFORE.get(url)
    assert str(caught.value) == says
    with httpx.Client(transport=Transport(answering)) as client, pytest.raises(httpx.UnsupportedProtocol) as caught:
        client.get(url)
    assert str(caught.value) == says
    assert answering.calls == []


def test_clients_get_ready_for_tls_once_where_they_have_no_wish_of_their_own(
    prepared: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def ready(**options: Any) -> Any:
        return httpx.HTTPTransport(**options)._pool._ssl_context

    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    others = tmp_path / "ca.pem"
    others.write_bytes(Path(certifi.where()).read_bytes())
    with Hold(points, "test_it"):
        usual = ready()
        assert ready() is ready(trust_env=False) is httpx.AsyncHTTPTransport()._pool._ssl_context is usual
        assert ready(verify=False) is not usual
        assert ready(verify=False) is not ready(verify=False)
        monkeypatch.setenv("SSL_CERT_FILE", str(others))
        named = ready()
        assert named is not usual
        assert ready() is named
        others.write_bytes(others.read_bytes() * 2)
        assert ready() is not named
        assert ready(trust_env=False) is usual
    monkeypatch.delenv("SSL_CERT_FILE")
    assert ready() is not usual


# What goes there


def parts() -> Iterator[bytes]:
    yield b'{"customer'
    yield b'Session":{}}'


async def parts_in_time() -> AsyncIterator[bytes]:
    for part in parts():
        await anyio.lowlevel.checkpoint()
        yield part


@every_loop
def test_uploads_without_a_known_length_come_whole(led: Redirect, heard: Callable[[], Any], backend: str) -> None:
    assert BEFORE.put(SESSION, content=parts()).status_code == 200
    assert asked(backend, lambda client: client.put(SESSION, content=parts_in_time())).status_code == 200
    assert [entry["status"] for entry in heard()] == [200, 200]


def test_forms_and_files(lead_to: Callable[..., Any], answering: Answering) -> None:
    with lead_to(answering):
        httpx.post(TALON, data={"grant_type": "client_credentials"})
        httpx.post(TALON, files={"file": ("a.csv", b"a;b")})
    form, upload = answering.calls
    assert form.body == b"grant_type=client_credentials"
    assert b'filename="a.csv"' in upload.body


def test_headers_go_out_as_from_a_socket_host_first(lead_to: Callable[..., Any], answering: Answering) -> None:
    with lead_to(answering), httpx.Client(headers={"X-Shop": "one"}) as client:
        request = client.build_request("PUT", f"{SESSION}?dry=true", json={})
        host = request.headers.pop("host")
        request.headers["Host"] = host
        client.send(request)
    (call,) = answering.calls
    assert (call.method, call.scheme, call.host) == ("PUT", "https", "demo.talon.one")
    assert (call.path, call.query) == ("/v2/customer_sessions/s-1", b"dry=true")
    assert [name for name, _ in call.headers] == [
        b"host", b"accept", b"accept-encoding", b"connection", b"user-agent", b"x-shop", b"content-length",
        b"content-type",
    ]  # fmt: skip


def test_a_path_that_is_given_raw_goes_out_raw(lead_to: Callable[..., Any], answering: Answering) -> None:
    with lead_to(answering):
        BEFORE.get(TALON, extensions={"target": b"/v2/./customer_sessions/%zz?dry"})
    (call,) = answering.calls
    assert (call.path, call.query) == ("/v2/./customer_sessions/%zz", b"dry")


@every_loop
def test_a_target_elsewhere_is_asked_from_a_thread(
    lead_to: Callable[..., Any], answering: Answering, backend: str
) -> None:
    asking: list[threading.Thread] = []

    class Elsewhere(Answering):
        def answer(self, call: Any, timeout: float | None) -> Reply:
            asking.append(threading.current_thread())
            return super().answer(call, timeout)

    with lead_to(Elsewhere(waits=True)):
        assert asked(backend, lambda client: client.get(TALON)).text == "ok"
        assert BEFORE.get(TALON, timeout=7).text == "ok"
    assert [thread is threading.main_thread() for thread in asking] == [False, True]


@every_loop
def test_a_target_that_is_slow_or_gone(lead_to: Callable[..., Any], backend: str) -> None:
    with lead_to(Answering(TimeoutError(), waits=True)), pytest.raises(httpx.ReadTimeout):
        asked(backend, lambda client: client.get(TALON))
    with lead_to(Answering(ConnectionError("it is gone"))), pytest.raises(httpx.ConnectError, match="it is gone"):
        BEFORE.get(TALON)


# What comes back


def test_an_answer_looks_as_from_the_network(led: Redirect) -> None:
    answer = BEFORE.get(SESSION)
    assert (answer.status_code, answer.reason_phrase, answer.http_version) == (404, "Not Found", "HTTP/1.1")
    assert answer.elapsed.total_seconds() > 0
    assert str(answer.url) == SESSION
    with pytest.raises(httpx.HTTPStatusError, match="404 Not Found"):
        answer.raise_for_status()


@every_loop
def test_an_answer_is_read_in_pieces(lead_to: Callable[..., Any], backend: str) -> None:
    async def read(client: httpx.AsyncClient) -> list[bytes]:
        async with client.stream("GET", TALON) as answer:
            return [part async for part in answer.aiter_bytes(40)]

    with lead_to(Answering(replied())):
        with BEFORE.stream("GET", TALON) as answer:
            assert [*answer.iter_bytes(40)] == [BODY[:40], BODY[40:80], BODY[80:]]
        assert asked(backend, read) == [BODY[:40], BODY[40:80], BODY[80:]]


@every_loop
def test_an_answer_may_be_closed_early(lead_to: Callable[..., Any], backend: str, slept: list[float]) -> None:
    async def leave(client: httpx.AsyncClient) -> bool:
        async with client.stream("GET", TALON) as answer:
            pass
        return answer.is_closed

    with lead_to(Answering(replied(slow_ms=1_000))):
        with BEFORE.stream("GET", TALON) as answer:
            next(answer.iter_raw())
        assert answer.is_closed
        with pytest.raises(httpx.StreamConsumed):
            answer.read()
        assert asked(backend, leave)
    assert slept == [0.1]


def test_no_body_comes_where_none_is_sent(led: Redirect, lead_to: Callable[..., Any]) -> None:
    head = BEFORE.head(SESSION)
    assert (head.status_code, head.content) == (405, b"")
    assert int(head.headers["content-length"]) > 0
    assert BEFORE.options(EVENTS, headers={"Origin": "https://shop.example"}).content == b""


def test_cookies_are_kept_and_redirects_followed(lead_to: Callable[..., Any]) -> None:
    class Moving(Answering):
        def answer(self, call: Any, timeout: float | None) -> Reply:
            self.calls.append(call)
            if call.path == "/old":
                headers = [(b"location", b"/new"), (b"set-cookie", b"visit=1"), (b"content-length", b"0")]
                return Reply(307, headers)
            return replied()

    target = Moving()
    with lead_to(target), httpx.Client(base_url=TALON, follow_redirects=True) as client:
        answer = client.post("/old", content=b"kept")
        with pytest.raises(httpx.StreamConsumed):
            client.post("/old", content=parts())
    assert [hop.status_code for hop in answer.history] == [307]
    assert [(call.path, call.body) for call in target.calls[:2]] == [("/old", b"kept"), ("/new", b"kept")]
    assert (b"cookie", b"visit=1") in target.calls[1].headers


def test_event_hooks_and_authentication_take_part(lead_to: Callable[..., Any]) -> None:
    class Shy(Answering):
        def answer(self, call: Any, timeout: float | None) -> Reply:
            self.calls.append(call)
            known = (b"authorization", b"Bearer t-2") in call.headers
            return replied() if known else Reply(401, [(b"content-length", b"2")], b"no")

    class Renewing(httpx.Auth):
        requires_response_body = True

        def auth_flow(self, request: httpx.Request) -> Any:
            answer = yield request
            assert answer.text == "no"
            request.headers["Authorization"] = "Bearer t-2"
            yield request

    seen: list[int] = []
    hooks = {"response": [lambda answer: seen.append(answer.status_code)]}
    with lead_to(Shy()), httpx.Client(auth=Renewing(), event_hooks=hooks) as client:
        assert client.get(TALON).status_code == 200
    assert seen == [401, 200]


# What goes wrong


def test_a_delay_is_waited_for(lead_to: Callable[..., Any], slept: list[float]) -> None:
    with lead_to(Answering(replied(delay_ms=1_500))):
        assert BEFORE.get(TALON, timeout=2).status_code == 200
        assert BEFORE.get(TALON, timeout=None).status_code == 200
    assert slept == [1.5, 1.5]


@every_loop
def test_a_delay_beyond_the_timeout_is_waited_for_until_then(
    lead_to: Callable[..., Any], slept: list[float], backend: str
) -> None:
    patience = httpx.Timeout(None, read=0.25)
    with lead_to(Answering(replied(delay_ms=60_000))):
        with pytest.raises(httpx.ReadTimeout, match=r"^timed out$"):
            BEFORE.get(TALON, timeout=patience)
        with pytest.raises(httpx.ReadTimeout, match=r"^$"):
            asked(backend, lambda client: client.get(TALON, timeout=patience))
    assert slept == [0.25, 0.25]


def test_other_timeouts_have_nothing_to_wait_for(lead_to: Callable[..., Any], slept: list[float]) -> None:
    with lead_to(Answering(replied(delay_ms=50))):
        timeout = httpx.Timeout(connect=0.001, write=0.001, pool=0.001, read=None)
        assert BEFORE.get(TALON, timeout=timeout).status_code == 200


@every_loop
def test_a_wait_really_takes_its_time_and_ends_when_it_is_cancelled(lead_to: Callable[..., Any], backend: str) -> None:
    async def give_up(client: httpx.AsyncClient) -> bool:
        with anyio.move_on_after(0.05) as scope:
            await client.get(TALON, timeout=None)
        return scope.cancelled_caught

    with lead_to(Answering(replied(delay_ms=600_000))):
        assert asked(backend, give_up)
    with lead_to(Answering(replied(slow_ms=600_000))):
        assert asked(backend, give_up)


@every_loop
def test_a_connection_that_is_dropped(lead_to: Callable[..., Any], backend: str) -> None:
    says = r"^Server disconnected without sending a response\.$"
    for damage in ({"drop": True}, {"truncate": True}):
        with lead_to(Answering(replied(b"", **damage))):
            with pytest.raises(httpx.RemoteProtocolError, match=says):
                BEFORE.get(TALON)
            with pytest.raises(httpx.RemoteProtocolError, match=says):
                asked(backend, lambda client: client.get(TALON))


@every_loop
def test_an_answer_that_is_cut_short(lead_to: Callable[..., Any], backend: str) -> None:
    says = r"^peer closed connection without sending complete message body \(received 50 bytes, expected 100\)$"

    async def read(client: httpx.AsyncClient) -> bytes:
        async with client.stream("GET", TALON) as answer:
            coming = answer.aiter_raw()
            first = await anext(coming)
            with pytest.raises(httpx.RemoteProtocolError, match=says):
                await anext(coming)
            return first

    with lead_to(Answering(replied(truncate=True))):
        with pytest.raises(httpx.RemoteProtocolError, match=says):
            BEFORE.get(TALON)
        with BEFORE.stream("GET", TALON) as answer:
            assert answer.headers["content-length"] == "100"
            coming = answer.iter_raw()
            assert next(coming) == BODY[:50]
            with pytest.raises(httpx.RemoteProtocolError, match=says):
                next(coming)
        assert asked(backend, read) == BODY[:50]


@every_loop
def test_an_answer_that_trickles(lead_to: Callable[..., Any], slept: list[float], backend: str) -> None:
    with lead_to(Answering(replied(slow_ms=2_000))):
        with BEFORE.stream("GET", TALON) as answer:
            assert slept == []
            assert [*answer.iter_raw()] == [BODY[n : n + 5] for n in range(0, 100, 5)]
        assert slept == [0.1] * 20
        with pytest.raises(httpx.ReadTimeout):
            asked(backend, lambda client: client.get(TALON, timeout=0.05))


def test_a_fault_by_header_leaves_or_changes_the_state_as_over_a_socket(led: Redirect, control: Any) -> None:
    for fault, status in (("drop", 404), ("truncate", 200)):
        with pytest.raises(httpx.RemoteProtocolError):
            BEFORE.put(SESSION, json={"customerSession": {}}, headers={"X-Emulator-Fault": fault})
        assert BEFORE.get(SESSION).status_code == status


# By hand


def test_transports_lead_every_address_of_the_emulators(led: Redirect, prepared: Any) -> None:
    with httpx.Client(transport=Transport(led.target), base_url="http://localhost") as client:
        assert client.get("/ns/w-1/_emulator/health").json()["ready"]
        assert client.get("/talonone/v2/customer_sessions/s-1", headers=AUTHORIZED).status_code == 404
        client.get("/ns/w-1/talonone/x")
        client.get("/talonone/x", headers={"X-Emulator-Namespace": "w-2"})
        assert {"w-1", "w-2"} <= set(client.get("/_emulator/namespaces").json()["namespaces"])


@every_loop
def test_many_tasks_and_threads_at_once(led: Redirect, backend: str) -> None:
    found: list[int] = []

    async def several() -> None:
        async with httpx.AsyncClient(transport=AsyncTransport(led.target), headers=AUTHORIZED) as client:

            async def one(number: int) -> None:
                url = f"{TALON}/v2/customer_sessions/t-{number}"
                found.append((await client.put(url, json={"customerSession": {}})).status_code)

            async with anyio.create_task_group() as group:
                for number in range(20):
                    group.start_soon(one, number)

    anyio.run(several, backend=backend)
    threads = [threading.Thread(target=lambda: found.append(BEFORE.get(SESSION).status_code)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 20 + [404] * 8
