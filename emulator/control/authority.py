"""Whom clients trust over TLS, told before any framework is there to tell it, and to everybody: it is no secret."""

from dataclasses import dataclass

from emulator.core.answers import Answer
from emulator.core.errors import Misuse

PATH = "/_emulator/ca.pem"
_PEM = "application/x-pem-file"


@dataclass(frozen=True, slots=True)
class Tls:
    """Where a process speaks TLS, and the authority's certificate."""

    port: int
    certificate: bytes


def answer(method: str, path: str, tls: Tls | None) -> Answer | None:
    """The answer to ``GET /_emulator/ca.pem``; `None` for any other call."""
    if path != PATH or method not in ("GET", "HEAD"):
        return None
    if tls is None:
        return Misuse(
            404,
            "No TLS",
            "this emulator speaks no TLS, and has no authority to trust: start it with --tls-port",
        ).answer()
    return Answer(200, tls.certificate, [("content-type", _PEM)])
