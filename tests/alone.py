"""A run of the emulator from its start to its end, with something of all that it can do, as a program: the rows of a
table on stdout tell what was done. Its one argument is a directory that it may write to.
"""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import httpx

from emulator.cli import cli
from tests.processes import serving
from tests.vendors.good_calls import GOOD_CALLS, OTHER_CALLS, Call

SHOP = """
import httpx, pytest, requests, urllib.request

URL = "https://my-shop.talon.one/v2/customer_sessions/order-1"
KEY = "ApiKey-v1 d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4"

def test_production_urls_in_process(emulator, talonone):
    for put in (httpx.put, requests.put):
        assert put(URL, json={"customerSession": {}}, headers={"Authorization": KEY}).status_code == 200
    call = urllib.request.Request(URL, b'{"customerSession":{}}', {"Authorization": KEY}, method="PUT")
    call.add_header("Content-Type", "application/json")
    assert urllib.request.urlopen(call).status == 200
    emulator.clock.advance(hours=8)
    assert len(emulator.requests("talonone")) == 3

def test_a_socket(emulator_server):
    assert httpx.get(emulator_server.url + "/_emulator/ready").status_code == 200

def test_a_host_that_is_not_emulated_is_refused(emulator):
    with pytest.raises(Exception, match="api.treasuredata.com"):
        httpx.get("https://api.treasuredata.com/v3/database/list")
"""


def done(what: str) -> None:
    print(f"done: {what}", flush=True)


def called(client: httpx.Client, mount: str, call: Call) -> int:
    headers = dict(call.headers)
    if call.token_call is not None:
        token = client.post(mount + call.token_call.path).json()["access_token"]
        headers["Authorization"] = f"Bearer {token}"
    return client.request(call.method, mount + call.path, content=call.body, headers=headers).status_code


def vendors(client: httpx.Client, prefix: str) -> None:
    for slug, call in (*GOOD_CALLS.items(), *OTHER_CALLS):
        status = called(client, f"{prefix}/{slug}", call)
        assert status < 300, (slug, call.path, status)
    refusal = client.put(f"{prefix}/talonone/v2/customer_sessions/s-1", json={})
    assert refusal.status_code == 401
    assert client.get(refusal.headers["x-emulator-explain"]).status_code == 200
    assert client.get(f"{prefix}/talonone/no/such/operation").status_code == 501


CONTROL = (
    [("GET", one) for one in ("", "health", "ready", "vendors", "errors", "scenarios", "state", "namespaces", "clock")]
    + [("GET", one) for one in ("faults", "drills", "limits", "settings", "provenance", "requests", "requests/export")]
    + [("GET", f"openapi/{slug}.json") for slug in GOOD_CALLS]
    + [("POST", "snapshots", {"name": "one"}), ("POST", "snapshots/one/restore"), ("GET", "snapshots/one")]
    + [("PUT", "clock", {"mode": "frozen"}), ("POST", "clock/advance", {"seconds": 60}), ("POST", "reset")]
    + [("POST", "faults", {"vendor": "treasuredata", "fault": "2003"}), ("DELETE", "faults")]
    + [("POST", "scenarios", {"name": "mine", "extends": "demo"})]
    + [("POST", "vendors/talonone/evaluate", {"expression": ["+", 1, 2]})]
)


def control(client: httpx.Client) -> None:
    for method, path, *body in CONTROL:
        answer = client.request(method, f"/_emulator/{path}", json=body[0] if body else None)
        assert answer.status_code < 300, (method, path, answer.text)
    journal = client.get("/ns/mine/_emulator/requests/export").content
    replayed = client.post("/_emulator/replay", content=journal)
    assert replayed.status_code == 200, replayed.text


def verbs(room: Path) -> None:
    """In this process, which is how fast they are."""
    journal, snapshot = str(room / "journal.jsonl"), str(room / "world.snapshot")
    for line in (
        "ready", "reset", "seed demo", "clock advance 1h", "limits", "fault add treasuredata 2003", "fault list",
        "fault clear", "snapshot save two", f"snapshot export two {snapshot}", "snapshot restore two",
        "-n mine requests", f"-n mine requests --export {journal}", "-n mine explain last", f"replay {journal}",
        "env", "doctor --port 0", "validate fixtures/demo.yaml", "schema", "completion bash", "version",
    ):  # fmt: skip
        with redirect_stdout(io.StringIO()):
            assert not cli.main(line.split(), prog_name="martech-emulator", standalone_mode=False), line


def life(room: Path, number: int) -> None:
    options = ["--tls-port", "0", "--ca-dir", str(room / "ca"), "--data-dir", str(room / "data")]
    with serving(*options, "--log-format", "json") as (process, url):
        assert process.stderr is not None
        said = next(line["message"] for line in map(json.loads, process.stderr) if "TLS on " in line.get("message", ""))
        for base in (url, said.split(",")[0].removeprefix("TLS on ")):
            with httpx.Client(base_url=base, verify=str(room / "ca" / "ca.pem"), trust_env=False) as client:
                client.post("/ns/mine/_emulator/reset")
                vendors(client, "/ns/mine")
                vendors(client, "")
                control(client)
            done(f"life {number}: {base.partition(':')[0]}")
        if number == 1:
            os.environ["EMULATOR_URL"] = url
            verbs(room)
            del os.environ["EMULATOR_URL"]
            done("verbs")


def main(room: Path) -> None:
    life(room, 1)
    life(room, 2)
    subprocess.run([sys.executable, "-m", "emulator", "exec", "--", sys.executable, "-c", ""], check=True, timeout=60)
    done("exec")
    (room / "test_shop.py").write_text(SHOP)
    (room / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    plugins = ["-p", "emulator.pytest_plugin", "-p", "no:cacheprovider"]
    subprocess.run([sys.executable, "-m", "pytest", "-q", *plugins, str(room)], cwd=room, check=True, timeout=60)
    done("pytest")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
