"""``serve --tls-port``: what it says of the authority, what it refuses, and which hosts may be added."""

import signal
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emulator.certificates import KEY, Authority
from emulator.cli.parameters import TlsHost
from tests.cli.program import run, start

SERVE = ("serve", "--scenario", "empty", "--port", "0", "--tls-port", "0", "--ca-dir")


def told(*options: str) -> str:
    """What is on stderr when it is ready."""
    with start(*SERVE, *options) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("martech-emulator ready on ")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    return errors


def test_an_authority_that_is_made_anew_is_told_and_one_that_is_kept_is_not(tmp_path: Path) -> None:
    Authority.at(tmp_path, [], now=lambda: datetime.now(UTC) - timedelta(days=400))
    said = told(str(tmp_path))
    assert f"martech-emulator: the local authority in {tmp_path} expired at " in said
    assert f"clients that trust the old one have to trust {tmp_path}/ca.pem anew" in said
    assert "anew" not in told(str(tmp_path))


def test_a_host_that_is_added_is_told_where_it_needs_another_authority(tmp_path: Path) -> None:
    assert "anew" not in told(str(tmp_path))
    assert "was not permitted to speak for emulator; a new one" in told(str(tmp_path), "--tls-host", "emulator")
    assert "anew" not in told(str(tmp_path))


def test_a_key_that_others_could_read_is_told(tmp_path: Path) -> None:
    Authority.at(tmp_path, [])
    (tmp_path / KEY).chmod(0o644)
    assert f"martech-emulator: others could read {tmp_path}/ca-key.pem (mode 0644) until now" in told(str(tmp_path))
    assert stat.S_IMODE((tmp_path / KEY).stat().st_mode) == 0o600


@pytest.mark.parametrize("verb", [("serve",), ("exec",)])
def test_a_directory_that_cannot_be_used_is_exit_code_2(tmp_path: Path, verb: tuple[str, ...]) -> None:
    (tmp_path / "file").touch()
    directory = tmp_path / "file" / "ca"
    command = ["--", "true"] if verb == ("exec",) else []
    done = run(*verb, *SERVE[1:], str(directory), *command)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"the local authority cannot be kept in {directory}: Not a directory; --ca-dir names another" in done.stderr


@pytest.mark.parametrize(
    "host",
    ["*.example.com", "", "a b", "emulator:443", "https://emulator", "10.1", "1.2.3.4.5", "a..b", "x" * 64, "Zoë"],
)
def test_what_is_no_host_is_refused(tmp_path: Path, host: str) -> None:
    done = run(*SERVE, str(tmp_path / "ca"), "--tls-host", host)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{host!r} is no host that a certificate can be good for: write a name such as emulator" in done.stderr
    assert not (tmp_path / "ca").exists()


@pytest.mark.parametrize(
    ("text", "host"),
    [("Emulator", "emulator"), ("a-1.B_2.test", "a-1.b_2.test"), ("192.168.0.5", "192.168.0.5"), ("::0002", "::2")],
)
def test_hosts_are_taken_as_certificates_write_them(text: str, host: str) -> None:
    assert TlsHost().convert(text, None, None) == host


def test_hosts_in_the_environment_are_apart_by_blanks(tmp_path: Path) -> None:
    with start(*SERVE, str(tmp_path), EMULATOR_TLS_HOST="emulator 192.168.0.5") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert Authority.at(tmp_path, ["emulator", "192.168.0.5"]).news == []
