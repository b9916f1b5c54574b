"""Programs that call production addresses unchanged, with nothing set but what ``martech-emulator env`` prints.

Where names lead is bent outside of them: by a resolver of the test's own, or in a network of the test's own.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from emulator.server import Background
from emulator.settings import Options
from tests.cli.program import COMMAND, ROOT, environment
from tests.company import Company

OURS = (
    "us01.p13n.in.treasuredata.com", "eu01.records.in.treasuredata.com", "live.primedata.ai", "shop.primedatacdp.com",
    "qa-gateway.richrelevance.com", "yourbaseurl.talon.one", "talonone.localhost", "w-3.talonone.localhost",
)  # fmt: skip
COMPANY = "intranet.company.example"
HEALTH = "/_emulator/health"

RESOLVER = """
import json, os, socket
ways = json.loads(os.environ["WAYS"])
def getaddrinfo(host, port, *rest, **more):
    host = host.decode() if isinstance(host, bytes) else host
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", ways[host]))]
socket.getaddrinfo = getaddrinfo
"""
BEND = """
const tls = require("tls"), ways = JSON.parse(process.env.WAYS), connect = tls.connect;
tls.connect = (options, ...rest) =>
  connect({ ...options, servername: options.host, host: "127.0.0.1", port: ways[options.host] }, ...rest);
"""
PYTHON = {
    "urllib": "import urllib.request as u\nget = lambda url: u.urlopen(url).read().decode()",
    "httpx": "import httpx\nget = lambda url: httpx.get(url).raise_for_status().text",
    "requests": "import requests\nget = lambda url: requests.get(url).text",
    "aiohttp": (
        "import aiohttp, asyncio\n"
        "async def ask(url):\n"
        "    async with aiohttp.ClientSession() as one, one.get(url) as answer: return await answer.text()\n"
        "get = lambda url: asyncio.run(ask(url))"
    ),
}
NODE = {
    "fetch": "const get = async (url) => (await fetch(url)).text();",
    "https": (
        "const get = (url) => new Promise((done, failed) => require('https').get(url, { agent: false }, (answer) => {"
        "let text = ''; answer.on('data', (more) => text += more); answer.on('end', () => done(text)); })"
        ".on('error', failed));"
    ),
}

PYTHON_GETS_ALL = "\nimport sys\nfor url in sys.argv[1:]: print(get(url))"
NODE_GETS_ALL = " (async () => { for (const url of process.argv.slice(1)) console.log(await get(url)); })()"


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    with Background(Options(port=0, tls_port=0, ca_dir=tmp_path_factory.mktemp("authority"))) as one:
        yield one


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return Company(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def ways(secure: Background, company: Company) -> Iterator[dict[str, int]]:
    """The port that each name leads to."""
    assert secure.emulator.tls is not None
    with company.serving(COMPANY) as port:
        yield {**dict.fromkeys(OURS, secure.emulator.tls.port), COMPANY: port}


@pytest.fixture(scope="module")
def shell(secure: Background, company: Company, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a shell that trusted its company before it read what `env` prints."""
    ends = ("_BUNDLE", "_CERTS", "CERT_DIR")
    before = {name: value for name, value in environment().items() if not name.endswith(ends)}
    before["SSL_CERT_FILE"] = str(company.file)
    directory = tmp_path_factory.mktemp("mine")
    printed = subprocess.run(
        [*COMMAND, "env", "--json", "--url", secure.url, "--ca-dir", str(directory)],
        env=before, cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    return {**before, **json.loads(printed.stdout)}


def said(command: list[str], shell: Mapping[str, str], **more: str) -> str:
    done = subprocess.run(command, env={**shell, **more}, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def well(text: str) -> bool:
    return json.loads(text)["status"] == "ok"


@pytest.mark.parametrize("library", PYTHON)
def test_python(shell, ways, tmp_path: Path, library: str) -> None:
    if library != "urllib":
        pytest.importorskip(library)
    (tmp_path / "sitecustomize.py").write_text(RESOLVER)
    urls = [f"https://{host}{HEALTH}" for host in ways]
    command = [sys.executable, "-c", PYTHON[library] + PYTHON_GETS_ALL, *urls]
    *ours, others = said(command, shell, WAYS=json.dumps(ways), PYTHONPATH=str(tmp_path)).splitlines()
    assert len(ours) == len(OURS)
    assert all(map(well, ours))
    assert others == "company"


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node")
@pytest.mark.parametrize("way", NODE)
def test_node(shell, ways, tmp_path: Path, way: str) -> None:
    (tmp_path / "bend.cjs").write_text(BEND)
    urls = [f"https://{host}{HEALTH}" for host in ways]
    command = ["node", "--require", str(tmp_path / "bend.cjs"), "-e", NODE[way] + NODE_GETS_ALL, *urls]
    *ours, others = said(command, shell, WAYS=json.dumps(ways)).splitlines()
    assert len(ours) == len(OURS)
    assert all(map(well, ours))
    assert others == "company"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl(shell, ways) -> None:
    for host, port in ways.items():
        bent = f"{host}:443:127.0.0.1:{port}"
        answer = said(["curl", "-sS", "--connect-to", bent, f"https://{host}{HEALTH}"], shell)
        assert answer == "company" if host == COMPANY else well(answer)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_at_its_strictest(shell, ways, version: str) -> None:
    for host in OURS:
        strict = ["-x509_strict", "-verify_return_error", "-purpose", "sslserver", "-verify_hostname", host]
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{ways[host]}", "-servername", host, version, *strict]
        done = subprocess.run(command, env=shell, input="", capture_output=True, text=True, check=False)
        assert (done.returncode, "Verify return code: 0 (ok)" in done.stdout) == (0, True), done.stderr


@cache
def own_network() -> str:
    """Why there can be none; empty where there can."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return "a network of one's own needs unshare and ip"
    tried = subprocess.run(["unshare", "-m", "-n", "ip", "link", "set", "lo", "up"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "this user may not make a network of its own"


def test_the_usual_ports_in_a_network_where_the_vendors_names_lead_here(tmp_path: Path) -> None:
    if reason := own_network():
        pytest.skip(reason)
    (tmp_path / "hosts").write_text(f"127.0.0.1 localhost {' '.join(OURS)}\n")
    calls = [[sys.executable, "-c", PYTHON[library] + PYTHON_GETS_ALL] for library in ("urllib", "httpx", "requests")]
    if shutil.which("curl"):
        calls.append(["curl", "-sS", "-w", "\n"])
    if shutil.which("node"):
        calls.append(["node", "-e", NODE["fetch"] + NODE_GETS_ALL])
    urls = [f"{scheme}://{host}{HEALTH}" for host in OURS for scheme in ("https", "http")]
    (tmp_path / "calls.json").write_text(json.dumps([[*call, *urls] for call in calls]))
    everything = (
        "import json, subprocess, sys\nfor call in json.load(open(sys.argv[1])): subprocess.run(call, check=True)"
    )
    emulator = [*COMMAND, "exec", "--port", "80", "--tls-port", "443", "--ca-dir", str(tmp_path / "ca"), "--"]
    script = f'ip link set lo up && mount --bind {tmp_path}/hosts /etc/hosts && exec "$@"'
    done = subprocess.run(
        ["unshare", "-m", "-n", "sh", "-c", script, "sh", *emulator, sys.executable, "-c", everything,
         str(tmp_path / "calls.json")],
        env=environment(), cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(calls) * len(urls)
    assert all(map(well, lines))
