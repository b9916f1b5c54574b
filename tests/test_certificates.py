"""TLS: the same emulator on a second port, with certificates of a local authority."""

import os
import socket
import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

from emulator.certificates import CERTIFICATE, KEY, Authority, CertificateError
from emulator.server import Background
from emulator.settings import Options

HOSTS = ["us01.p13n.in.treasuredata.com", "*.talon.one"]
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    with Background(Options(port=0, tls_port=0, ca_dir=tmp_path_factory.mktemp("authority"))) as one:
        yield one


@pytest.fixture(scope="module")
def trusting(running: Background) -> ssl.SSLContext:
    """What a careful client uses: strict as Python 3.13 is, and trusting our authority alone."""
    assert running.secure is not None
    context = ssl.create_default_context(cafile=str(running.secure.authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def port(running: Background) -> int:
    assert running.secure is not None
    return int(running.secure.url.rsplit(":", 1)[1])


def presented(running: Background, context: ssl.SSLContext, name: str | None) -> Any:
    """The certificate that a client gets which names that host."""
    raw = socket.create_connection(("127.0.0.1", port(running)), timeout=10)
    with context.wrap_socket(raw, server_hostname=name) as connection:
        return connection.getpeercert()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_client_that_trusts_the_authority_reaches_the_emulator(running, trusting, host) -> None:
    answer = httpx.get(f"https://{host}:{port(running)}/_emulator/health", verify=trusting)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.parametrize(
    "host",
    [
        "us01.p13n.in.treasuredata.com", "qa-gateway.richrelevance.com", "yourbaseurl.talon.one", "a.b.talon.one",
        "talonone.localhost", "worker-3.talonone.localhost",
    ],
)  # fmt: skip
def test_a_host_that_a_client_names_has_a_certificate_of_its_own(running, trusting, host) -> None:
    assert presented(running, trusting, host)["subjectAltName"] == (("DNS", host),)


def test_a_host_that_is_no_vendors_is_not_vouched_for(running, trusting) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        presented(running, trusting, "bank.example")


def test_a_client_that_does_not_trust_the_authority_refuses(running) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        presented(running, ssl.create_default_context(), "localhost")


def test_an_unchanged_production_address_works(running, trusting) -> None:
    with httpx.Client(verify=trusting) as client:
        answer = client.post(
            f"https://127.0.0.1:{port(running)}/personalization__database/preferences_table",
            headers={"Host": "us01.p13n.in.treasuredata.com"},
            extensions={"sni_hostname": "us01.p13n.in.treasuredata.com"},
        )
    assert answer.json() == {"message": "Unauthorized"}


def test_vendors_see_that_a_call_came_over_tls(running, trusting) -> None:
    with httpx.Client(base_url=f"https://127.0.0.1:{port(running)}/ns/tls", verify=trusting) as client:
        client.patch("/_emulator/settings", json={"vendor": "algonomy", "settings": {"require_https": True}})
        grant = {"grant_type": "client_credentials", "client_id": "5934de97c95e1ced", "client_secret": "wrong"}
        secure = client.post("/algonomy/qa/profile-command/v1/oauth2/token", data=grant)
        plain = httpx.post(f"{running.url}/ns/tls/algonomy/qa/profile-command/v1/oauth2/token", data=grant)
    assert secure.json()["error"] == "invalid_client"
    assert "https" in plain.json()["error_description"].lower()


def test_plain_http_on_the_tls_port_is_cut_and_does_no_harm(running, trusting) -> None:
    with socket.create_connection(("127.0.0.1", port(running)), timeout=10) as connection:
        connection.sendall(b"GET /_emulator/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not connection.recv(1_000).startswith(b"HTTP")
    assert httpx.get(f"https://localhost:{port(running)}/_emulator/ready", verify=trusting).status_code == 200


# The authority


def test_an_authority_is_made_once(tmp_path: Path) -> None:
    first, second = Authority.at(tmp_path, HOSTS), Authority.at(tmp_path, HOSTS)
    assert first.pem == second.pem == (tmp_path / CERTIFICATE).read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_only_its_owner_can_read_an_authoritys_key(tmp_path: Path) -> None:
    Authority.at(tmp_path / "new", HOSTS)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (tmp_path / "new").iterdir()}
    assert modes == {KEY: 0o600, CERTIFICATE: 0o644}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_the_key_is_not_in_the_file_that_clients_get(tmp_path: Path) -> None:
    assert b"PRIVATE" not in Authority.at(tmp_path, HOSTS).file.read_bytes()


def test_an_authority_may_speak_for_the_vendors_and_this_machine_only(tmp_path: Path) -> None:
    constraints = Authority.at(tmp_path, HOSTS).certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert [str(one.value) for one in constraints.value.permitted_subtrees or ()] == [
        "localhost", "us01.p13n.in.treasuredata.com", "talon.one", "127.0.0.0/8", "::1/128",
    ]  # fmt: skip


def test_two_authorities_have_different_serial_numbers(tmp_path: Path) -> None:
    first, second = (Authority.at(tmp_path / name, HOSTS).certificate for name in ("a", "b"))
    assert first.serial_number != second.serial_number


@pytest.mark.parametrize(("days", "same"), [(0, True), (357, True), (359, False), (400, False), (-2, False)])
def test_an_authority_that_nears_its_end_is_replaced(tmp_path: Path, days: int, same: bool) -> None:
    before = Authority.at(tmp_path, HOSTS, lambda: NOW)
    after = Authority.at(tmp_path, HOSTS, lambda: NOW + timedelta(days=days))
    assert (after.pem == before.pem) is same
    assert (tmp_path / CERTIFICATE).read_bytes() == after.pem


def test_an_authority_that_lacks_a_host_is_replaced(tmp_path: Path) -> None:
    before = Authority.at(tmp_path, HOSTS)
    assert Authority.at(tmp_path, [*HOSTS, "new.example"]).pem != before.pem


def test_a_lost_certificate_is_written_again(tmp_path: Path) -> None:
    authority = Authority.at(tmp_path, HOSTS)
    authority.file.unlink()
    assert Authority.at(tmp_path, HOSTS).file.read_bytes() == authority.pem


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_key_is_reported_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY).write_bytes(content)
    with pytest.raises(CertificateError, match="holds no key with its certificate; move it away"):
        Authority.at(tmp_path, HOSTS)
    assert (tmp_path / KEY).read_bytes() == content


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CertificateError, match=r"cannot be kept in .*file"):
        Authority.at(tmp_path / "file", HOSTS)
