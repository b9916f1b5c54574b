"""A real socket to the test's world, for what has an HTTP stack of its own."""

import os
import shutil
import threading

import pytest

from emulator.client import Client
from emulator.server import Background
from emulator.settings import Options
from emulator.testing.in_process import InProcessVenue
from tests.testing.conftest import Run

HEAD = """
    import httpx, os, pathlib, pytest, socket, ssl, subprocess, sys, threading

    KEY = {"Authorization": "ApiKey-v1 " + "d1c2b3a4" * 8}
    SESSION = "/v2/customer_sessions/s-1"
"""


def test_it_is_the_test_s_own_world(run: Run, where: list[str]) -> None:
    result = run(
        HEAD
        + """
    @pytest.mark.parametrize("time", ["first", "second"])
    @pytest.mark.emulator(clock="2026-01-05T09:00:00Z")
    def test_it(emulator, talonone, emulator_server, time):
        url = emulator_server.base_url("talonone") + SESSION
        assert httpx.get(url, headers=KEY).status_code == 404
        assert talonone.client.put(SESSION, json={"customerSession": {}}).status_code == 200
        assert httpx.get(url, headers=KEY).status_code == 200
        assert len(emulator.control.requests()["requests"]) == 3

        emulator.clock.advance(hours=1)
        with httpx.Client(base_url=emulator_server.url) as client:
            assert client.get("/_emulator/clock").json()["now"] == "2026-01-05T10:00:00Z"
            assert client.get("/talonone" + SESSION).status_code == 401

        emulator.control.add_fault("talonone", "drop")
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(url, headers=KEY)
    """,
        *where,
    )
    result.assert_outcomes(passed=2)


def test_it_alone_is_enough_for_a_test(run: Run, where: list[str]) -> None:
    result = run(
        HEAD
        + """
    @pytest.mark.emulator(scenario="empty")
    def test_it(emulator_server):
        state = httpx.get(emulator_server.url + "/_emulator/state").json()
        assert state["scenario"] == "empty"
        assert httpx.get("https://demo.talon.one/v2/customer_sessions/s").status_code == 401
    """,
        *where,
    )
    result.assert_outcomes(passed=1)


def test_where_it_is(run: Run, where: list[str]) -> None:
    result = run(
        HEAD
        + """
    def test_it(emulator_server):
        assert emulator_server.host == "127.0.0.1"
        assert emulator_server.url.startswith(f"http://127.0.0.1:{emulator_server.port}")
        assert not emulator_server.url.endswith("/")
        assert emulator_server.url in repr(emulator_server)
        with pytest.raises(ValueError, match="'talon' is no vendor here; did you mean talonone"):
            emulator_server.base_url("talon")

        said = emulator_server.environment()
        assert said["TALONONE_BASE_URL"] == emulator_server.base_url("talonone")
        assert said["PRIMEDATA_BASE_URL"] == emulator_server.url + "/primedata"
        url, namespace = said["EMULATOR_URL"], said.get("EMULATOR_NAMESPACE")
        assert emulator_server.url == (url + "/ns/" + namespace if namespace else url)
    """,
        *where,
    )
    result.assert_outcomes(passed=1)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_programs_that_a_test_starts_reach_it(run: Run, where: list[str]) -> None:
    result = run(
        HEAD
        + """
    def test_it(emulator, emulator_server):
        environment = {**os.environ, **emulator_server.environment()}
        command = 'curl -s -o /dev/null -w "%{http_code}" "$TALONONE_BASE_URL/v2/customer_sessions/s"'
        said = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, check=True)
        assert said.stdout == b"401"
        assert [call["status"] for call in emulator.control.requests()["requests"]] == [401]
    """,
        *where,
    )
    result.assert_outcomes(passed=1)


TLS = (
    HEAD
    + """
    def test_it(emulator, emulator_server):
        plain = emulator_server.port
        secure = emulator_server.secure
        assert secure.url.startswith(f"https://127.0.0.1:{secure.port}")
        assert secure.port != plain and emulator_server.port == plain
        assert secure.ca_file.read_text().startswith("-----BEGIN CERTIFICATE-----")
        assert pathlib.Path.home() not in secure.ca_file.parents
        print("CA", secure.ca_file)

        with httpx.Client(verify=ssl.create_default_context(cafile=secure.ca_file)) as client:
            url = secure.base_url("talonone") + SESSION
            assert client.get(url, headers=KEY).status_code == 404
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(url)
        assert len(emulator.control.requests()["requests"]) == 1

        said = secure.environment()
        assert said["TALONONE_BASE_URL"] == secure.base_url("talonone")
        assert said["EMULATOR_TLS_URL"] == secure.url
        assert said["EMULATOR_CA_FILE"] == str(secure.ca_file)
        call = "import os, urllib.request as u; u.urlopen(os.environ['EMULATOR_TLS_URL'] + '/_emulator/ready')"
        subprocess.run([sys.executable, "-c", call], env={**os.environ, **said}, check=True)
        names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
        assert {said[name] for name in names} == {str(secure.ca_file.with_name("ca-bundle.pem"))}

    def test_it_stays_open(emulator_server):
        assert emulator_server.secure.port == emulator_server.secure.port
"""
)


def test_tls_is_opened_when_it_is_asked_for(run: Run) -> None:
    result = run(TLS, "-s")
    result.assert_outcomes(passed=2)
    file = result.stdout.str().partition("CA ")[2].split()[0]
    assert not os.path.exists(os.path.dirname(file))


def test_vendors_hosts_over_tls(run: Run) -> None:
    result = run(
        HEAD
        + """
    def test_it(emulator_server):
        context = ssl.create_default_context(cafile=emulator_server.secure.ca_file)
        with socket.create_connection(("127.0.0.1", emulator_server.secure.port)) as plain:
            with context.wrap_socket(plain, server_hostname="us01.p13n.in.treasuredata.com") as wrapped:
                wrapped.sendall(b"GET / HTTP/1.1\\r\\nHost: us01.p13n.in.treasuredata.com\\r\\n\\r\\n")
                assert wrapped.recv(12) == b"HTTP/1.1 501"
    """
    )
    result.assert_outcomes(passed=1)


def test_a_container_without_tls_has_none_to_give(run: Run, server: Background) -> None:
    result = run("def test_it(emulator_server): emulator_server.secure", "--emulator-url", server.url, "-rs")
    result.assert_outcomes(skipped=1)
    said = " ".join(result.stdout.str().split())
    assert (
        f"emulator_server.secure needs an emulator that speaks TLS, and {server.url} does not: name its other" in said
    )


def test_one_port_for_all_tests_and_none_afterwards(run: Run) -> None:
    before = set(threading.enumerate())
    result = run(
        HEAD
        + """
    ports = set()

    @pytest.mark.parametrize("time", range(3))
    def test_it(emulator_server, time):
        ports.add(emulator_server.port)
        assert httpx.get(emulator_server.url + "/_emulator/state").status_code == 200

    def test_ports():
        assert len(ports) == 1
        print("PORT", *ports)
    """,
        "-s",
    )
    result.assert_outcomes(passed=4)
    port = int(result.stdout.str().partition("PORT ")[2].split()[0])
    with pytest.raises(OSError, match="refused"):
        Client(f"http://127.0.0.1:{port}").carry("GET", "/", {}, b"", 5)
    assert set(threading.enumerate()) <= before


def test_without_it_no_thread_is_started(run: Run) -> None:
    result = run("""
        import threading

        def test_it(emulator, talonone):
            assert talonone.client.get("/v2/customer_sessions/s").status_code == 404
            emulator.control.state()
            assert threading.enumerate() == [threading.main_thread()]
    """, apart=True)  # fmt: skip
    result.assert_outcomes(passed=1)


def test_where_no_port_can_be_opened(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(host: str, port: int) -> None:
        raise StartError("port 0 on 127.0.0.1 is taken; stop what listens there")

    from emulator.server import StartError

    monkeypatch.setattr("emulator.server.bind", none_left)
    result = run("def test_it(emulator_server): pass")
    result.assert_outcomes(errors=1)
    assert "emulator_server: port 0 on 127.0.0.1 is taken; stop what listens there" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_has_a_socket_of_its_own(run: Run) -> None:
    result = run(
        HEAD
        + """
    import warnings

    def test_it(emulator, emulator_server, talonone):
        mine = emulator_server.port
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # forking a process that has threads
            child = os.fork()
        if child == 0:
            try:
                theirs = emulator.venue.server()
                talonone.client.put(SESSION, json={"customerSession": {}})
                status = httpx.get(theirs.base_url("talonone") + SESSION, headers=KEY).status_code
                os.write(writing, f"{theirs.port != mine} {status}".encode())
            finally:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert os.read(reading, 100) == b"True 200"
        assert httpx.get(emulator_server.base_url("talonone") + SESSION, headers=KEY).status_code == 404
    """,
        apart=True,
    )
    result.assert_outcomes(passed=1)


def test_other_namespaces_begin_as_the_test_does(run: Run) -> None:
    result = run(
        HEAD
        + """
    @pytest.mark.emulator(scenario="empty")
    def test_it(emulator_server):
        state = httpx.get(emulator_server.url + "/ns/other/_emulator/state").json()
        assert (state["namespace"], state["scenario"]) == ("other", "empty")
    """
    )
    result.assert_outcomes(passed=1)


def test_a_venue_that_never_opened_one_has_none_to_close() -> None:
    venue = InProcessVenue(Options())
    venue.close()
    venue.close()
