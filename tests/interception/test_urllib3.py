"""urllib3: pools and managers, with their own retries, timeouts and errors."""

import gzip
import http.client
import io
import ssl
import threading
import time
import warnings

import pytest
import urllib3
from urllib3.util import Retry, Timeout

from emulator.core.faults import Damage
from emulator.direct import Reply
from emulator.interception.policy import HostRefused
from tests.interception.conftest import DATE, KEY, SESSION

AUTHORIZED = {"Authorization": KEY}
BEFORE = urllib3.PoolManager(headers=AUTHORIZED)
ONCE = Retry(0, raise_on_status=False)


def replied(body=b"0123456789" * 100, **damage):
    return Reply(200, [DATE, (b"content-length", b"%d" % len(body))], body, Damage(**damage))


@pytest.fixture
def pool():
    with urllib3.PoolManager(headers=AUTHORIZED, retries=ONCE, timeout=Timeout(connect=5, read=0.1)) as one:
        yield one


def damaged(fault):
    return {**AUTHORIZED, "X-Emulator-Fault": fault}


def test_a_manager_that_was_built_before_is_led_as_well(led):
    refused = BEFORE.request("GET", SESSION, headers={"Authorization": "nonsense"})
    assert (refused.status, refused.reason) == (401, "Unauthorized")
    for _ in range(2):
        answer = BEFORE.request("PUT", SESSION, json={"customerSession": {}})
        assert (answer.status, answer.json()["effects"]) == (200, [])


def test_nothing_warns_of_a_connection_that_is_not_verified(led, pool):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pool.request("GET", SESSION).status == 404
        assert urllib3.PoolManager(cert_reqs=ssl.CERT_NONE).request("GET", SESSION).status == 401


@pytest.mark.parametrize(
    "body",
    [bytes, bytes.decode, io.BytesIO, lambda body: [body[:9], b"", body[9:]]],
    ids=["bytes", "text", "file", "iterable"],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_comes_whole_however_it_is_sent(led, heard, pool, body, chunked):
    answer = pool.request("PUT", SESSION, body=body(b'{"customerSession": {}}'), chunked=chunked)
    assert answer.status == 200
    assert heard()[0]["request"]["body"] == {"customerSession": {}}


def test_a_compressed_answer_is_left_to_the_client(lead_to, answering, pool):
    squeezed = gzip.compress(b"long and long and long")
    headers = [DATE, (b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(squeezed))]
    answering.reply = Reply(200, headers, squeezed)
    with lead_to(answering):
        assert pool.request("GET", SESSION).data == b"long and long and long"
        assert pool.request("GET", SESSION, decode_content=False).data == squeezed


def test_a_redirect_is_followed(lead_to, answering, pool):
    replies = [Reply(302, [DATE, (b"location", b"/there"), (b"content-length", b"0")]), answering.reply]

    def answer(call, timeout):
        answering.calls.append(call)
        return replies.pop(0)

    answering.answer = answer
    with lead_to(answering):
        assert pool.request("GET", SESSION, retries=2).data == b"ok"
    assert [call.path for call in answering.calls] == ["/v2/customer_sessions/s-1", "/there"]


def test_a_stream_lets_go_of_its_connection_when_it_is_read(led, pool):
    answer = pool.request("GET", SESSION, preload_content=False)
    assert sum(map(len, answer.stream(10))) == int(answer.headers["content-length"])
    assert pool.request("GET", SESSION).status == 404
    assert pool.connection_from_url(SESSION).num_connections == 1


# Retries


def test_an_overloaded_vendor_is_asked_again(led, heard, control, pool):
    control.add_fault("talonone", "rate_limited", times=1)
    control.add_fault("talonone", "service_unavailable", times=1)
    retries = Retry(3, status_forcelist=[429, 503], backoff_factor=0, respect_retry_after_header=False)
    assert pool.request("GET", SESSION, retries=retries).status == 404
    assert [entry["status"] for entry in heard()] == [429, 503, 404]


def test_a_vendor_that_stays_overloaded_is_given_up(led, control, pool):
    control.add_fault("talonone", "service_unavailable")
    with pytest.raises(urllib3.exceptions.MaxRetryError, match="too many 503 error responses"):
        pool.request("GET", SESSION, retries=Retry(2, status_forcelist=[503]))
    (fault,) = control.faults()
    assert fault["fired"] == 3


def test_a_dropped_call_is_made_again(led, heard, control, pool):
    control.add_fault("talonone", "drop", times=2)
    assert pool.request("GET", SESSION, retries=2).status == 404
    assert [entry["fault"] for entry in heard()] == ["f1 drop", "f1 drop", None]


# Damage


def test_a_dropped_call_is_a_protocol_error(led, pool):
    with pytest.raises(urllib3.exceptions.ProtocolError) as lost:
        pool.request("GET", SESSION, headers=damaged("drop"), retries=False)
    assert lost.value.args[0] == "Connection aborted."
    assert type(lost.value.args[1]).__name__ == "RemoteDisconnected"


def test_a_truncated_answer_is_an_incomplete_read(lead_to, answering, pool):
    answering.reply = replied(truncate=True)
    with lead_to(answering), pytest.raises(urllib3.exceptions.ProtocolError) as cut:
        pool.request("GET", SESSION, retries=False)
    assert isinstance(cut.value.args[1], http.client.IncompleteRead)


def test_a_late_answer_is_a_read_timeout(led, pool):
    began = time.monotonic()
    with pytest.raises(urllib3.exceptions.ReadTimeoutError, match=r"Read timed out. \(read timeout=0.1\)"):
        pool.request("GET", SESSION, headers=damaged("delay=60000"), retries=False)
    assert time.monotonic() - began >= 0.1


def test_a_slow_body_comes_in_pieces(lead_to, answering, pool):
    answering.reply = replied(slow_ms=100)
    with lead_to(answering):
        answer = pool.request("GET", SESSION, preload_content=False)
        assert answer.read1() == b"0123456789" * 10
        assert answer.read() == b"0123456789" * 90


def test_a_slow_body_may_be_too_slow(lead_to, answering, pool):
    answering.reply = replied(b"0123456789", slow_ms=60_000)
    with lead_to(answering), pytest.raises(urllib3.exceptions.ReadTimeoutError):
        pool.request("GET", SESSION, retries=False)


# A target elsewhere


def test_a_target_elsewhere_is_told_the_timeout_for_reading(lead_to, answering, pool):
    answering.waits = True
    with lead_to(answering):
        pool.request("GET", SESSION)
    assert answering.timeouts == [0.1]


def test_a_target_elsewhere_that_is_not_there_is_a_protocol_error(lead_to, answering, pool):
    answering.waits, answering.reply = True, ConnectionRefusedError(111, "Connection refused")
    with lead_to(answering), pytest.raises(urllib3.exceptions.ProtocolError, match="Connection refused"):
        pool.request("GET", SESSION, retries=False)


# Proxies, and hosts that are refused


@pytest.mark.parametrize("proxy", ["http://proxy.example:3128", "https://proxy.example:3128"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_not_asked_for_a_vendors_host(led, proxy, scheme):
    with urllib3.ProxyManager(proxy, headers=AUTHORIZED) as manager:
        for _ in range(2):
            assert manager.request("GET", SESSION.replace("https", scheme), retries=False).status == 404


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("proxied", [False, True])
def test_a_refused_host_is_told_at_once_and_not_tried_again(led, scheme, proxied):
    manager = urllib3.ProxyManager("http://proxy.example:3128") if proxied else urllib3.PoolManager()
    with manager, pytest.raises(HostRefused, match=r"^api\.treasuredata\.com is a host of Treasure Data's"):
        manager.request("GET", f"{scheme}://api.treasuredata.com/", retries=5)
    assert len(led.refused) == 1


def test_without_a_network_any_other_host_is_refused(lead_to, answering):
    with lead_to(answering, network="none"), pytest.raises(HostRefused, match=r"^shop\.example is not emulated"):
        urllib3.request("GET", "https://shop.example/")


# Pools that last longer than a policy


def test_a_pool_goes_from_the_real_host_to_the_emulator_and_back(lead_to, answering, internet):
    url = f"http://demo.talon.one:{internet}/"
    with urllib3.HTTPConnectionPool("demo.talon.one", internet, block=True) as pool:
        for _ in range(2):
            assert pool.request("GET", url).data == b"real"
            with lead_to(answering):
                assert pool.request("GET", url).data == b"ok"
                assert pool.request("GET", url).data == b"ok"
        assert pool.request("GET", url).data == b"real"


def test_a_connection_opened_under_a_policy_is_not_kept_for_the_next(lead_to, answering, internet):
    with urllib3.HTTPConnectionPool("demo.talon.one", internet) as pool:
        with lead_to(answering):
            unread = pool.request("GET", "/", preload_content=False)
        assert pool.request("GET", "/").data == b"real"
        assert unread.data == b"ok"


def test_threads_share_a_pool(led, control):
    statuses = []

    def call():
        statuses.extend(BEFORE.request("GET", SESSION).status for _ in range(20))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [404] * 160
    assert control.requests()["total"] == 160
