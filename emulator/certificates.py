"""TLS with certificates of our own: a local authority kept in a directory, and a certificate per host name.

The authority may only speak for the vendors' hosts and this machine (name constraints, RFC 5280 section 4.2.1.10), so
that trusting it opens nothing else. Its key stays in the directory, readable by its owner alone.
"""

import contextlib
import os
import ssl
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CERTIFICATE = "ca.pem"
"""What clients are told to trust."""
KEY = "ca-key.pem"
"""The authority's key, with its certificate, so that the two never part."""

_LIFE = timedelta(days=365)
_REMAINDER = timedelta(days=7)
_GRACE = timedelta(hours=1)
_MOST_HOSTS = 1_000
_LOCAL_NAMES = ("localhost",)
_LOCAL_ADDRESSES = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
_LOCAL_NETWORKS = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

Clock = Callable[[], datetime]


def _machine_clock() -> datetime:
    return datetime.now(UTC)


class CertificateError(Exception):
    """The authority cannot be read or made; the message is the sentence for the user."""


class Authority:
    """A local certificate authority for some host names: exact ones, or ``*.`` and a suffix."""

    def __init__(
        self, file: Path, hosts: Sequence[str], key: EllipticCurvePrivateKey, certificate: x509.Certificate, now: Clock
    ) -> None:
        self.file = file
        self.certificate = certificate
        self._hosts = hosts
        self._key = key
        self._now = now
        self._leaf_key = generate_private_key(SECP256R1())
        self._contexts: dict[str, ssl.SSLContext] = {}

    @classmethod
    def at(cls, directory: Path, hosts: Sequence[str], now: Clock = _machine_clock) -> Self:
        """The authority that the directory keeps; made where there is none, and anew where the one there is about to
        expire or may not speak for all the hosts. Raises `CertificateError`."""
        try:
            directory = directory.expanduser()
            secret = directory / KEY
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept = _read(secret)
            if kept is None or not _fits(kept[1], hosts, now()):
                _write(secret, _new_authority(hosts, now()), anew=kept is not None)
                kept = _read(secret)
            assert kept is not None
            key, certificate = kept
            file = directory / CERTIFICATE
            if not file.exists() or file.read_bytes() != _pem(certificate):
                _write(file, _pem(certificate), anew=True, mode=0o644)
        except (OSError, RuntimeError) as error:  # RuntimeError: there is no home directory
            reason = error.strerror if isinstance(error, OSError) else error
            raise CertificateError(f"the local authority cannot be kept in {directory}: {reason}") from None
        return cls(file, hosts, key, certificate, now)

    @property
    def pem(self) -> bytes:
        return _pem(self.certificate)

    def context(self) -> ssl.SSLContext:
        """What a listener needs: a certificate of its own for each of our hosts that a client names, and a general one
        for clients that name none, as those do that dial an address."""
        names = [
            *_LOCAL_NAMES,
            *dict.fromkeys(name for host in self._hosts for name in (host.removeprefix("*."), host)),
        ]
        general = self._presenting([*map(x509.DNSName, names), *(x509.IPAddress(one) for one in _LOCAL_ADDRESSES)])
        general.sni_callback = self._choose
        return general

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """A name that is none of ours keeps the general certificate, which its client refuses by itself."""
        host = (name or "").lower()
        if any(host == own or host.endswith(f".{own}") for own in _subtrees(self._hosts)):
            if host not in self._contexts:
                if len(self._contexts) >= _MOST_HOSTS:
                    self._contexts.clear()
                self._contexts[host] = self._presenting([x509.DNSName(host)])
            connection.context = self._contexts[host]

    def _presenting(self, names: Sequence[x509.GeneralName]) -> ssl.SSLContext:
        certificate = (
            _certificate("martech-emulator", self._now(), self.certificate.not_valid_after_utc)
            .issuer_name(self.certificate.subject)
            .public_key(self._leaf_key.public_key())
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_key_identifier(self._key), critical=False)
            .sign(self._key, SHA256())
        )
        return _context(_pem(certificate) + _key_pem(self._leaf_key))


def _context(chain: bytes) -> ssl.SSLContext:
    """The ssl module reads certificates from files only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    with tempfile.NamedTemporaryFile(prefix="martech-emulator-") as file:  # made with mode 0600
        file.write(chain)
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _subtrees(hosts: Sequence[str]) -> list[str]:
    """The names that, with all below them, the authority may speak for."""
    return [*_LOCAL_NAMES, *dict.fromkeys(host.removeprefix("*.") for host in hosts)]


def _constraints(hosts: Sequence[str]) -> x509.NameConstraints:
    permitted = [*map(x509.DNSName, _subtrees(hosts)), *(x509.IPAddress(one) for one in _LOCAL_NETWORKS)]
    return x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None)


def _new_authority(hosts: Sequence[str], now: datetime) -> bytes:
    """Key and certificate. The subject carries the moment, so that two authorities in one trust store keep apart."""
    key = generate_private_key(SECP256R1())
    name = f"martech-emulator local CA {now:%Y-%m-%d %H:%M:%S}"
    builder = _certificate(name, now, now + _LIFE)
    certificate = (
        builder.issuer_name(_name(name))
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_AUTHORITY_USAGE, critical=True)
        .add_extension(_constraints(hosts), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    return _key_pem(key) + _pem(certificate)


_AUTHORITY_USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _certificate(subject: str, now: datetime, end: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _GRACE)
        .not_valid_after(end)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _key_identifier(key: EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _fits(certificate: x509.Certificate, hosts: Sequence[str], now: datetime) -> bool:
    if certificate.not_valid_after_utc - now < _REMAINDER or certificate.not_valid_before_utc > now:
        return False
    try:
        return certificate.extensions.get_extension_for_class(x509.NameConstraints).value == _constraints(hosts)
    except x509.ExtensionNotFound:
        return False


def _read(secret: Path) -> tuple[EllipticCurvePrivateKey, x509.Certificate] | None:
    try:
        content = secret.read_bytes()
    except FileNotFoundError:
        return None
    with contextlib.suppress(ValueError, TypeError):
        key, certificate = load_pem_private_key(content, None), x509.load_pem_x509_certificate(content)
        if isinstance(key, EllipticCurvePrivateKey) and certificate.public_key() == key.public_key():
            return key, certificate
    raise CertificateError(f"{secret} holds no key with its certificate; move it away, and a new one is made")


def _write(file: Path, content: bytes, *, anew: bool, mode: int = 0o600) -> None:
    """Whole or not at all. Of two processes that make a first authority at once, the first one's stays."""
    handle, draft = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(draft).chmod(mode)
        if anew:
            os.replace(draft, file)
        else:
            with contextlib.suppress(FileExistsError):
                os.link(draft, file)
    finally:
        Path(draft).unlink(missing_ok=True)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
