"""What the process writes to stderr: a line per call where that is asked for, and errors always."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.app import Emulator
from emulator.logs import Log, Sentence
from tests.processes import ROOT, clean_environment, command, connected, refused, serving, starting

KEY = "d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4"
PRIME_KEY = "aGdqZ2tqaGtqZzoxMjM0NTY3"
QA = "/algonomy/qa/profile-command/v1"
CALLER = {"client_id": "5934de97c95e1ced", "client_secret": "2l9dr0jkink11ad49hg93it52d"}
SESSION = "/talonone/v2/customer_sessions/s-1"
CRASHING = """
from emulator.core import exchange
def crash(*_):
    raise ValueError("token=abcdefgh12345678\\n2026-01-05T09:00:00.000Z  200  forged")
exchange._call = crash
"""
TROUBLES = """
import asyncio, logging, threading, warnings
from emulator.app import Emulator
from emulator.logs import Log
log = Log("json", Emulator())
log.take_over()
warnings.warn("of old age", UserWarning)
logging.getLogger("another.package").error("of a package\\u2028in two lines")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
class Unraisable:
    def __del__(self):
        1 / 0
Unraisable()
async def forgotten():
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0.01)
asyncio.run(forgotten())
raise RuntimeError("of the main thread")
"""


def ended(process: "subprocess.Popen[str]") -> list[str]:
    """What it has said, in lines as any reader would have them."""
    process.terminate()
    said, complaints = process.communicate(timeout=10)
    assert (process.returncode, said) == (0, "")
    return complaints.splitlines()


def told(process: "subprocess.Popen[str]") -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended(process)]


def keyed(**more: str) -> dict[str, str]:
    return {"Authorization": f"ApiKey-v1 {KEY}", **more}


def test_without_being_asked_it_writes_no_line_for_a_call() -> None:
    with serving() as (process, url):
        assert httpx.put(url + SESSION, json={}).status_code == 401
        assert ended(process) == []


def test_as_json_each_call_is_one_object() -> None:
    with serving("--log-format", "json") as (process, url):
        put = httpx.put(url + "/ns/mine" + SESSION + "?dry=true", json={}, headers=keyed())
        health = httpx.get(url + "/_emulator/health")
        lines = told(process)
    moments = [line.pop("time") for line in lines]
    assert [bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one)) for one in moments] == [True, True]
    assert [0 < line.pop("duration_ms") < 60_000 for line in lines] == [True, True]
    assert lines == [
        {
            "level": "info",
            "namespace": "mine",
            "vendor": "talonone",
            "operation": "updateCustomerSessionV2",
            "method": "PUT",
            "path": "/ns/mine" + SESSION,
            "query": "dry=true",
            "status": put.status_code,
            "request_id": put.headers["x-emulator-request-id"],
            "provenance": put.headers["x-emulator-provenance"],
            "refusal": "schema_violation",
            "fault": None,
            "bytes": len(put.content),
        },
        {
            "level": "info",
            "namespace": "default",
            "vendor": None,
            "operation": None,
            "method": "GET",
            "path": "/_emulator/health",
            "query": "",
            "status": 200,
            "request_id": None,
            "provenance": None,
            "refusal": None,
            "fault": None,
            "bytes": len(health.content),
        },
    ]


@pytest.mark.parametrize(
    ("method", "path", "headers", "refusal"),
    [
        ("POST", "/_emulator/reset", {"Origin": "https://shop.example"}, "Foreign page"),
        ("POST", "/_emulator/rest", {}, "No such control call"),
        ("GET", "/talonone/v2/nothing", {}, "Not emulated"),
    ],
)
def test_a_refusal_of_the_emulators_own_is_told_by_its_title(
    method: str, path: str, headers: dict[str, str], refusal: str
) -> None:
    with serving("--log-format", "json") as (process, url):
        response = httpx.request(method, url + path, headers=headers)
        assert (response.json()["title"], response.is_error) == (refusal, True)
        (line,) = told(process)
    assert (line["status"], line["refusal"]) == (response.status_code, refusal)


def test_as_text_each_call_is_one_line_for_people() -> None:
    with serving(EMULATOR_LOG_FORMAT="text") as (process, url):
        httpx.put(url + SESSION + "?dry=true", json={}, headers={"X-Emulator-Fault": "delay=1"})
        (line,) = ended(process)
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    call = r"PUT /talonone/v2/customer_sessions/s-1\?dry=true default talonone\.updateCustomerSessionV2 #1 inferred"
    assert re.fullmatch(rf"{moment}  401  +\d+\.\d ms  +46 B  {call} refusal=invalid_api_key fault=delay=1", line)


@pytest.mark.parametrize("form", ["json", "text"])
def test_credentials_and_bodies_are_in_no_line(form: str) -> None:
    with serving("--log-format", form, "--control-token", "open-sesame-42") as (process, url), httpx.Client() as client:
        token = client.post(url + QA + "/oauth2/token", data={"grant_type": "client_credentials", **CALLER}).json()
        client.get(url + f"/primedata/{PRIME_KEY}/nowhere")
        client.get(url + "/talonone/v1/nowhere?access_token=something-unknown&x=1")
        client.get(url + "/_emulator/state?token=open-sesame-42")
        client.get(url + "/_emulator/open-sesame-42")
        client.put(url + SESSION, content=b"the body", headers=keyed())
        client.get(url + f"{QA}/{token['access_token']}/nowhere")
        client.post(url + "/_emulator/reset", headers={"Authorization": "Bearer open-sesame-42"})
        lines = ended(process)
    assert len(lines) == 8
    written = "\n".join(lines)
    for secret in (KEY, PRIME_KEY, token["access_token"], "open-sesame", "something-unknown", "the body"):
        assert secret not in written
    assert "NTY3" in written  # the last four characters tell which it was


def test_what_was_not_sent_whole_shows() -> None:
    with serving("--log-format", "json") as (process, url):
        whole = len(httpx.put(url + SESSION).content)
        for fault in ("drop", "truncate"):
            with pytest.raises(httpx.RemoteProtocolError):
                httpx.put(url + SESSION, headers={"X-Emulator-Fault": fault})
        httpx.head(url + "/_emulator/health")
        with connected(url) as impatient:
            call = f"PUT {SESSION} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nX-Emulator-Fault: delay=60000\r\n\r\n"
            impatient.sendall(call.encode())
            httpx.get(url + "/_emulator/health")
        with connected(url) as impatient:
            impatient.sendall(f"PUT {SESSION} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n".encode())
            httpx.get(url + "/_emulator/health")
        lines = told(process)
    calls = [(one["method"], one["status"], one["bytes"], one["fault"]) for one in lines if one["method"] != "GET"]
    assert calls == [
        ("PUT", 401, whole, None),
        ("PUT", None, 0, "drop"),
        ("PUT", 401, whole // 2, "truncate"),
        ("HEAD", 200, 0, None),
        ("PUT", None, 0, "delay=60000"),
        ("PUT", None, 0, None),
    ]


def test_what_is_no_http_has_a_line_too() -> None:
    with serving("--log-format", "json") as (process, url):
        for nonsense in (
            b"HELLO\r\n\r\n",
            b"\x16\x03\x01",
            b"GET /\x01 HTTP/1.1\r\n\r\n",
            b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        ):
            with connected(url) as connection:
                connection.sendall(nonsense)
                assert connection.recv(4_096).startswith(b"HTTP/1.1 400 ")
        lines = told(process)
    calls = [line for line in lines if "status" in line]
    assert [one["status"] for one in calls] == [400] * 4
    assert [one["refusal"] for one in calls] == ["Not HTTP", "Not TLS", "Not HTTP", "Not HTTP"]
    assert {(one["method"], one["path"], one["namespace"], one["vendor"]) for one in calls} == {(None,) * 4}
    (warning,) = [line for line in lines if "status" not in line]
    assert warning["level"] == "warning"
    assert warning["message"].startswith("a client spoke TLS to 127.0.0.1:")


@pytest.mark.parametrize("form", ["json", "text"])
def test_nobody_can_write_a_line_of_his_own(form: str) -> None:
    with serving("--log-format", form) as (process, url):
        for path in (
            "a%0a%1b[31mforged",
            "talonone/%E2%80%A8forged",
            "talonone/é?q=%0d%0aforged",
            "ns/%0a/talonone/v1/x",
        ):
            httpx.get(f"{url}/{path}")
        with connected(url) as connection:
            connection.sendall("GET /\u2028forged?\u2028 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            connection.recv(4_096)
        httpx.get(url + SESSION, headers={"X-Emulator-Namespace": "\x1b[31m", "X-Emulator-Fault": "\u2028".encode()})
        lines = ended(process)
    assert len(lines) == 6
    assert all(line.isprintable() for line in lines)
    assert not [line for line in lines if line.startswith("forged")]


def test_every_call_of_many_at_once_has_a_line_of_its_own() -> None:
    with serving("--log-format", "json") as (process, url):
        with httpx.Client() as client, ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: client.put(f"{url}/talonone/v2/customer_sessions/s-{number}"), range(400)))
        lines = told(process)
    assert sorted(line["path"] for line in lines) == sorted(f"/talonone/v2/customer_sessions/s-{n}" for n in range(400))
    assert sorted(int(line["request_id"]) for line in lines) == list(range(1, 401))


def test_a_crash_is_told_as_json() -> None:
    with serving("--log-format", "json", after=CRASHING) as (process, url):
        assert httpx.put(url + SESSION, json={"customerSession": {}}, headers=keyed()).status_code == 500
        crash, call = told(process)
    assert (crash["level"], crash["message"]) == ("error", "PUT /v2/customer_sessions/s-1 crashed")
    assert crash["traceback"].startswith("Traceback (most recent call last):\n")
    assert "in crash\n" in crash["traceback"]
    assert "abcdefgh12345678" not in crash["traceback"]
    assert "forged" in crash["error"]
    assert (call["level"], call["status"]) == ("error", 500)


def test_a_crash_is_told_as_text_in_which_only_what_is_indented_is_not_ours() -> None:
    with serving("--log-format", "text", after=CRASHING) as (process, url):
        httpx.put(url + SESSION, json={"customerSession": {}}, headers=keyed())
        crash, *traceback, call = ended(process)
    assert crash.endswith("  error  PUT /v2/customer_sessions/s-1 crashed")
    assert {line[:4] for line in traceback} == {"    "}
    assert "  500  " in call


def test_a_crash_is_told_though_no_log_is_asked_for() -> None:
    with serving(after=CRASHING) as (process, url):
        httpx.put(url + SESSION, json={"customerSession": {}}, headers=keyed())
        first, second, *_ = ended(process)
    assert (first, second) == ("PUT /v2/customer_sessions/s-1 crashed", "Traceback (most recent call last):")


def test_as_json_everything_is() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TROUBLES], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["level"] for line in lines] == ["warning", "error", "critical", "critical", "error", "critical"]
    assert "of old age" in lines[0]["message"]
    assert lines[1]["message"] == "of a package\u2028in two lines"
    assert [line.get("error", "")[:18] for line in lines[2:]] == [*["ZeroDivisionError:"] * 3, "RuntimeError: of t"]


def test_with_tls_it_is_told_in_json_where_that_is(tmp_path: Path) -> None:
    with serving("--log-format", "json", "--tls-port", "0", "--ca-dir", str(tmp_path)) as (process, _):
        (line,) = told(process)
    assert line["level"] == "info"
    assert re.fullmatch(r"TLS on https://127\.0\.0\.1:\d+, clients trust .*ca\.pem", line["message"])


@pytest.mark.parametrize("form", ["json", "off"])
@pytest.mark.parametrize("broken", ["closed", "gone", "full", "stalled"])
def test_a_stderr_that_takes_nothing_breaks_no_call(broken: str, form: str) -> None:
    reading, writing = os.pipe()
    if broken == "gone":
        os.close(reading)
    if broken == "full":
        writing = os.open("/dev/full", os.O_WRONLY)
    shell = ["sh", "-c", 'exec "$0" "$@" 2>&-'] if broken == "closed" else []
    with starting("serve", "--port", "0", "--log-format", form, around=shell, stderr=writing) as process:
        os.close(writing)
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        with httpx.Client() as client:
            for _ in range(20):
                assert client.get(f"{url}/{'a' * 60_000}").status_code == 501
        for _ in range(20):
            with connected(url) as connection:
                connection.sendall(b"\x16\x03\x01")
                assert connection.recv(4_096)
        process.terminate()
        assert process.wait(10) == 0


def test_lines_that_nobody_reads_in_time_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "wb") as stalled:
        monkeypatch.setattr(sys, "stderr", stalled)
        log = Log("json", Emulator())
        for _ in range(20_000):
            log.put(Sentence(0, "info", "default", "a" * 1_000))
        written = lost = 0
        while written + lost < 20_000:
            message = json.loads(reader.readline())["message"]
            found = re.fullmatch(r"(\d+) lines are lost, because stderr was not read as fast as they came", message)
            written, lost = (written, lost + int(found[1])) if found else (written + 1, lost)
        assert lost
        assert written + lost == 20_000


def test_exec_writes_them_beside_what_the_command_writes() -> None:
    ask = (
        "import os, sys, urllib.request as u; u.urlopen(os.environ['EMULATOR_URL'] + '/_emulator/health'); "
        "print('own words', file=sys.stderr)"
    )
    done = subprocess.run(
        command("exec", "--log-format", "json", "--", sys.executable, "-c", ask),
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    *ours, theirs = sorted(done.stderr.splitlines(), key="own words".__eq__)
    assert theirs == "own words"
    assert [json.loads(line)["path"] for line in ours] == ["/_emulator/health"]


def test_another_format_refuses_to_start() -> None:
    assert "'xml' is not one of 'json', 'text', 'off'" in refused("serve", "--log-format", "xml")
