"""Whom this machine's programs trust over TLS, and a file that lets them trust one authority more.

Python, curl and all that is built on OpenSSL *replace* their roots by the file that a variable names: it has to hold
whatever they trusted before, or no other host would be reached any more. Node only adds a file to its own roots, but
may have been told of others by the same variable, so it gets the same file.
"""

import base64
import binascii
import hashlib
import os
import re
import ssl
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

AUTHORITY = "martech-emulator local CA"
"""How the subject of every authority of ours begins."""
VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")

_REPLACING = VARIABLES[:3]
_ADDING = VARIABLES[3]
_DIRECTORIES = "SSL_CERT_DIR"
_PLACES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Red Hat, Fedora
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, BSD
    "/opt/homebrew/etc/openssl@3/cert.pem",
    "/usr/local/etc/openssl@3/cert.pem",
)
_CERTIFICATE = re.compile(
    rb"-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END (?:X509 )?CERTIFICATE-----"
)
_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")
"""The only files of a directory that OpenSSL looks at."""
_MOST_BUNDLES = 16


@dataclass(frozen=True, slots=True)
class Bundle:
    """Certificates as one file. `complaints` are sentences about what should have been in it and was not to be had."""

    content: bytes
    complaints: tuple[str, ...] = ()


def bundle(authority: bytes, environment: Mapping[str, str]) -> Bundle:
    """All that the environment's programs trust without us, and the authority last. An authority of ours that they
    trusted before is left out, so that asking twice gives the same, and old ones do not pile up."""
    complaints: list[str] = []
    found = list(dict.fromkeys(_trusted(environment, complaints)))
    if not found:
        complaints.append(
            "this machine has no root certificates, so that programs will trust the emulator and nobody else; "
            "install ca-certificates, or let SSL_CERT_FILE name them"
        )
    says = f"# {len(found)} certificates that this machine trusts, then the local authority of martech-emulator.\n"
    pems = [ssl.DER_cert_to_PEM_cert(one) for one in found]
    return Bundle("".join([says, *pems]).encode() + authority, tuple(complaints))


def keep(content: bytes, directory: Path) -> Path:
    """A file of that content, which stays while other contents come. Only the last few that were asked for are kept."""
    shelf = directory.expanduser().absolute() / "bundles"
    shelf.mkdir(parents=True, exist_ok=True)
    file = shelf / f"{hashlib.sha256(content).hexdigest()[:16]}.pem"
    if file.is_file() and file.read_bytes() == content:
        with suppress(OSError):  # somebody else's file is as good
            os.utime(file)
    else:
        replace(file, content)
    by_age = sorted(shelf.glob("*.pem"), key=_last_asked_for, reverse=True)
    for old in by_age[_MOST_BUNDLES:]:
        old.unlink(missing_ok=True)
    return file


def variables(file: Path) -> dict[str, str]:
    """What has programs trust the certificates in the file, and those only."""
    return dict.fromkeys(VARIABLES, str(file))


def replace(file: Path, content: bytes, mode: int = 0o644) -> None:
    """Whole or not at all."""
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(draft).chmod(mode)
        os.replace(draft, file)
    finally:
        Path(draft).unlink(missing_ok=True)


def certificates(content: bytes) -> list[bytes]:
    """In DER, without those that no program could read."""
    found = []
    for block in _CERTIFICATE.findall(content):
        with suppress(binascii.Error):
            found.append(base64.b64decode(b"".join(block.split()), validate=True))
    return found


def is_ours(certificate: bytes) -> bool:
    """Whether it is, in DER, an authority of an emulator's."""
    return AUTHORITY.encode() in certificate


def in_file(file: Path) -> list[bytes]:
    """The certificates there; none where it cannot be read."""
    try:
        return certificates(file.read_bytes()) if file.is_file() else []
    except OSError:
        return []


def _trusted(environment: Mapping[str, str], complaints: list[str]) -> Iterator[bytes]:
    """What any of the programs trusts that obey these variables. Without its variable each trusts the machine's."""
    by_machine = False
    for name in (*_REPLACING, _ADDING):
        named = environment.get(name)
        found = list(_foreign(_at(Path(named)))) if named else []
        yield from found
        by_machine = by_machine or (not found and name in _REPLACING)
        if named and not found and not Path(named).exists():
            complaints.append(f"{name} names {named}, which is not there; the machine's own certificates stand in")
    for directory in environment.get(_DIRECTORIES, "").split(os.pathsep):
        yield from _foreign(_in_directory(Path(directory))) if directory else ()
    if by_machine:
        yield from _foreign(_of_machine())


def _foreign(found: Iterable[bytes]) -> Iterator[bytes]:
    return (one for one in found if not is_ours(one))


def _of_machine() -> list[bytes]:
    """Where OpenSSL itself looks, else where systems keep them, else those that came with Python packages."""
    own = ssl.get_default_verify_paths()
    found = [*in_file(Path(own.openssl_cafile)), *_in_directory(Path(own.openssl_capath))]
    return found or next((there for place in _PLACES if (there := in_file(Path(place)))), []) or _of_certifi()


def _of_certifi() -> list[bytes]:
    import certifi  # noqa: PLC0415 - only where the machine has none itself

    return in_file(Path(certifi.where()))


def _at(path: Path) -> list[bytes]:
    """Some programs take a directory where others want a file."""
    return _in_directory(path) if path.is_dir() else in_file(path)


def _in_directory(directory: Path) -> list[bytes]:
    try:
        names = sorted(one.name for one in directory.iterdir() if _HASHED.fullmatch(one.name))
    except OSError:
        return []
    return [one for name in names for one in in_file(directory / name)]


def _last_asked_for(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
