"""Somebody else's authority, such as a company's own, that a machine trusts besides the public ones."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Company:
    """Its root is in `file`."""

    def __init__(self, directory: Path, name: str = "Company") -> None:
        self._directory = directory
        self._key = generate_private_key(SECP256R1())
        self._subject = _named(f"{name} Root")
        ca = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = self._signed(self._subject, self._key, (ca, True))
        self.file = directory / f"{name}-root.pem"
        self.file.write_bytes(b"# of our own\n" + self.certificate.public_bytes(Encoding.PEM))

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def secret(self) -> bytes:
        """Its key."""
        return _pem(self._key)

    def _signed(
        self, subject: x509.Name, key: EllipticCurvePrivateKey, *extensions: tuple[x509.ExtensionType, bool]
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder(self._subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, SHA256())

    @contextmanager
    def serving(self, host: str) -> Iterator[int]:
        """The port of a server with a certificate for that host, who answers "company" to everything."""
        key = generate_private_key(SECP256R1())
        certificate = self._signed(_named(host), key, (x509.SubjectAlternativeName([x509.DNSName(host)]), False))
        chain = self._directory / f"{host}.pem"
        chain.write_bytes(_pem(key) + certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        with ThreadingHTTPServer(("127.0.0.1", 0), _Answer) as server:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            thread = Thread(target=server.serve_forever)
            thread.start()
            yield server.server_address[1]
            server.shutdown()
            thread.join()


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "7")
        self.end_headers()
        self.wfile.write(b"company")

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
