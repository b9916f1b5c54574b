"""compose.tls.yml: in its network the vendors' hosts lead to the emulator, and a shop calls them as in production.

No container engine is needed: an empty network namespace with a file of hosts stands for the network, and a process
without capabilities for the container.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator.vendors import VENDORS
from tests.readers import ROOT

SHOP = ROOT / "examples" / "compose"
PROGRAMS = ["offers.py", "privacy.py", "visit.mjs", "cart.sh"]
SAYS = [
    "httpx: Treasure Data stores a page view and greets Ana",
    "requests: Algonomy QA opts u-1001 out",
    "requests: Algonomy production opts u-1001 out",
    "fetch: PrimeData takes a visit",
    "node:https: PrimeData finds Linh",
    "curl: Talon.One accepts SUMMER10 over https",
    "curl: Talon.One accepts SUMMER10 over http",
    "curl: nobody else is within reach",
]
TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
WE = (sys.executable, "-P", "-m", "emulator")
NOBODY = ("--reuid=65534", "--regid=65534", "--clear-groups")
HOSTS = [host for vendor in VENDORS for host in vendor.hosts]


class _Loader(yaml.SafeLoader):
    """Knows compose's tags, and takes each ``${NAME:-default}`` for its default."""


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", loader.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:str", _text)
OVERLAY: dict[str, Any] = yaml.load((ROOT / "compose.tls.yml").read_text(encoding="utf-8"), Loader=_Loader)
EMULATOR, APP = OVERLAY["services"]["emulator"], OVERLAY["services"]["app"]
ALIASES: list[str] = EMULATOR["networks"]["vendors"]["aliases"]


# The names


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.pattern)
def test_every_host_of_the_vendors_leads_to_the_emulator(host) -> None:
    assert [alias for alias in ALIASES if host.matches(alias)], f"no alias in compose.tls.yml is {host.pattern}"


@pytest.mark.parametrize("alias", ALIASES)
def test_no_name_leads_there_that_is_none_of_theirs(alias: str) -> None:
    assert [host for host in HOSTS if host.matches(alias)], f"{alias} is no host of the vendors'"
    assert ALIASES.count(alias) == 1


def test_the_shop_calls_nobody_but_the_vendors() -> None:
    called = set()
    for program in PROGRAMS:
        called |= set(re.findall(r"//([\w-]+(?:\.[\w-]+)+)", (SHOP / program).read_text(encoding="utf-8")))
    assert called <= set(ALIASES)
    assert all(any(host.matches(name) for host in vendor.hosts for name in called) for vendor in VENDORS)


def test_the_shop_does_not_know_the_emulator() -> None:
    for file in SHOP.iterdir():
        if file.suffix != ".md":
            assert "emulator" not in file.read_text(encoding="utf-8"), file


# Laid over docker-compose.yml


@pytest.fixture(scope="module")
def compose() -> list[str]:
    plugin = ["docker", "compose"]
    if (
        shutil.which("docker")
        and subprocess.run([*plugin, "version"], check=False, capture_output=True).returncode == 0
    ):
        return plugin
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    pytest.skip("this machine has no docker compose")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What compose reads of one, beside an application of somebody else's."""
    for name in ("docker-compose.yml", "compose.tls.yml", APP["env_file"]):
        (tmp_path / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / "checkout" / name)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "test.env").write_text("SHOP=shoes\n")
    return tmp_path / "checkout"


def laid_over(compose: list[str], checkout: Path, *more: str, **variables: str) -> dict[str, Any]:
    files = [word for name in ("docker-compose.yml", "compose.tls.yml", *more) for word in ("-f", name)]
    done = subprocess.run(
        [*compose, *files, "config", "--format", "json"],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "HOME": str(checkout), **variables},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    services: dict[str, Any] = json.loads(done.stdout)
    return services


def test_the_application_waits_and_reaches_only_the_emulator(compose, checkout) -> None:
    told = laid_over(compose, checkout)
    app, emulator = told["services"]["app"], told["services"]["emulator"]
    assert app["depends_on"]["emulator"]["condition"] == "service_healthy"
    assert list(app["networks"]) == ["vendors"]
    assert told["networks"]["vendors"]["internal"] is True
    assert [(volume["source"], volume.get("read_only")) for volume in app["volumes"]] == [("ca", True)]
    assert emulator["networks"]["vendors"]["aliases"] == ALIASES


def test_the_emulator_is_as_closed_as_without_tls(compose, checkout) -> None:
    emulator = laid_over(compose, checkout)["services"]["emulator"]
    assert (emulator["read_only"], emulator["cap_drop"]) == (True, ["ALL"])
    (port,) = emulator["ports"]
    assert (port["host_ip"], port["published"], port["target"]) == ("127.0.0.1", "4680", 4680)
    assert "privileged" not in emulator


def test_tenants_of_ones_own_have_names_too(compose, checkout) -> None:
    readme = (SHOP / "README.md").read_text(encoding="utf-8")
    merged: dict[str, Any] = {"services": {}}
    for block in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL):
        merged["services"] |= yaml.safe_load(block)["services"]
    (checkout / "shop.yml").write_text(yaml.safe_dump(merged))
    told = laid_over(
        compose, checkout, "shop.yml", TALONONE_HOST="my-shop.talon.one", PRIMEDATA_HOST="a.primedatacdp.com"
    )
    aliases = told["services"]["emulator"]["networks"]["vendors"]["aliases"]
    mine = ["my-shop.talon.one", "my-other-shop.talon.one", "my-shop.eu.talon.one", "a.primedatacdp.com"]
    assert {*mine, "demo.talon.one"} <= set(aliases)
    app = told["services"]["app"]
    assert app["build"]["context"] == str(checkout.parent / "shop")
    assert (app["environment"]["SHOP"], app["environment"]["SSL_CERT_FILE"]) == ("shoes", "/ca/ca-bundle.pem")


# The shop, in a network that has nothing but the emulator


class Network:
    """Namespaces of their own for network and files, of which none but those in `/mnt` can be written; `holder` is the
    process that keeps them."""

    def __init__(self, holder: int) -> None:
        self._holder = holder

    def command(self, *words: str, privileges: Sequence[str] = ("--bounding-set=-all", "--inh-caps=-all")) -> list[str]:
        inside = ["nsenter", f"--target={self._holder}", "--mount", "--net", f"--wd={SHOP}"]
        return [*inside, "--", "setpriv", *privileges, "--", *words]

    def run(self, *words: str, **how: Any) -> "subprocess.CompletedProcess[str]":
        env = how.pop("env", None)
        command = self.command(*words, **how)
        return subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    missing = [
        name for name in ("unshare", "nsenter", "setpriv", "ip", "mount", "node", "curl") if not shutil.which(name)
    ]
    if missing:
        pytest.skip(f"this machine has no {', '.join(missing)}")
    hosts = tmp_path_factory.mktemp("network") / "hosts"
    hosts.write_text("".join(f"127.0.0.1 {name}\n" for name in ["localhost", *ALIASES]))
    mounts = [f"mount --bind {hosts} /etc/hosts", "mount -t tmpfs none /mnt", "mount -o remount,bind,ro /"]
    scene = "\n".join(["ip link set lo up", *mounts, "echo there", "exec cat"])
    holding = ["unshare", "--mount", "--net", "sh", "-ec", scene]
    with subprocess.Popen(holding, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stderr
        if holder.stdout.readline() != b"there\n":
            reason = holder.stderr.read().decode().strip()
            pytest.skip(f"this process may not make a network of its own: {reason}")
        network = Network(holder.pid)
        for name, value in EMULATOR["sysctls"].items():
            setting = network.run("sh", "-c", f"echo {value} >/proc/sys/{name.replace('.', '/')}", privileges=())
            assert setting.returncode == 0, setting.stderr
        yield network
        holder.stdin.close()


def of_service(service: Mapping[str, Any]) -> dict[str, str]:
    """The service's environment, with its volumes below /mnt, where any name may be made."""
    variables: dict[str, str] = {}
    for name, value in service["environment"].items():
        mounts = [place.split(":")[1] for place in service["volumes"]]
        inside = any(value == mount or value.startswith(f"{mount}/") for mount in mounts)
        variables[name] = f"/mnt{value}" if inside else value
    return variables


def in_the_image() -> dict[str, str]:
    """The emulator's environment, and where its code is here."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "EMULATOR_HOST": "0.0.0.0", **of_service(EMULATOR)}


@pytest.fixture(scope="module")
def emulator(network: Network) -> Iterator[str]:
    """As the overlay starts it, ready; the line that it says."""
    start = network.command(*WE, "serve")
    with subprocess.Popen(start, env=in_the_image(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline()
        process.terminate()


def shop(network: Network, *without: str) -> "subprocess.CompletedProcess[str]":
    credentials = dict(line.split("=", 1) for line in (ROOT / APP["env_file"]).read_text().splitlines())
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = {"PATH": path, **credentials, **of_service(APP)}
    return network.run("sh", "shop.sh", env={key: variables[key] for key in variables.keys() - set(without)})


def test_the_shop_reaches_all_vendors_at_their_production_urls(network: Network, emulator: str) -> None:
    done = shop(network)
    assert (done.stdout.splitlines(), done.returncode) == (SAYS, 0), done.stderr


def test_it_listens_on_the_usual_ports_without_any_privilege(network: Network, emulator: str) -> None:
    assert emulator == "martech-emulator ready on http://0.0.0.0:4680\n"
    for url in ("http://demo.talon.one/_emulator/ready", "http://127.0.0.1:4680/_emulator/ready"):
        assert network.run("curl", "-fsS", url, env={}).returncode == 0


def test_the_health_check_finds_it_there(network: Network, emulator: str) -> None:
    base = yaml.load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"), Loader=_Loader)
    how, program, *words = base["services"]["emulator"]["healthcheck"]["test"]
    assert (how, program) == ("CMD", "martech-emulator")
    checked = network.run(*WE, *words, env=in_the_image())
    assert checked.returncode == 0, checked.stderr


def test_no_client_trusts_it_without_the_overlays_variables(network: Network, emulator: str) -> None:
    done = shop(network, *TRUST)
    refused = re.findall(r"^failed: (.*)$", done.stderr, re.MULTILINE)
    assert refused == ["python offers.py", "python privacy.py", "node visit.mjs", "sh cart.sh"]
    assert done.returncode == 1


def test_an_application_of_another_user_reads_certificates_and_no_key(network: Network, emulator: str) -> None:
    named = {of_service(APP)[variable] for variable in TRUST}
    read = network.run("cat", *sorted(named), privileges=NOBODY)
    assert read.returncode == 0, read.stderr
    assert "PRIVATE KEY" not in read.stdout
    secret = network.run("cat", "/mnt/ca/ca-key.pem", privileges=NOBODY)
    assert "Permission denied" in secret.stderr
