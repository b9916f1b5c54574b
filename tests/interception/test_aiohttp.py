"""aiohttp: sessions and connectors, with their own parser, timeouts and errors."""

import asyncio
import gzip
import io
import time

import aiohttp
import pytest
import pytest_asyncio

from emulator.core.faults import Damage
from emulator.direct import Reply
from emulator.interception.policy import HostRefused
from tests.interception.conftest import DATE, KEY, SESSION

pytestmark = pytest.mark.asyncio
AUTHORIZED = {"Authorization": KEY}
NEW = {"customerSession": {}}


@pytest_asyncio.fixture
async def session():
    async with aiohttp.ClientSession(headers=AUTHORIZED) as one:
        yield one


def replied(body=b"0123456789" * 100, **damage):
    return Reply(200, [DATE, (b"content-length", b"%d" % len(body))], body, Damage(**damage))


async def test_a_session_that_was_built_before_is_led_as_well(prepared, control, lead_to, answering):
    async with aiohttp.ClientSession(headers=AUTHORIZED) as session:
        for _ in range(2):
            with lead_to(answering):
                async with session.get(SESSION) as answer:
                    assert (answer.status, answer.reason, await answer.text()) == (200, "OK", "ok")


async def test_an_answer_looks_as_from_the_network(led, session):
    async with session.get(SESSION) as answer:
        assert (answer.status, answer.reason, str(answer.url)) == (404, "Not Found", SESSION)
        assert answer.version == aiohttp.HttpVersion11
        assert (await answer.json())["message"] == "Not Found"
        with pytest.raises(aiohttp.ClientResponseError, match="404, message='Not Found'"):
            answer.raise_for_status()


async def test_the_emulator_sees_the_call_as_it_was_sent(lead_to, answering, session):
    with lead_to(answering):
        await session.patch("https://Demo.Talon.ONE:8443/a%2Fb?c=d%26e", data=b"abc", headers={"X-Word": "é"})
    (call,) = answering.calls
    assert (call.method, call.scheme, call.host, call.path, call.query, call.body) == (
        "PATCH", "https", "demo.talon.one:8443", "/a%2Fb", b"c=d%26e", b"abc",
    )  # fmt: skip
    assert (b"x-word", "é".encode()) in call.headers


async def _pieces():
    for piece in (b'{"customerSession"', b"", b": {}}"):
        await asyncio.sleep(0)
        yield piece


@pytest.mark.parametrize(
    "body",
    [lambda: b'{"customerSession": {}}', lambda: '{"customerSession": {}}',
     lambda: io.BytesIO(b'{"customerSession": {}}'), _pieces],
    ids=["bytes", "text", "file", "generator"],
)  # fmt: skip
@pytest.mark.parametrize("hesitant", [False, True])
async def test_a_body_comes_whole_however_it_is_sent(led, heard, session, body, hesitant):
    async with session.put(SESSION, data=body(), expect100=hesitant) as answer:
        assert answer.status == 200
    assert heard()[0]["request"]["body"] == NEW


async def test_what_has_no_body_ends_with_its_headers(lead_to, answering, session):
    answering.reply = Reply(204, [DATE])
    with lead_to(answering):
        async with session.delete(SESSION) as answer:
            assert (answer.status, await answer.read()) == (204, b"")
        answering.reply = Reply(200, [DATE, (b"content-length", b"5")])
        async with session.head(SESSION) as answer:
            assert (answer.content_length, await answer.read()) == (5, b"")


async def test_a_compressed_answer_is_left_to_the_client(lead_to, answering, session):
    squeezed = gzip.compress(b"long and long and long")
    headers = [DATE, (b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(squeezed))]
    answering.reply = Reply(200, headers, squeezed)
    with lead_to(answering):
        async with session.get(SESSION) as answer:
            assert await answer.read() == b"long and long and long"


async def test_a_large_answer_waits_for_a_reader_that_takes_its_time(lead_to, answering, session):
    answering.reply = replied(b"0123456789" * 200_000, slow_ms=50)
    with lead_to(answering):
        async with session.get(SESSION, read_bufsize=1_000) as answer:
            received = 0
            async for piece in answer.content.iter_chunked(50_000):
                await asyncio.sleep(0)
                received += len(piece)
    assert received == 2_000_000


async def test_a_redirect_is_followed(lead_to, answering, session):
    replies = [Reply(302, [DATE, (b"location", b"/there"), (b"content-length", b"0")]), answering.reply]

    def answer(call, timeout):
        answering.calls.append(call)
        return replies.pop(0)

    answering.answer = answer
    with lead_to(answering):
        async with session.get(SESSION) as final:
            assert final.url.path == "/there"


async def test_calls_at_the_same_time_do_not_mix(led, session):
    async def call(number):
        async with session.get(SESSION[:-1] + str(number)) as answer:
            return await answer.text()

    texts = await asyncio.gather(*map(call, range(50)))
    assert all(f's-{number}\\"' in text for number, text in enumerate(texts))


async def test_a_connectors_limit_holds_as_ever(lead_to, answering):
    answering.reply = replied(slow_ms=1_000)
    connector = aiohttp.TCPConnector(limit=1)
    with lead_to(answering):
        async with aiohttp.ClientSession(connector=connector) as session, session.get(SESSION):
            waiting = asyncio.ensure_future(session.get(SESSION))
            await asyncio.sleep(0.01)
            assert len(answering.calls) == 1
    with pytest.raises(aiohttp.ClientConnectionError):
        await waiting


async def test_a_call_takes_place_although_nobody_waits_for_its_answer(led, heard, session):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await session.put(SESSION, json=NEW, headers={"X-Emulator-Fault": "delay=60000"})
    assert [entry["status"] for entry in heard()] == [200]


async def test_a_websocket_is_not_to_be_had(led, session):
    with pytest.raises(aiohttp.WSServerHandshakeError, match="501"):
        await session.ws_connect("wss://demo.talon.one/live")


# Damage


async def test_a_dropped_call_is_a_lost_server(led, session):
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await session.post(SESSION, headers={"X-Emulator-Fault": "drop"})


async def test_a_dropped_call_is_made_once_more_where_aiohttp_does_that(led, heard, control, session):
    control.add_fault("talonone", "drop", times=1)
    async with session.get(SESSION) as answer:
        assert answer.status == 404
    assert [entry["fault"] for entry in heard()] == ["f1 drop", None]


async def test_a_truncated_answer_is_an_incomplete_payload(lead_to, answering, session):
    answering.reply = replied(truncate=True)
    with lead_to(answering):
        async with session.get(SESSION) as answer:
            with pytest.raises(aiohttp.ClientPayloadError, match="Response payload is not completed"):
                await answer.read()


@pytest.mark.parametrize(
    ("limit", "error"), [({"sock_read": 0.1}, aiohttp.SocketTimeoutError), ({"total": 0.1}, TimeoutError)]
)
async def test_a_late_answer_is_a_timeout(led, session, limit, error):
    began = time.monotonic()
    with pytest.raises(error) as raised:
        await session.get(SESSION, headers={"X-Emulator-Fault": "delay=60000"}, timeout=aiohttp.ClientTimeout(**limit))
    assert type(raised.value) is error
    assert time.monotonic() - began >= 0.1


async def test_an_answer_may_be_late_for_one_and_not_for_another(led, session):
    async def call(fault):
        async with session.get(SESSION, headers={"X-Emulator-Fault": fault}) as answer:
            return answer.headers["x-emulator-request-id"]

    late = asyncio.ensure_future(call("delay=50"))
    await asyncio.sleep(0)
    assert [await call("delay=1"), await late] == ["2", "1"]


async def test_a_slow_body_comes_in_pieces(lead_to, answering, session):
    answering.reply = replied(slow_ms=100)
    with lead_to(answering):
        async with session.get(SESSION, timeout=aiohttp.ClientTimeout(sock_read=0.09)) as answer:
            pieces = [piece async for piece in answer.content.iter_any()]
    assert pieces == [b"0123456789" * 10] * 10


async def test_a_slow_body_may_be_too_slow(lead_to, answering, session):
    answering.reply = replied(b"0123456789", slow_ms=60_000)
    with lead_to(answering):
        async with session.get(SESSION, timeout=aiohttp.ClientTimeout(sock_read=0.1)) as answer:
            with pytest.raises(aiohttp.SocketTimeoutError):
                await answer.read()


# A target elsewhere


async def test_a_target_elsewhere_does_not_hold_the_loop_up(lead_to, answering, session):
    answering.waits, own = True, answering.answer

    def answer(call, timeout):
        time.sleep(0.05)
        return own(call, timeout)

    answering.answer = answer
    with lead_to(answering):
        call = asyncio.ensure_future(session.get(SESSION, timeout=aiohttp.ClientTimeout(total=9, sock_read=5)))
        for _ in range(5):
            await asyncio.sleep(0.001)
        assert not call.done()
        async with await call as done:
            assert await done.read() == b"ok"
    assert answering.timeouts == [5]


async def test_a_target_elsewhere_that_is_not_there_is_an_os_error(lead_to, answering, session):
    answering.waits, answering.reply = True, ConnectionRefusedError(111, "Connection refused")
    with lead_to(answering), pytest.raises(aiohttp.ClientOSError, match="Connection refused"):
        await session.post(SESSION)


async def test_a_target_elsewhere_that_is_too_late_is_a_timeout(lead_to, answering, session):
    answering.waits, answering.reply = True, TimeoutError("timed out")
    with lead_to(answering), pytest.raises(aiohttp.SocketTimeoutError):
        await session.post(SESSION, timeout=aiohttp.ClientTimeout(sock_read=0.05))


@pytest.mark.parametrize("waits", [False, True])
async def test_a_defect_of_the_emulators_is_told_to_the_caller(lead_to, answering, session, waits):
    answering.waits, answering.reply = waits, ZeroDivisionError("a defect")
    with lead_to(answering), pytest.raises(ZeroDivisionError, match="a defect"):
        await session.get(SESSION)


# Proxies, and hosts that are refused


@pytest.mark.parametrize("url", [SESSION, SESSION.replace("https", "http")])
@pytest.mark.parametrize("proxy", ["http://user:secret@proxy.example:3128", "https://proxy.example"])
async def test_a_proxy_is_not_asked_for_a_vendors_host(led, monkeypatch, url, proxy):
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.setenv("http_proxy", proxy)
    async with aiohttp.ClientSession(headers=AUTHORIZED, trust_env=True) as session:
        for more in ({}, {"proxy": "http://other.example:1"}):
            async with session.get(url, **more) as answer:
                assert answer.status == 404


@pytest.mark.parametrize("more", [{}, {"proxy": "http://proxy.example:3128"}])
async def test_a_refused_host_is_told_with_its_sentence(led, session, more):
    with pytest.raises(HostRefused, match=r"^api\.treasuredata\.com is a host of Treasure Data's"):
        await session.get("https://api.treasuredata.com/v3/job/list", **more)
    assert len(led.refused) == 1


async def test_without_a_network_any_other_host_is_refused(lead_to, answering, session, real):
    with lead_to(answering, network="none"):
        for host in ("shop.example", "192.0.2.1", "[2001:db8::1]"):
            with pytest.raises(HostRefused, match="lets no call leave the machine"):
                await session.get(f"https://{host}/")
        async with session.get(f"http://127.0.0.1:{real}/") as answer:
            assert await answer.text() == "real"


# Sessions that last longer than a policy


async def test_a_session_goes_from_the_real_host_to_the_emulator_and_back(lead_to, answering, session, internet):
    url = f"http://demo.talon.one:{internet}/"

    async def call():
        async with session.get(url) as answer:
            return await answer.text()

    for _ in range(2):
        assert await call() == "real"
        with lead_to(answering):
            assert [await call(), await call()] == ["ok", "ok"]
    assert await call() == "real"


async def test_an_answer_may_be_read_after_its_policy(lead_to, answering, session):
    answering.reply = replied(slow_ms=50)
    with lead_to(answering):
        answer = await session.get(SESSION)
    assert await answer.read() == answering.reply.body


async def test_an_answer_may_be_given_up_while_its_loop_does_not_run(lead_to, answering):
    answering.reply = replied(slow_ms=60_000)

    async def call(session):
        return await session.get(SESSION)

    def between():
        with asyncio.Runner() as runner, lead_to(answering):
            session = runner.run(_new())
            answer = runner.run(call(session))
            answer.close()
            assert answer.closed
            runner.run(session.close())

    await asyncio.to_thread(between)


async def _new():
    return aiohttp.ClientSession()


async def test_a_session_may_be_closed_while_an_answer_is_on_its_way(led):
    session = aiohttp.ClientSession(headers=AUTHORIZED)
    call = asyncio.ensure_future(session.get(SESSION, headers={"X-Emulator-Fault": "delay=60000"}))
    await asyncio.sleep(0.01)
    await session.close()
    with pytest.raises(aiohttp.ClientConnectionError):
        await call
