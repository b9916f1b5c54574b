"""What can be amiss with an emulator that runs elsewhere: told in full once, and nothing hangs."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emulator import __version__
from emulator.client import Client
from emulator.server import Background
from emulator.settings import Options
from tests.testing.conftest import PLUGIN, Run, own
from tests.testing.strangers import Proxy, Talker, answer_of, free_port
from tests.testing.test_container import ASK, told

THREE = """
    import pytest

    @pytest.mark.parametrize("time", range(3))
    def test_it(emulator, time):
        pass
"""


def test_nobody_there_is_told_in_full_once(run: Run) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = run(THREE, "--emulator-url", url)
    result.assert_outcomes(errors=3)
    port = url.rpartition(":")[2]
    said = f"no emulator answers at {url}: connection refused; start one: martech-emulator serve --port {port}"
    assert told(result).count(f"E   Failed: {said}") + told(result).count(f"\n{said}") == 1
    brief = f"the emulator at {url} is not there: the first test that needed it says more"
    assert told(result).count(f"\n{brief}") == 2
    assert "Traceback" not in told(result)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (answer_of("404 Not Found", "{}"), "is no emulator: it answers 404 Not Found to GET /_emulator/health"),
        (
            answer_of("200 OK", '{"status": "UP"}'),
            'is no emulator: asked for its health it answers {"status": "UP"}',
        ),
        (answer_of("200 OK", "[1]"), "is no emulator: asked for its health it answers [1]"),
        (answer_of("200 OK", "<html>"), "is no emulator: asked for its health it answers <html>"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "is no emulator: it does not speak HTTP"),
        (b"", "no emulator answers at"),
    ],
)
def test_something_else_there(run: Run, answer: bytes, sentence: str) -> None:
    with Talker(answer) as other:
        result = run(THREE, "--emulator-url", other.url)
    result.assert_outcomes(errors=3)
    assert sentence in told(result)
    assert told(result).count("the first test that needed it says more") >= 2


def test_something_that_never_answers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.testing.container._ANSWERING", 0.3)
    monkeypatch.setattr("emulator.testing.container._BRIEFLY", 0.2)
    with Talker(None) as other:
        result = run(THREE, "--emulator-url", other.url)
    result.assert_outcomes(errors=3)
    assert f"{other.url} does not answer within 0.3 seconds" in told(result)
    assert told(result).count(f"the emulator at {other.url} is not there") >= 2


def test_tls_asked_of_a_plain_port(run: Run, server: Background) -> None:
    result = run(THREE, "--emulator-url", server.url.replace("http:", "https:"))
    result.assert_outcomes(errors=3)
    assert "no emulator answers at https://127.0.0.1" in told(result)
    assert "SSL_CERT_FILE" in told(result)


def test_over_tls(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Background(Options(port=0, tls_port=0, ca_dir=tmp_path)) as one:
        assert one.secure is not None
        monkeypatch.setenv("SSL_CERT_FILE", str(one.secure.authority))
        result = run(
            ASK
            + """
    def test_it(emulator, talonone, emulator_server):
        assert httpx.get(URL, headers=HEADERS).status_code == 404
        assert talonone.client.get("/v2/customer_sessions/s").status_code == 404
        assert httpx.get(emulator_server.secure.base_url("talonone")).status_code == 501
    """,
            "--emulator-url",
            one.secure.url.replace("127.0.0.1", "localhost"),
        )
        result.assert_outcomes(passed=1)
        assert own(one.url) == []


def test_what_stands_before_it_and_passes_no_host_on_is_told(run: Run, url: str) -> None:
    with Proxy(url, keeps_host=False) as proxy:
        result = run(THREE, "--emulator-url", proxy.url)
    result.assert_outcomes(errors=3)
    assert f"the emulator at {proxy.url} cannot be called by the vendors' host names" in told(result)
    assert "Name the emulator's own address" in told(result)


def test_an_address_with_a_path_before_all_of_its_own(run: Run, url: str) -> None:
    with Proxy(url, keeps_host=True) as proxy:
        result = run(
            ASK
            + """
    def test_it(emulator, talonone):
        assert "/emu/ns/" in talonone.base_url
        assert httpx.get(URL, headers=HEADERS).status_code == 404
        assert talonone.client.get("/v2/customer_sessions/s").status_code == 404
        assert httpx.get(talonone.base_url + "/v2/customer_sessions/s", headers=HEADERS).status_code == 404
        assert len(emulator.control.requests()["requests"]) == 3
    """,
            "--emulator-url",
            f"{proxy.url}/emu/",
        )
    result.assert_outcomes(passed=1)


def test_another_version_is_named_where_it_does_not_do_as_asked(run: Run, url: str) -> None:
    def older(path: str, body: bytes) -> bytes:
        return body.replace(__version__.encode(), b"0.0.1") if path.endswith("/health") else body

    with Proxy(url, change=older) as proxy:
        result = run(
            """
            import pytest

            @pytest.mark.emulator(scenario="newer")
            def test_it(emulator):
                pass
            """,
            "--emulator-url",
            proxy.url,
        )
    result.assert_outcomes(errors=1)
    assert "no scenario is called 'newer'" in told(result)
    assert f"That emulator is version 0.0.1, and this suite's is {__version__}" in told(result)


def test_one_that_is_still_seeding_is_waited_for(run: Run, url: str) -> None:
    asked: list[str] = []

    def seeding(path: str, body: bytes) -> bytes:
        asked.append(path)
        is_health = path.endswith("/health") and len(asked) < 4
        return json.dumps({**json.loads(body), "ready": False}).encode() if is_health else body

    with Proxy(url, change=seeding) as proxy:
        run(THREE, "--emulator-url", proxy.url).assert_outcomes(passed=3)
    assert len([path for path in asked if path.endswith("/health")]) >= 4


def test_as_many_namespaces_as_allowed(run: Run) -> None:
    with Background(Options(port=0, max_namespaces=2)) as one:
        for name in ("a", "b"):
            Client(one.url, name).state()
        result = run(THREE, "--emulator-url", one.url)
        result.assert_outcomes(errors=3)
        assert "there are 2 namespaces, as many as allowed; delete one with DELETE /_emulator/namespaces/NAME" in told(
            result
        )
        assert "Test runs that were killed have left theirs behind, which are called pytest-" in told(result)
        Client(one.url).delete_namespace("a")
        run(THREE, "--emulator-url", one.url).assert_outcomes(passed=3)
        assert Client(one.url).namespaces()["namespaces"] == ["b"]


ENDING = """
    import httpx, os, pytest, threading
    from emulator.server import Background
    from emulator.settings import Options

    URL = "https://demo.talon.one/v2/customer_sessions/s-9"
    PORT = int(os.environ["CONTAINER_PORT"])

    @pytest.fixture(scope="session", autouse=True)
    def container():
        running = [Background(Options(port=PORT)).__enter__()]
        yield running
        for one in running:
            one.__exit__(None, None, None)
"""


def test_one_that_ends_in_the_middle_of_the_run_and_comes_back(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("CONTAINER_PORT", str(port))
    result = run(
        ENDING
        + """
    @pytest.mark.emulator(scenario={"name": "mine"})
    def test_before(emulator):
        assert emulator.control.state()["scenario"] == "mine"

    def test_meanwhile(emulator, talonone, container):
        container.pop().__exit__(None, None, None)
        with pytest.raises(httpx.ConnectError, match="the emulator at http://127.0.0.1.* is gone: connection refused"):
            httpx.get(URL)
        raise AssertionError("this is what the test says")

    def test_next(emulator):
        pass

    def test_next_but_one(emulator):
        pass

    def test_it_is_back(container):
        container.append(Background(Options(port=PORT)).__enter__())

    @pytest.mark.emulator(scenario={"name": "mine"})
    def test_all_is_well(emulator):
        assert emulator.control.state()["scenario"] == "mine"
    """,
        "--emulator-url",
        f"http://127.0.0.1:{port}",
    )
    result.assert_outcomes(passed=3, failed=1, errors=2)
    assert "this is what the test says" in told(result)
    assert "(it has answered before: see whether it was stopped)" in told(result)
    brief = f"the emulator at http://127.0.0.1:{port} is not there: the first test that needed it says more"
    assert told(result).count(f"\n{brief}") == 1
    assert "INTERNALERROR" not in told(result)


def test_one_that_is_started_anew_between_two_tests(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("CONTAINER_PORT", str(port))
    result = run(
        ENDING
        + """
    def again(container):
        container.pop().__exit__(None, None, None)
        container.append(Background(Options(port=PORT)).__enter__())

    @pytest.mark.emulator(scenario={"name": "mine"})
    @pytest.mark.parametrize("time", range(3))
    def test_it(emulator, container, time, request):
        assert emulator.control.state()["scenario"] == "mine"
        request.addfinalizer(lambda: again(container))
    """,
        "--emulator-url",
        f"http://127.0.0.1:{port}",
    )
    result.assert_outcomes(passed=3)


# Several at once, and runs that end early


SLOW = """
import pytest, time

@pytest.mark.parametrize("number", range(60))
def test_it(emulator, talonone, number):
    assert talonone.client.get("/v2/customer_sessions/s").status_code == 404
    talonone.client.put("/v2/customer_sessions/s", json={"customerSession": {}})
    assert len(emulator.control.requests()["requests"]) == 2
    time.sleep(PAUSE)
"""


def started(pytester: pytest.Pytester, url: str, pause: float, *args: str) -> subprocess.Popen[bytes]:
    pytester.makepyfile(SLOW.replace("PAUSE", str(pause)))
    command = [sys.executable, "-P", "-m", "pytest", *PLUGIN, "-q", "--emulator-url", url, *args]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)


def test_two_runs_at_once_do_not_meet(pytester: pytest.Pytester, url: str) -> None:
    runs = [started(pytester, url, 0.0) for _ in range(2)]
    for one in runs:
        said, _ = one.communicate()
        assert b"60 passed" in said, said.decode()


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_that_is_interrupted_leaves_nothing(pytester: pytest.Pytester, url: str, workers: int) -> None:
    one = started(pytester, url, 0.2, *(["-n", "2"] if workers else []))
    while len(found := own(url)) < max(workers, 1):
        assert one.poll() is None
        time.sleep(0.05)
    assert all(name.endswith(("-gw0", "-gw1")) for name in found) == bool(workers)
    one.send_signal(signal.SIGINT)
    said, _ = one.communicate()
    assert b"KeyboardInterrupt" in said
    assert own(url) == []
