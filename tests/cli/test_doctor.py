"""``doctor``: what would keep the emulator from starting, or programs from reaching it."""

import os
import socket
import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator import __version__, roots
from emulator.certificates import Authority
from emulator.cli import checks
from emulator.server import Background
from emulator.settings import Options

FREE = ("--port", "0")


@pytest.fixture
def diagnosis(told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """By name of the check: its verdict and what it says. On a machine with nothing special about it."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(checks, "_HOSTS", tmp_path / "hosts")
    monkeypatch.setattr(checks, "_SWITCH", tmp_path / "nsswitch.conf")
    monkeypatch.setenv("EMULATOR_CA_DIR", str(tmp_path / "ca"))

    def diagnose(*arguments: str, exit_code: int = 0) -> dict[str, tuple[str, str]]:
        report: Any = told("doctor", *(arguments or FREE), exit_code=exit_code)
        assert report["healthy"] is (exit_code == 0)
        return {one["name"]: (one["verdict"], one["says"]) for one in report["checks"]}

    return diagnose


def test_a_healthy_machine_is_exit_code_0_and_a_line_for_each_thing(diagnosis, talk) -> None:
    found = diagnosis()
    assert list(found) == [
        "python", "dependencies", "port", "emulator", "clock", "namespaces", "scenarios", "tls", "localhost",
        "vendor hosts", "proxies", "ipv6",
    ]  # fmt: skip
    lines = talk("doctor", *FREE).stdout.splitlines()
    assert [line.split()[0] for line in lines] == [verdict for verdict, _ in found.values()]


def test_a_free_port_is_free(diagnosis) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert diagnosis("--port", str(port))["port"] == ("ok", f"127.0.0.1:{port} is free")


def test_where_any_port_will_do_no_emulator_is_looked_for(diagnosis, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "emulator" in diagnosis(*FREE)
    monkeypatch.delenv("EMULATOR_URL")
    assert "emulator" not in diagnosis(*FREE)


@pytest.mark.parametrize("host", ["", "[::1]", "x?y", "a b"])
def test_what_can_be_no_host_is_wrong_usage(talk, host: str) -> None:
    assert "host" in talk("doctor", *FREE, "--host", host, exit_code=2).stderr


def test_a_port_that_an_emulator_has_is_told_with_its_version(diagnosis, server: Background) -> None:
    verdict, says = diagnosis("--port", server.url.rsplit(":", 1)[1])["port"]
    assert (verdict, __version__ in says) == ("ok", True)


def test_a_port_that_another_version_has_is_worth_a_warning(diagnosis, server: Background, monkeypatch) -> None:
    monkeypatch.setattr(checks, "__version__", "0.0.1")
    verdict, says = diagnosis("--port", server.url.rsplit(":", 1)[1])["port"]
    assert verdict == "warn"
    assert "and this is 0.0.1" in says


@pytest.fixture
def taken() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.close()
        with socket.create_server(("127.0.0.1", 0)) as held:
            held.listen()
            yield str(held.getsockname()[1])


def test_a_port_that_something_else_has_is_a_failure(diagnosis, taken: str, monkeypatch) -> None:
    monkeypatch.setattr(checks, "_PATIENCE", 0.2)
    verdict, says = diagnosis("--port", taken, exit_code=1)["port"]
    assert verdict == "fail"
    assert "choose another --port" in says


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may open every port")
def test_a_port_that_may_not_be_opened_is_a_failure(diagnosis) -> None:
    assert diagnosis("--port", "1", exit_code=1)["port"][0] == "fail"


def test_a_dependency_that_does_not_fit_is_a_failure(diagnosis, monkeypatch) -> None:
    monkeypatch.setattr(checks, "_requirements", lambda: ["click>=999", "no-such-package-here", "orjson>=3"])
    verdict, says = diagnosis(exit_code=1)["dependencies"]
    assert verdict == "fail"
    assert "does not fit >=999; no-such-package-here is missing" in says


def test_a_dependency_of_another_system_is_not_missed(diagnosis, monkeypatch) -> None:
    monkeypatch.setattr(checks, "_requirements", lambda: ["no-such-package-here; sys_platform == 'nowhere'"])
    assert diagnosis()["dependencies"][0] == "ok"


def test_an_installed_package_describes_itself(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checks, "HERE", tmp_path / "emulator")
    monkeypatch.setattr(checks.importlib.metadata, "requires", lambda name: [f"{name} was asked"])
    assert checks._requirements() == ["martech-emulator was asked"]


def test_a_misspelt_variable_is_told(diagnosis, monkeypatch) -> None:
    monkeypatch.setenv("EMULATOR_PROT", "1")
    verdict, says = diagnosis()["environment"]
    assert verdict == "warn"
    assert says == "'EMULATOR_PROT' is no variable of an option here; did you mean EMULATOR_PORT?; it is ignored"


def test_without_an_emulator_the_rest_is_looked_at(diagnosis) -> None:
    found = diagnosis(*FREE, "--url", "http://127.0.0.1:1")
    assert found["emulator"][0] == "warn"
    assert "clock" not in found
    assert found["scenarios"][0] == "ok"


@pytest.mark.parametrize(
    ("order", "says"), [("frozen", "stands still at 2026-01-05T09:00:00Z"), ("shifted", "is shifted to 2026-01-05T")]
)
def test_a_clock_that_is_not_the_machines_is_worth_a_line(diagnosis, client, order: str, says: str) -> None:
    client.put("/_emulator/clock", json={"mode": order, "now": "2026-01-05T09:00:00Z"})
    verdict, said = diagnosis()["clock"]
    assert verdict == "warn"
    assert says in said


def test_a_machine_with_another_time_is_told(monkeypatch) -> None:
    monkeypatch.setattr(checks, "machine_now", lambda: 0)
    assert checks._clock({"mode": "real", "now": "2026-01-05T09:00:00Z"}).verdict == "warn"


def test_namespaces_are_counted(diagnosis) -> None:
    assert diagnosis()["namespaces"][1].endswith("of 100000 namespaces are in use")
    assert checks._namespaces({"namespaces": ["a"] * 250, "most": 256}).verdict == "warn"


def test_a_scenario_that_is_not_valid_is_a_failure(diagnosis, tmp_path: Path) -> None:
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "typo.yaml").write_text("name: typo\nclok: 1\n")
    verdict, says = diagnosis(*FREE, "--fixtures", str(tmp_path / "fixtures"), exit_code=1)["scenarios"]
    assert verdict == "fail"
    assert "typo: clok: unknown key, did you mean clock?" in says


def test_a_start_up_scenario_that_is_not_there_is_a_failure(diagnosis) -> None:
    assert "no scenario is called 'dmeo'" in diagnosis(*FREE, "--scenario", "dmeo", exit_code=1)["scenarios"][1]


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_key_that_others_can_read_is_a_failure(diagnosis, tmp_path: Path) -> None:
    Authority.at(tmp_path / "ca", ["*.talon.one"])
    assert diagnosis()["tls"][0] == "ok"
    key = tmp_path / "ca" / "ca-key.pem"
    key.chmod(stat.S_IMODE(key.stat().st_mode) | 0o044)
    assert diagnosis(exit_code=1)["tls"]


def test_the_mode_of_a_readable_key_and_the_cure_are_told(tmp_path: Path) -> None:
    Authority.at(tmp_path, ["*.talon.one"])
    (tmp_path / "ca-key.pem").chmod(0o644)
    first = next(iter(checks.authority(Options(ca_dir=tmp_path))))
    assert first.verdict == "fail"
    assert "(mode 0644): chmod 600" in first.says


def test_an_authority_that_ends_soon_is_told(tmp_path: Path) -> None:
    Authority.at(tmp_path, ["*.talon.one"], now=lambda: datetime.now(UTC) - timedelta(days=356))
    (found,) = checks.authority(Options(ca_dir=tmp_path))
    assert found.verdict == "warn"


def test_an_authority_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "ca-key.pem").touch(mode=0o600)
    (tmp_path / "ca.pem").write_text("no certificate")
    (found,) = checks.authority(Options(ca_dir=tmp_path))
    assert found.verdict == "fail"


# Whom programs trust


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Background]:
    """A running emulator that speaks TLS, and a shell in which nothing is set."""
    for name in roots.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with Background(Options(port=0, tls_port=0, ca_dir=tmp_path / "running")) as one:
        yield one


def trust(diagnosis: Any, running: Background) -> tuple[str, str] | None:
    found: tuple[str, str] | None = diagnosis(*FREE, "--url", running.url).get("trust")
    return found


def test_a_shell_that_trusts_the_emulator_or_never_did_is_well(diagnosis, secure, monkeypatch) -> None:
    hint = 'eval "$(martech-emulator env)" lets them'
    says = f"programs of this shell do not trust the emulator at {secure.url} over TLS; {hint}"
    assert trust(diagnosis, secure) == ("ok", says)
    for name in roots.VARIABLES:
        monkeypatch.setenv(name, str(secure.secure.bundle))
    says = f"programs of this shell trust the emulator at {secure.url} over TLS"
    assert trust(diagnosis, secure) == ("ok", says)


def test_a_shell_that_trusts_another_emulator_is_told(diagnosis, secure, monkeypatch, tmp_path: Path) -> None:
    for name in roots.VARIABLES:
        monkeypatch.setenv(name, str(secure.secure.bundle))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(Authority.at(tmp_path / "other", []).bundle))
    assert trust(diagnosis, secure) == (
        "warn",
        f"CURL_CA_BUNDLE: no file with the authority of the emulator at {secure.url}; set it anew with "
        'eval "$(martech-emulator env)"',
    )


def test_a_file_to_trust_that_is_not_there_is_told(diagnosis, server, monkeypatch, tmp_path: Path) -> None:
    for name in roots.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert trust(diagnosis, server) is None
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    verdict, says = trust(diagnosis, server) or ("", "")
    assert verdict == "warn"
    assert says.startswith(f"SSL_CERT_FILE names {tmp_path}/gone.pem, which is not there: programs that read it trust")


def test_an_authority_that_expired_in_a_file_to_trust_is_told(diagnosis, server, monkeypatch, tmp_path: Path) -> None:
    old = Authority.at(tmp_path / "old", [], now=lambda: datetime.now(UTC) - timedelta(days=400))
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(old.file))
    assert trust(diagnosis, server) == (
        "warn",
        "NODE_EXTRA_CA_CERTS: the emulator's authority in the file has expired; set it anew with "
        'eval "$(martech-emulator env)"',
    )


def test_a_damaged_authority_in_a_file_to_trust_is_left_to_its_readers(
    diagnosis, server, monkeypatch, tmp_path
) -> None:
    file = tmp_path / "damaged.pem"
    file.write_text(ssl.DER_cert_to_PEM_cert(roots.AUTHORITY.encode()))
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(file))
    assert trust(diagnosis, server) is None


# Names and ways


def test_no_name_is_looked_up_that_another_machine_would_be_asked_for(diagnosis, monkeypatch) -> None:
    asked = []
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    diagnosis()
    assert set(asked) <= {"127.0.0.1"}


def test_local_names_are_looked_up_where_the_machine_answers_by_itself(diagnosis, monkeypatch, tmp_path: Path) -> None:
    (tmp_path / "nsswitch.conf").write_text("passwd: files\nhosts:  files myhostname dns\n")
    monkeypatch.setattr(checks.socket, "getaddrinfo", lambda name, port: [(0, 0, 0, "", ("127.0.0.1", 0))])
    assert checks._resolves_by_itself()
    (found,) = checks.local_names()
    assert found.verdict == "ok"


def test_local_names_in_the_hosts_file_need_no_looking_up(diagnosis, tmp_path: Path) -> None:
    assert diagnosis()["localhost"][0] == "warn"
    names = "algonomy.localhost primedata.localhost talonone.localhost treasuredata.localhost"
    (tmp_path / "hosts").write_text(f"127.0.0.1 localhost # here\n127.0.0.1 {names}\n")
    assert diagnosis()["localhost"][0] == "ok"


def test_production_hosts_that_lead_here_are_told_from_those_that_do_not(diagnosis, tmp_path: Path) -> None:
    assert "*.talon.one reach the real vendor, unless an alias" in diagnosis()["vendor hosts"][1]
    (tmp_path / "hosts").write_text("127.0.0.1 qa-gateway.richrelevance.com\n10.0.0.1 mine.talon.one\n")
    found = [*checks.production_hosts()]
    assert [one.verdict for one in found] == ["warn", "ok"]
    assert "mine.talon.one (10.0.0.1)" in found[0].says
    assert found[1].says.startswith("qa-gateway.richrelevance.com lead here; ")


@pytest.mark.parametrize(
    ("bypass", "verdict", "says"),
    [
        ("", "warn", "would ask proxy.example for 127.0.0.1, localhost, "),
        ("127.0.0.1", "warn", "for localhost, "),
        ("127.0.0.1,localhost,.localhost", "ok", "NO_PROXY keeps this machine's names from the proxy"),
        ("*", "ok", "NO_PROXY keeps"),
    ],
)
def test_a_proxy_that_would_be_asked_for_this_machine_is_told(
    diagnosis, monkeypatch, bypass: str, verdict: str, says: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://user:secret@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", bypass)
    found = diagnosis()["proxies"]
    assert found[0] == verdict
    assert says in found[1]
    assert "secret" not in found[1]


def test_ipv6_is_told() -> None:
    assert [one.verdict for one in checks.ipv6(Options())] == ["ok"]
    assert [one.verdict for one in checks.ipv6(Options(host="::1"))] == ["ok"]
