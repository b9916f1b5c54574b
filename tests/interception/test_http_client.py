"""http.client and urllib: production URLs in unchanged programs of the standard library."""

import http.client
import io
import json
import socket
import time
import urllib.error
import urllib.request

import pytest

from emulator.core.faults import Damage
from emulator.direct import Reply
from emulator.interception.policy import HostRefused
from tests.interception.conftest import DATE, KEY, SESSION, TALON

AUTHORIZED = {"Authorization": KEY}
OPENER = urllib.request.build_opener()


def request(connection, method="GET", path="/v2/customer_sessions/s-1", body=None, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {**AUTHORIZED, **named})
    return connection.getresponse()


def replied(body=b"0123456789" * 100, **damage):
    return Reply(200, [DATE, (b"content-length", b"%d" % len(body))], body, Damage(**damage))


@pytest.fixture
def connection():
    one = http.client.HTTPSConnection("demo.talon.one", timeout=0.1)
    yield one
    one.close()


@pytest.fixture
def by_name(internet):
    """To the vendor's host, as the internet has it when no policy is in force."""
    one = http.client.HTTPConnection("demo.talon.one", internet)
    yield one
    one.close()


# The way there and back


def test_a_production_url_is_answered_by_the_emulator(led):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(SESSION)
    assert refused.value.code == 401
    assert json.load(refused.value)["message"] == "Invalid API key"


def test_an_opener_that_was_built_before_is_led_as_well(led):
    asked = urllib.request.Request(SESSION, b'{"customerSession": {}}', AUTHORIZED, method="PUT")
    with OPENER.open(asked) as answer:
        assert (answer.status, answer.reason) == (200, "OK")
        assert answer.headers["x-emulator-request-id"] == "1"


def test_the_answer_has_the_very_headers_of_the_vendor(lead_to, answering, connection):
    answering.reply = Reply(299, [DATE, (b"x-twice", b"1"), (b"x-twice", b"\xe9"), (b"content-length", b"0")])
    with lead_to(answering):
        answer = request(connection)
    assert (answer.status, answer.reason, answer.version) == (299, "", 11)
    assert answer.getheaders() == [
        ("date", "Mon, 05 Jan 2026 09:00:00 GMT"), ("x-twice", "1"), ("x-twice", "é"), ("content-length", "0"),
    ]  # fmt: skip


def test_the_emulator_sees_the_call_as_it_was_sent(lead_to, answering):
    connection = http.client.HTTPConnection("US01.p13n.in.treasuredata.com", 8080)
    with lead_to(answering):
        connection.putrequest("PATCH", "/a%2Fb?c=d&e", skip_accept_encoding=True)
        connection.putheader("X-Word", "é")
        connection.putheader("Content-Length", 3)
        connection.endheaders(b"abc")
        assert connection.getresponse().read() == b"ok"
    (call,) = answering.calls
    assert (call.method, call.scheme, call.path, call.query, call.body) == (
        "PATCH", "http", "/a%2Fb", b"c=d&e", b"abc",
    )  # fmt: skip
    assert call.host == "us01.p13n.in.treasuredata.com:8080"
    assert call.headers == [
        (b"host", b"US01.p13n.in.treasuredata.com:8080"), (b"x-word", b"\xe9"), (b"content-length", b"3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "reply"),
    [
        ("HEAD", Reply(200, [DATE, (b"content-length", b"5")])),
        ("DELETE", Reply(204, [DATE])),
        ("GET", Reply(304, [DATE])),
    ],
)
def test_what_has_no_body_ends_with_its_headers(lead_to, answering, connection, method, reply):
    answering.reply = reply
    with lead_to(answering):
        assert request(connection, method).read() == b""
        assert request(connection, method).status == reply.status


@pytest.mark.parametrize(
    "body",
    [b'{"customerSession": {}}', bytearray(b'{"customerSession": {}}'), '{"customerSession": {}}',
     io.BytesIO(b'{"customerSession": {}}'), io.StringIO('{"customerSession": {}}'),
     [b'{"customerSession"', b"", b": {}}"]],
    ids=lambda body: type(body).__name__,
)  # fmt: skip
def test_a_body_comes_whole_however_it_is_sent(led, heard, connection, body):
    assert request(connection, "PUT", body=body).status == 200
    assert heard()[0]["request"]["body"] == {"customerSession": {}}


def test_a_client_that_asks_whether_to_send_its_body_is_told_to(led, connection):
    assert request(connection, "PUT", body=b'{"customerSession": {}}', Expect="100-continue").status == 200


def test_one_connection_carries_many_calls(led, heard, connection):
    connection.connect()
    for _ in range(3):
        request(connection, Connection="keep-alive").read()
    assert [entry["status"] for entry in heard()] == [404] * 3


def test_an_answer_that_is_not_read_is_in_the_way_of_the_next_as_ever(led, connection):
    first = request(connection)
    with pytest.raises(http.client.ResponseNotReady):
        request(connection)
    assert json.loads(first.read())["message"] == "Not Found"
    assert connection.getresponse().status == 404


def test_a_second_request_too_early_is_refused_as_ever_and_spoils_nothing(led, connection):
    connection.request("GET", "/v2/customer_sessions/s-1", headers=AUTHORIZED)
    with pytest.raises(http.client.CannotSendRequest):
        connection.request("GET", "/v2/customer_sessions/s-2", headers=AUTHORIZED)
    assert b"s-1" in connection.getresponse().read()


def test_a_call_takes_place_although_nobody_waits_for_its_answer(led, heard, connection):
    connection.request("PUT", "/v2/customer_sessions/s-1", b'{"customerSession": {}}', AUTHORIZED)
    connection.close()
    assert [entry["status"] for entry in heard()] == [200]


def test_half_a_request_is_never_answered(led, heard, connection):
    connection.putrequest("PUT", "/v2/customer_sessions/s-1")
    connection.putheader("Content-Length", "100")
    connection.endheaders(b"only this")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    assert heard() == []


@pytest.mark.parametrize("line", ["no header", "Content-Length: 1\r\nContent-Length: 2"])
def test_what_is_no_http_is_refused_as_by_the_server(led, connection, line):
    connection.connect()
    connection.sock.sendall(f"GET / HTTP/1.1\r\n{line}\r\n\r\n".encode())
    answer = http.client.HTTPResponse(connection.sock)
    answer.begin()
    assert answer.status == 400
    assert json.loads(answer.read())["title"] == "Not HTTP"


# Damage


def test_a_dropped_call_is_a_closed_connection(led, connection):
    with pytest.raises(http.client.RemoteDisconnected, match="Remote end closed connection without response"):
        request(connection, X_Emulator_Fault="drop")
    assert request(connection).status == 404


def test_a_truncated_answer_is_an_incomplete_read(lead_to, answering, connection):
    answering.reply = replied(truncate=True)
    with lead_to(answering), pytest.raises(http.client.IncompleteRead) as cut:
        request(connection).read()
    assert (len(cut.value.partial), cut.value.expected) == (500, 500)


def test_a_late_answer_is_a_timeout(led, connection):
    began = time.monotonic()
    with pytest.raises(TimeoutError, match="timed out"):
        request(connection, X_Emulator_Fault="delay=60000")
    assert time.monotonic() - began >= 0.1


def test_without_a_timeout_an_answer_is_waited_for(led):
    connection = http.client.HTTPSConnection("demo.talon.one")
    began = time.monotonic()
    assert request(connection, X_Emulator_Fault="delay=50").status == 404
    assert time.monotonic() - began >= 0.05


def test_a_slow_body_comes_in_pieces_and_outlasts_the_timeout_for_each(lead_to, answering, connection):
    answering.reply = replied(slow_ms=200)
    with lead_to(answering):
        answer = request(connection)
        first = answer.read1()
        assert len(first) == 100
        assert first + answer.read() == answering.reply.body


def test_a_slow_body_may_be_too_slow(lead_to, answering, connection):
    answering.reply = replied(b"0123456789", slow_ms=60_000)
    with lead_to(answering):
        answer = request(connection)
        with pytest.raises(TimeoutError):
            answer.read()


# A target elsewhere


def test_a_target_elsewhere_is_told_how_long_the_client_waits(lead_to, answering, connection):
    answering.waits = True
    with lead_to(answering):
        assert request(connection).read() == b"ok"
    assert answering.timeouts == [0.1]


@pytest.mark.parametrize("trouble", [TimeoutError("too long"), ConnectionRefusedError(111, "Connection refused")])
def test_trouble_with_a_target_elsewhere_is_the_callers(lead_to, answering, connection, trouble):
    answering.waits, answering.reply = True, trouble
    with lead_to(answering), pytest.raises(type(trouble)) as told:
        request(connection)
    assert told.value is trouble


# Other ways to the same hosts


@pytest.mark.parametrize(
    "host",
    ["DEMO.talon.one", "demo.talon.one.", "demo。talon.one", "ｄｅｍｏ.talon.one", "demo.talon.one:8443",
     "talonone.localhost", "worker-1.talonone.localhost:1"],
)  # fmt: skip
def test_however_a_host_is_spelt_it_leads_to_the_emulator(lead_to, answering, host):
    connection = http.client.HTTPSConnection(host)
    with lead_to(answering):
        assert request(connection).read() == b"ok"


def test_a_connection_that_connects_in_its_own_way_leads_to_the_emulator_too(lead_to, answering):
    class Own(http.client.HTTPSConnection):
        def connect(self):
            self.sock = socket.create_connection((self.host, self.port))

    with lead_to(answering):
        assert request(Own("demo.talon.one")).read() == b"ok"


def test_a_connection_to_a_path_of_this_machine_is_none_of_our_business(lead_to, answering):
    class OfMachine(http.client.HTTPConnection):
        def connect(self):
            raise FileNotFoundError("/run/nobody.sock")

    with lead_to(answering, network="none"), pytest.raises(FileNotFoundError):
        request(OfMachine("localhost"))


@pytest.mark.parametrize("url", [SESSION, SESSION.replace("https", "http")])
def test_a_proxy_is_not_asked_for_a_vendors_host(led, monkeypatch, url):
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(url, headers=AUTHORIZED))
    assert refused.value.code == 404


def test_a_tunnel_to_a_vendors_host_is_not_dug(led):
    connection = http.client.HTTPSConnection("127.0.0.1", 1)
    connection.set_tunnel("demo.talon.one", 443, {"Proxy-Authorization": "Basic eA=="})
    answer = request(connection)
    assert answer.status == 404
    assert answer.headers["x-emulator-explain"].startswith(TALON)


def test_an_absolute_target_says_itself_where_it_leads(led, internet):
    connection = http.client.HTTPConnection("proxy.example", internet)
    connection.request("GET", "http://shop.example/")
    assert connection.getresponse().read() == b"real"
    kept = connection.sock
    assert request(connection, path=SESSION.replace("https", "http")).status == 404
    assert kept.fileno() == -1


# Hosts that are refused


@pytest.mark.parametrize(
    "url", ["https://api.treasuredata.com/v3/job", "http://recs.richrelevance.com/", "https://primedata.ai./"]
)
def test_a_vendors_host_that_is_not_emulated_is_refused_with_a_sentence(led, url):
    with pytest.raises(HostRefused, match="that the emulator does not emulate; it emulates "):
        urllib.request.urlopen(url)
    assert len(led.refused) == 1


def test_a_refused_host_is_refused_through_a_proxy_too(led, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    for url in ("http://api.treasuredata.com/", "https://api.treasuredata.com/"):
        with pytest.raises(HostRefused, match=r"api\.treasuredata\.com is a host of Treasure Data's"):
            urllib.request.urlopen(url)


def test_any_other_host_is_let_through(led, internet):
    with urllib.request.urlopen(f"http://shop.example:{internet}/") as answer:
        assert answer.read() == b"real"


@pytest.mark.parametrize("url", ["https://shop.example/", "http://192.0.2.1/", "http://[2001:db8::1]/"])
def test_without_a_network_any_other_host_is_refused(lead_to, answering, url):
    with lead_to(answering, network="none"), pytest.raises(HostRefused, match="lets no call leave the machine"):
        urllib.request.urlopen(url)


def test_without_a_network_this_machine_can_be_called(lead_to, answering, real):
    with (
        lead_to(answering, network="none"),
        urllib.request.urlopen(f"http://localhost:{real}/") as by_name,
        urllib.request.urlopen(f"http://127.0.0.1:{real}/") as by_address,
    ):
        assert by_name.read() + by_address.read() == b"realreal"


# Connections that last longer than a policy


def test_a_connection_to_the_real_host_is_not_used_while_a_policy_is_in_force(lead_to, answering, by_name):
    assert request(by_name).read() == b"real"
    with lead_to(answering):
        assert request(by_name).read() == b"ok"
    assert request(by_name).read() == b"real"


def test_a_connection_follows_from_one_test_to_the_next(lead_to, answering, by_name):
    for _ in range(2):
        with lead_to(answering):
            assert request(by_name).read() == b"ok"
            by_name.connect()
    assert len(answering.calls) == 2


def test_a_connection_that_was_opened_under_a_policy_is_closed_after_it(lead_to, answering, by_name):
    with lead_to(answering):
        by_name.connect()
    with pytest.raises(BrokenPipeError):
        request(by_name)
    by_name.close()
    assert request(by_name).read() == b"real"
    assert answering.calls == []


def test_an_answer_may_be_read_after_its_policy(lead_to, answering, connection):
    with lead_to(answering):
        answer = request(connection)
    assert answer.read() == b"ok"
