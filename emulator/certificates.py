"""TLS with certificates of our own: a local authority kept in a directory, and a certificate per host name.

The authority may only speak for the vendors' hosts, this machine and what `--tls-host` names (name constraints, RFC
5280 section 4.2.1.10), and only for servers, so that trusting it opens nothing else. Its key stays in the directory,
readable by its owner alone; the rest of the directory is for everybody, so that another container may mount it.
"""

import contextlib
import logging
import os
import re
import ssl
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from emulator import roots

CERTIFICATE = "ca.pem"
"""What clients are told to trust."""
BUNDLE = "ca-bundle.pem"
"""The same with the roots of this machine, for clients that trust nothing but one file."""
KEY = "ca-key.pem"
"""The authority's key, with its certificate, so that the two never part."""

_LIFE = timedelta(days=365)
_REMAINDER = timedelta(days=7)
_GRACE = timedelta(days=1)
"""How far a client's clock may be behind ours."""
_MOST_HOSTS = 1_000
_MOST_STRANGERS = 100
_HOST = re.compile(r"[a-z0-9._-]{1,253}")
_OF_OTHERS = 0o077
_LOCAL_NAMES = ("localhost",)
_LOCAL_ADDRESSES = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
_LOCAL_NETWORKS = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

Clock = Callable[[], datetime]
Names = Sequence[x509.GeneralName]
_log = logging.getLogger("emulator")


def _machine_clock() -> datetime:
    return datetime.now(UTC)


class CertificateError(Exception):
    """The authority cannot be read or made; the message is the sentence for the user."""


class Authority:
    """A local certificate authority for some hosts: names, ``*.`` and a suffix, or addresses. `news` are sentences for
    those who trust it already, and for its owner."""

    def __init__(
        self,
        directory: Path,
        hosts: Sequence[str],
        key: EllipticCurvePrivateKey,
        certificate: x509.Certificate,
        now: Clock,
    ) -> None:
        self.file = directory / CERTIFICATE
        self.bundle = directory / BUNDLE
        self.certificate = certificate
        self.news: list[str] = []
        self._names = [host for host in hosts if _address(host) is None]
        self._addresses = [address for host in hosts if (address := _address(host)) is not None]
        self._key = key
        self._now = now
        self._leaf_key = generate_private_key(SECP256R1())
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._strangers: set[str] = set()

    @classmethod
    def at(
        cls,
        directory: Path,
        hosts: Sequence[str],
        now: Clock = _machine_clock,
        environment: Mapping[str, str] = os.environ,
    ) -> Self:
        """The authority that the directory keeps; made where there is none, and anew where the one there is about to
        expire or may not speak for all the hosts. Raises `CertificateError`."""
        try:
            directory = directory.expanduser().absolute()
            directory.mkdir(mode=0o755, parents=True, exist_ok=True)
            with _alone(directory):
                news: list[str] = []
                authority = cls(directory, hosts, *_kept(directory, hosts, now(), news), now)
                authority.news = news
                authority._share(environment)
        except (OSError, RuntimeError) as error:  # RuntimeError: there is no home directory
            reason = error.strerror if isinstance(error, OSError) else str(error).rstrip(".")
            raise CertificateError(f"the local authority cannot be kept in {directory}: {reason}") from None
        return authority

    def _share(self, environment: Mapping[str, str]) -> None:
        """What clients are given, in the directory. They can do without the bundle."""
        if not self.file.exists() or self.file.read_bytes() != self.pem:
            roots.replace(self.file, self.pem)
        bundle = roots.bundle(self.pem, environment)
        try:
            if not self.bundle.exists() or self.bundle.read_bytes() != bundle.content:
                roots.replace(self.bundle, bundle.content)
        except OSError as error:
            self.news.append(f"{self.bundle} cannot be written, and is not to be trusted: {error.strerror}")

    @property
    def pem(self) -> bytes:
        return _pem(self.certificate)

    def context(self) -> ssl.SSLContext:
        """What a listener needs: a certificate of its own for each of our hosts that a client names, and a general one
        for clients that name none, as those do that dial an address."""
        names = [
            *_LOCAL_NAMES,
            *dict.fromkeys(name for host in self._names for name in (host.removeprefix("*."), host)),
        ]
        addresses = dict.fromkeys((*_LOCAL_ADDRESSES, *self._addresses))
        general = self._presenting([*map(x509.DNSName, names), *map(x509.IPAddress, addresses)])
        general.sni_callback = self._choose
        return general

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """A name that is none of ours keeps the general certificate, which its client refuses by itself."""
        host = (name or "").lower()
        if any(host == own or host.endswith(f".{own}") for own in _subtrees(self._names)):
            if host not in self._contexts:
                if len(self._contexts) >= _MOST_HOSTS:
                    self._contexts.clear()
                self._contexts[host] = self._presenting([x509.DNSName(host)])
            connection.context = self._contexts[host]
        elif _HOST.fullmatch(host) and _address(host) is None:
            self._tell_of(host)

    def _tell_of(self, stranger: str) -> None:
        """Its client will only say that the names differ: whoever runs the emulator is told what to do."""
        if stranger not in self._strangers and len(self._strangers) < _MOST_STRANGERS:
            self._strangers.add(stranger)
            _log.warning(
                "martech-emulator: a client asks over TLS for %s, which is neither a vendor's host nor localhost, and "
                "will refuse the certificate: if that is a name of this machine, start with --tls-host %s",
                stranger,
                stranger,
            )

    def _presenting(self, names: Names) -> ssl.SSLContext:
        key = self._leaf_key.public_key()
        certificate = (
            _certificate("martech-emulator", self._now(), self.certificate.not_valid_after_utc)
            .issuer_name(self.certificate.subject)
            .public_key(key)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signing_certificates=False), critical=True)
            .add_extension(_SERVERS_ONLY, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(_key_identifier(self._key), critical=False)
            .sign(self._key, SHA256())
        )
        return _context(_pem(certificate) + _key_pem(self._leaf_key))


def _context(chain: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    with _as_file(chain) as name:
        context.load_cert_chain(name)
    return context


@contextlib.contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """The ssl module reads certificates from files only: one in memory where the system has such, because nothing else
    may be writable."""
    if sys.platform == "linux" and os.path.isdir("/proc/self/fd"):
        with os.fdopen(os.memfd_create("martech-emulator"), "wb") as memory:
            memory.write(content)
            memory.flush()
            yield f"/proc/self/fd/{memory.fileno()}"
    else:
        with tempfile.NamedTemporaryFile(prefix="martech-emulator-") as file:  # made with mode 0600
            file.write(content)
            file.flush()
            yield file.name


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _subtrees(names: Sequence[str]) -> list[str]:
    """The names that, with all below them, the authority may speak for."""
    return list(dict.fromkeys([*_LOCAL_NAMES, *(name.removeprefix("*.") for name in names)]))


def _needed(hosts: Sequence[str]) -> list[x509.GeneralName]:
    """What an authority has to be permitted to speak for these hosts."""
    names = _subtrees([host for host in hosts if _address(host) is None])
    addresses = [address for host in hosts if (address := _address(host)) is not None and not address.is_loopback]
    networks = [*_LOCAL_NETWORKS, *map(ip_network, addresses)]
    return [*map(x509.DNSName, names), *map(x509.IPAddress, networks)]


def _new_authority(permitted: Names, now: datetime) -> bytes:
    """Key and certificate. The subject carries the moment, so that two authorities in one trust store keep apart."""
    key = generate_private_key(SECP256R1())
    name = f"{roots.AUTHORITY} {now:%Y-%m-%d %H:%M:%S}"
    builder = _certificate(name, now, now - _GRACE + _LIFE)
    certificate = (
        builder.issuer_name(_name(name))
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signing_certificates=True), critical=True)
        .add_extension(_SERVERS_ONLY, critical=False)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_key_identifier(key), critical=False)
        .sign(key, SHA256())
    )
    return _key_pem(key) + _pem(certificate)


_SERVERS_ONLY = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


def _usage(*, signing_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signing_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signing_certificates,
        crl_sign=signing_certificates,
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


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Of processes that start at once, one after the other, where the file system can: the directory itself is locked,
    so that nothing has to be written into one that is kept already."""
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - not on Windows

    handle = os.open(directory, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


_ANEW = "a new one was made, and clients that trust the old one have to trust"


def _kept(
    directory: Path, hosts: Sequence[str], now: datetime, news: list[str]
) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
    """One that may speak for more than is asked stays: it has been handed out. A new one may speak for what the old one
    might too, so that two users of a directory with different hosts do not turn each other's down for ever."""
    secret, needed = directory / KEY, _needed(hosts)
    kept = _read(secret, news)
    if kept is not None and (reason := _why_anew(kept[1], needed, now)):
        if kept[1].not_valid_after_utc > now:
            needed = list(dict.fromkeys([*needed, *_permitted(kept[1])]))
        kept = None
        news.append(f"the local authority in {directory} {reason}; {_ANEW} {directory / CERTIFICATE} anew")
    elif kept is None and (directory / CERTIFICATE).exists():
        news.append(f"the key of the local authority in {directory} is gone; {_ANEW} {directory / CERTIFICATE} anew")
    if kept is None:
        roots.replace(secret, _new_authority(needed, now), 0o600)
        kept = _read(secret, news)
        assert kept is not None
    return kept


def _why_anew(certificate: x509.Certificate, needed: Names, now: datetime) -> str | None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if ends <= now:
        return f"expired at {ends:%Y-%m-%d %H:%M} UTC"
    if ends - now < _REMAINDER:
        return f"was about to expire, at {ends:%Y-%m-%d %H:%M} UTC"
    if begins > now:
        return f"was not to be valid before {begins:%Y-%m-%d %H:%M} UTC, by this machine's clock"
    permitted = _permitted(certificate)
    missing = [str(one.value) for one in needed if one not in permitted]
    return f"was not permitted to speak for {', '.join(missing)}" if missing else None


def _permitted(certificate: x509.Certificate) -> list[x509.GeneralName]:
    constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    return list(constraints.permitted_subtrees or ())


def _read(secret: Path, news: list[str]) -> tuple[EllipticCurvePrivateKey, x509.Certificate] | None:
    try:
        _guard(secret, news)
        content = secret.read_bytes()
    except FileNotFoundError:
        return None
    with contextlib.suppress(ValueError, TypeError, x509.ExtensionNotFound):
        key, certificate = load_pem_private_key(content, None), x509.load_pem_x509_certificate(content)
        if isinstance(key, EllipticCurvePrivateKey) and certificate.public_key() == key.public_key():
            _permitted(certificate)
            return key, certificate
    raise CertificateError(f"{secret} holds no key of ours with its certificate; move it away, and a new one is made")


def _guard(secret: Path, news: list[str]) -> None:
    """Nobody but its owner may read it: whoever has the key can pose as the vendors to all that trust the authority."""
    mode = stat.S_IMODE(secret.stat().st_mode)
    if os.name != "posix" or not mode & _OF_OTHERS:
        return
    with contextlib.suppress(OSError):
        secret.chmod(mode & ~_OF_OTHERS)
    if stat.S_IMODE(secret.stat().st_mode) & _OF_OTHERS:
        raise CertificateError(
            f"others can read {secret} (mode {mode:04o}), and this user may not change that: make it 0600"
        )
    news.append(
        f"others could read {secret} (mode {mode:04o}) until now; if that matters, remove it: a new one is made"
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
