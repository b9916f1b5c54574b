"""The local authority in its directory: made once, kept, shared, replaced when it must be."""

import contextlib
import os
import ssl
import stat
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from emulator import certificates, roots
from emulator.certificates import BUNDLE, CERTIFICATE, KEY, Authority, CertificateError
from tests.company import Company

HOSTS = ["us01.p13n.in.treasuredata.com", "*.talon.one"]
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_an_authority_is_made_once(tmp_path: Path) -> None:
    first, second = Authority.at(tmp_path, HOSTS), Authority.at(tmp_path, HOSTS)
    assert first.pem == second.pem == (tmp_path / CERTIFICATE).read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_only_its_owner_can_read_an_authoritys_key(tmp_path: Path) -> None:
    Authority.at(tmp_path / "new", HOSTS)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (tmp_path / "new").iterdir()}
    assert modes == {KEY: 0o600, CERTIFICATE: 0o644, BUNDLE: 0o644}


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_everybody_may_enter_a_new_directory_because_containers_share_it(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        Authority.at(tmp_path / "new", HOSTS)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o755


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_the_mode_of_a_directory_that_is_there_stays(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    Authority.at(tmp_path, HOSTS)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_key_that_others_could_read_is_theirs_no_longer_and_that_is_told(tmp_path: Path) -> None:
    first = Authority.at(tmp_path, HOSTS)
    assert first.news == []
    (tmp_path / KEY).chmod(0o644)
    second = Authority.at(tmp_path, HOSTS)
    assert stat.S_IMODE((tmp_path / KEY).stat().st_mode) == 0o600
    assert second.news == [
        f"others could read {tmp_path / KEY} (mode 0644) until now; if that matters, remove it: a new one is made"
    ]
    assert second.pem == first.pem


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_key_that_others_can_read_for_good_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Authority.at(tmp_path, HOSTS)
    (tmp_path / KEY).chmod(0o640)
    monkeypatch.setattr(Path, "chmod", lambda *_: None)  # as on a file system without modes of its own
    with pytest.raises(CertificateError, match=r"others can read .*ca-key\.pem \(mode 0640\), and this user may not"):
        Authority.at(tmp_path, HOSTS)


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


def test_why_an_authority_was_replaced_is_told(tmp_path: Path) -> None:
    def news(days: int, *more: str) -> str:
        return " ".join(Authority.at(tmp_path, [*HOSTS, *more], lambda: NOW + timedelta(days=days)).news)

    anew = f"a new one was made, and clients that trust the old one have to trust {tmp_path / CERTIFICATE} anew"
    assert news(0) == ""
    assert news(360) == f"the local authority in {tmp_path} was about to expire, at 2027-01-04 09:00 UTC; {anew}"
    assert news(360) == ""
    assert news(900) == f"the local authority in {tmp_path} expired at 2027-12-30 09:00 UTC; {anew}"
    early = "was not to be valid before 2028-06-22 09:00 UTC, by this machine's clock"
    assert news(0) == f"the local authority in {tmp_path} {early}; {anew}"
    more = ("new.example", "emulator")
    assert (
        news(0, *more) == f"the local authority in {tmp_path} was not permitted to speak for {', '.join(more)}; {anew}"
    )
    (tmp_path / KEY).unlink()
    assert news(0, *more) == f"the key of the local authority in {tmp_path} is gone; {anew}"


def test_an_authority_that_lacks_a_host_is_replaced_by_one_that_may_speak_for_all(tmp_path: Path) -> None:
    before = Authority.at(tmp_path, [*HOSTS, "one.example"])
    both = Authority.at(tmp_path, [*HOSTS, "two.example", "192.168.0.5"])
    assert both.pem != before.pem
    for hosts in ([], ["one.example"], ["two.example"], ["192.168.0.5"], ["127.0.0.9"]):
        assert Authority.at(tmp_path, [*HOSTS, *hosts]).pem == both.pem


def test_an_authority_that_was_not_made_here_is_left_alone(tmp_path: Path) -> None:
    company = Company(tmp_path)
    (tmp_path / KEY).write_bytes(content := company.secret + company.file.read_bytes())
    with pytest.raises(CertificateError, match="holds no key of ours"):
        Authority.at(tmp_path, HOSTS)
    assert (tmp_path / KEY).read_bytes() == content


def test_processes_that_start_at_once_share_one_authority(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from emulator.certificates import Authority; "
        "sys.stdout.buffer.write(Authority.at(Path(sys.argv[1]), ['*.talon.one', *sys.argv[2:]]).pem)"
    )
    for hosts in ([], ["emulator"]):  # a first one, then another instead of it
        command = [sys.executable, "-c", code, str(tmp_path), *hosts]
        started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(6)]
        told = [process.communicate(timeout=60)[0] for process in started]
        assert set(told) == {(tmp_path / CERTIFICATE).read_bytes()}
    assert {one.name for one in tmp_path.iterdir()} == {KEY, CERTIFICATE, BUNDLE}


def test_the_bundle_has_the_roots_of_this_machine_and_the_authority(tmp_path: Path) -> None:
    authority = Authority.at(tmp_path, HOSTS, environment={})
    *others, last = roots.certificates((tmp_path / BUNDLE).read_bytes())
    assert [last] == roots.certificates(authority.pem)
    assert others
    assert not any(map(roots.is_ours, others))


def test_a_bundle_follows_its_authority(tmp_path: Path) -> None:
    Authority.at(tmp_path, HOSTS)
    after = Authority.at(tmp_path, [*HOSTS, "emulator"])
    assert after.bundle.read_bytes().endswith(after.pem)
    assert sum(map(roots.is_ours, roots.certificates(after.bundle.read_bytes()))) == 1


def test_an_authority_in_a_directory_that_cannot_be_written_serves_on(tmp_path, monkeypatch) -> None:
    before = Authority.at(tmp_path, HOSTS)

    def refused(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(roots, "replace", refused)
    assert (Authority.at(tmp_path, HOSTS).pem, Authority.at(tmp_path, HOSTS).news) == (before.pem, [])
    before.bundle.unlink()
    assert Authority.at(tmp_path, HOSTS).news == [
        f"{before.bundle} cannot be written, and is not to be trusted: Read-only file system"
    ]
    with pytest.raises(CertificateError, match=r"cannot be kept in .*: Read-only file system"):
        Authority.at(tmp_path, [*HOSTS, "emulator"])


def test_an_authority_is_for_a_year_and_servers_only(tmp_path: Path) -> None:
    certificate = Authority.at(tmp_path, HOSTS, lambda: NOW).certificate
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=365)
    assert certificate.not_valid_before_utc == NOW - timedelta(days=1)  # another machine's clock may be behind
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_where_no_file_can_be_kept_in_memory_one_is_written_for_a_moment(tmp_path, monkeypatch) -> None:
    authority = Authority.at(tmp_path / "ca", HOSTS)
    monkeypatch.setattr(certificates.sys, "platform", "darwin")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    authority.context()
    assert [one.name for one in tmp_path.iterdir()] == ["ca"]


@pytest.mark.skipif(sys.platform != "linux", reason="files in memory are Linux's")
def test_nothing_but_the_directory_has_to_be_writable(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    Authority.at(tmp_path / "ca", HOSTS).context()


def test_a_lost_certificate_is_written_again(tmp_path: Path) -> None:
    authority = Authority.at(tmp_path, HOSTS)
    authority.file.unlink()
    assert Authority.at(tmp_path, HOSTS).file.read_bytes() == authority.pem


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_key_is_reported_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY).write_bytes(content)
    with pytest.raises(CertificateError, match="holds no key of ours with its certificate; move it away"):
        Authority.at(tmp_path, HOSTS)
    assert (tmp_path / KEY).read_bytes() == content


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CertificateError, match=r"cannot be kept in .*file"):
        Authority.at(tmp_path / "file", HOSTS)


def test_clients_take_nothing_from_it_for_another_host(tmp_path: Path) -> None:
    """Whoever steals the key can still not pose as anybody else: clients check the constraints."""
    authority = Authority.at(tmp_path, HOSTS)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(authority._presenting([x509.DNSName("bank.example")]), authority, "bank.example")
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(authority._presenting([x509.IPAddress(IPv4Address("10.0.0.1"))]), authority, "10.0.0.1")
    shake_hands(authority.context(), authority, "shop.talon.one")


def shake_hands(server: ssl.SSLContext, authority: Authority, host: str) -> None:
    """In memory, as far as it gets."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=str(authority.file)).wrap_bio(back, there, server_hostname=host)
    served = server.wrap_bio(there, back, server_side=True)
    for side in (client, served, client, served):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    assert client.getpeercert()
