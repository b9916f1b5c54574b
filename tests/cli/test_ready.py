"""``ready``: for health checks, which ask all the time, and for scripts that wait."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest

from emulator.app import Emulator
from emulator.server import Background, bind
from emulator.settings import Options
from tests.cli.program import ROOT, environment, run

NOBODY = "http://127.0.0.1:1"
LOADING = "is not ready: it is still loading its scenario; --wait 30s waits for it"


def port_of(server: Background) -> str:
    return str(urlsplit(server.url).port)


@contextmanager
def answering(status: int, body: bytes, media_type: str) -> Iterator[str]:
    """Something that answers every call so."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as one:
        thread = threading.Thread(target=one.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{one.server_port}"
        finally:
            one.shutdown()
            thread.join()


@pytest.fixture
def loading() -> Iterator[tuple[Background, threading.Event]]:
    """An emulator that loads its scenario until it is told to go on."""
    go_on = threading.Event()

    class Slow(Emulator):
        def prepare(self) -> None:
            if threading.current_thread().name != "MainThread":
                go_on.wait(30)
                super().prepare()

    running = Background(of=Slow(Options(port=0)))
    running._ready.set()
    with running:
        yield running, go_on
        go_on.set()


# Yes


@pytest.mark.parametrize("arguments", [(), ("--wait", "2s"), ("--wait", "0.5s")])
def test_one_that_is_ready_is_told_so(server: Background, arguments: tuple[str, ...]) -> None:
    done = run("ready", *arguments, EMULATOR_PORT=port_of(server))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"martech-emulator ready on {server.url}\n", "")


def test_programs_are_told_as_json(server: Background) -> None:
    assert json.loads(run("ready", "--json", EMULATOR_URL=server.url).stdout) == {"url": server.url, "ready": True}
    told = run("ready", EMULATOR_PORT=port_of(server), EMULATOR_JSON="1").stdout
    assert json.loads(told) == {"url": server.url, "ready": True}


@pytest.mark.parametrize(
    ("listens", "asked"),
    [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("127.0.0.2", "127.0.0.2"), ("localhost", "localhost"),
     ("::1", "[::1]"), ("::", "[::1]")],
)  # fmt: skip
@pytest.mark.parametrize("more", [(), ("--wait", "0.1s")], ids=["at once", "with a command line"])
def test_it_is_found_wherever_it_listens(listens: str, asked: str, more: tuple[str, ...]) -> None:
    if ":" in listens and not ipv6():
        pytest.skip("this machine has no IPv6")
    with Background(Options(host=listens, port=0)) as running:
        port = port_of(running)
        done = run("ready", *more, EMULATOR_HOST=listens, EMULATOR_PORT=port)
        assert (done.stdout, done.stderr) == (f"martech-emulator ready on http://{asked}:{port}\n", "")


def ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_no_token_is_needed() -> None:
    with Background(Options(port=0, control_token="only-for-tests-of-ours")) as running:
        assert run("ready", EMULATOR_PORT=port_of(running)).returncode == 0
        assert run("ready", "--url", running.url).returncode == 0


def test_what_is_typed_wins_over_the_environment(server: Background) -> None:
    assert run("ready", "--port", port_of(server), EMULATOR_PORT="1").returncode == 0
    assert run("ready", "--port", port_of(server), EMULATOR_URL=NOBODY).returncode == 0
    assert run("ready", "--url", server.url, EMULATOR_PORT="1").returncode == 0
    assert run("ready", EMULATOR_URL=server.url, EMULATOR_PORT="1").returncode == 0


# No


@pytest.mark.parametrize("where", [{"EMULATOR_URL": NOBODY}, {"EMULATOR_PORT": "1"}], ids=str)
@pytest.mark.parametrize("arguments", [(), ("--wait", "0"), ("--wait", "0.2s")])
def test_where_nobody_is_it_says_how_to_start_one(where: dict[str, str], arguments: tuple[str, ...]) -> None:
    done = run("ready", *arguments, **where)
    assert (done.returncode, done.stdout) == (1, "")
    says = f"no emulator answers at {NOBODY}: connection refused; start one: martech-emulator serve --port 1"
    assert done.stderr == f"martech-emulator: {says}\n"


def test_one_that_is_still_loading_is_not_ready(loading: tuple[Background, threading.Event]) -> None:
    url = loading[0].url
    for where in ({"EMULATOR_URL": url}, {"EMULATOR_PORT": port_of(loading[0])}):
        done = run("ready", **where)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"martech-emulator: the emulator at {url} {LOADING}\n"
    problem = json.loads(run("ready", "--json", "--url", url).stdout)
    assert (problem["title"], problem["status"]) == ("Not ready", 503)
    assert problem["detail"].endswith(LOADING)


@pytest.mark.parametrize(
    ("status", "body", "media_type"),
    [
        (200, b"<p>Welcome</p>", "text/html"),
        (200, b'{"status":"up"}', "application/json"),
        (200, b'{"ready":"yes"}', "application/json"),
        (200, b"[]", "application/json"),
        (404, b'{"ready":true}', "text/plain"),
        (503, b"", "text/plain"),
    ],
)
@pytest.mark.parametrize("arguments", [(), ("--wait", "0.1s")])
def test_something_else_is_no_emulator(status: int, body: bytes, media_type: str, arguments: tuple[str, ...]) -> None:
    with answering(status, body, media_type) as url:
        done = run("ready", *arguments, EMULATOR_PORT=str(urlsplit(url).port))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{url} is no emulator: it answers {status} " in done.stderr
    assert done.stderr.endswith("to GET /_emulator/ready\n")


def test_what_speaks_no_http_is_no_emulator() -> None:
    listener = bind("127.0.0.1", 0)
    listener.setblocking(True)

    def greet() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"220 mail.example ESMTP\r\n" * 1_000)

    thread = threading.Thread(target=greet)
    thread.start()
    try:
        done = run("ready", EMULATOR_PORT=str(listener.getsockname()[1]))
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
    assert done.returncode == 1
    assert "is no emulator" in done.stderr or "no emulator answers" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "says"),
    [
        (("--port", "4680", "--url", NOBODY), {}, "--url and --port both say where the emulator is: give one of them"),
        (("--host", "::1", "--url", NOBODY), {}, "--url and --host both say where the emulator is: give one of them"),
        ((), {"EMULATOR_PORT": "0"}, "port 0 lets the emulator pick one: name the one that it picked with --port"),
        ((), {"EMULATOR_PORT": "http"}, "'http' is not a valid integer range"),
        ((), {"EMULATOR_PORT": "65536"}, "65536 is not in the range"),
        ((), {"EMULATOR_HOST": "a b"}, "'a b' is no host"),
        (("--wait", "soon"), {}, "'soon' is no duration"),
        (("--wait", "9" * 5_000 + "x"), {}, "is no duration"),
        ((), {"EMULATOR_WAIT": "soon"}, "'soon' is no duration"),
        (("soon",), {}, "unexpected extra argument"),
        (("--wait",), {}, "requires an argument"),
    ],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], variables: dict[str, str], says: str) -> None:
    done = run("ready", *arguments, **variables)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


# Waiting


@pytest.mark.parametrize("wait", ["60", "60s", "1m"])
@pytest.mark.parametrize("variable", [False, True], ids=["typed", "in the environment"])
def test_it_waits_until_the_scenario_is_loaded(
    loading: tuple[Background, threading.Event], wait: str, variable: bool
) -> None:
    running, go_on = loading
    threading.Timer(0.5, go_on.set).start()
    arguments, more = ((), {"EMULATOR_WAIT": wait}) if variable else (("--wait", wait), {})
    done = run("ready", *arguments, EMULATOR_PORT=port_of(running), **more)
    assert (done.returncode, done.stdout) == (0, f"martech-emulator ready on {running.url}\n")


def test_it_waits_for_whoever_is_not_there_yet() -> None:
    with bind("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-P", "-m", "emulator", "ready", "--wait", "60s"]
    variables = environment(EMULATOR_PORT=str(port))
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True) as waiting:
        time.sleep(0.5)
        assert waiting.poll() is None
        with Background(Options(port=port)):
            told, _ = waiting.communicate(timeout=60)
    assert (waiting.returncode, told) == (0, f"martech-emulator ready on http://127.0.0.1:{port}\n")


def test_after_the_wait_it_says_why_it_was_in_vain(loading: tuple[Background, threading.Event]) -> None:
    for wait in ("1s", "0.3s"):
        done = run("ready", "--wait", wait, EMULATOR_PORT=port_of(loading[0]))
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"martech-emulator: the emulator at {loading[0].url} {LOADING}\n"


# What it costs

HEAVY = {"click", "json", "http.client", "ssl", "re", "typing", "pathlib", "dataclasses", "asyncio", "emulator.cli"}


@pytest.mark.parametrize("arguments", [(), ("--wait", "2s")])
def test_a_yes_imports_next_to_nothing(server: Background, arguments: tuple[str, ...]) -> None:
    """Next to a bare interpreter: a health check asks for as long as the container lives."""
    code = (
        "import sys; before = set(sys.modules); from emulator.__main__ import main; "
        "main(); print(*(set(sys.modules) - before))"
    )
    variables = environment(EMULATOR_PORT=port_of(server))
    command = [sys.executable, "-P", "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"]
    done = subprocess.run([*command, "ready", *arguments], env=variables, capture_output=True, text=True, check=True)
    said, imported = done.stdout.splitlines()
    assert said == f"martech-emulator ready on {server.url}"
    assert {name for name in imported.split() if name.startswith("emulator")} == {
        "emulator", "emulator.__main__", "emulator.readiness",
    }  # fmt: skip
    assert HEAVY & set(imported.split()) == set()


# In a container, whose first process is the emulator


@pytest.fixture
def first_process(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Callable[[str], None]:
    """Stands in for what a container's kernel tells of it."""
    import builtins

    from emulator import readiness

    def place(command: str) -> None:
        (tmp_path / "cmdline").write_text("".join(f"{word}\0" for word in command.split()))

    def opened(name, *arguments, **options):
        return builtins.open(tmp_path / "cmdline" if name == "/proc/1/cmdline" else name, *arguments, **options)

    monkeypatch.setattr(readiness, "open", opened, raising=False)
    return place


IMAGES_OWN = "/opt/emulator/bin/python /opt/emulator/bin/martech-emulator"


@pytest.mark.parametrize(
    "command",
    [
        f"{IMAGES_OWN} serve --port PORT",
        f"{IMAGES_OWN} serve --port=PORT --bare",
        f"{IMAGES_OWN} serve --port 1 --port PORT",
        f"/sbin/docker-init -- {IMAGES_OWN} serve --host 0.0.0.0 --port PORT",
        "python -P -m emulator serve --port PORT",
    ],
)
def test_the_port_is_the_one_that_the_first_process_was_started_with(
    server: Background, first_process, monkeypatch, capsys, talk, command: str
) -> None:
    from emulator.__main__ import main

    first_process(command.replace("PORT", port_of(server)))
    monkeypatch.delenv("EMULATOR_URL")
    monkeypatch.setenv("EMULATOR_PORT", "1")
    monkeypatch.setattr(sys, "argv", ["martech-emulator", "ready"])
    main()
    assert capsys.readouterr().out == f"martech-emulator ready on {server.url}\n"
    assert talk("ready", "--wait", "0.1s").stdout == f"martech-emulator ready on {server.url}\n"


@pytest.mark.parametrize(
    "command", ["/sbin/init", "node server.js serve --port 1", f"{IMAGES_OWN} serve", f"{IMAGES_OWN} doctor --port 1"]
)
def test_another_first_process_says_nothing(
    server: Background, first_process, monkeypatch, capsys, command: str
) -> None:
    from emulator.__main__ import main

    first_process(command)
    monkeypatch.setenv("EMULATOR_PORT", port_of(server))
    monkeypatch.setattr(sys, "argv", ["martech-emulator", "ready"])
    main()
    assert capsys.readouterr().out == f"martech-emulator ready on {server.url}\n"
