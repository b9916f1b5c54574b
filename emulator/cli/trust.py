"""What the environment of a program says for it to trust an emulator over TLS, and everybody whom it trusted before."""

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from emulator import roots
from emulator.cli import speech

if TYPE_CHECKING:
    from emulator.client import Client

TLS_URL = "EMULATOR_TLS_URL"
CA_FILE = "EMULATOR_CA_FILE"
_UNUSABLE = 2


def secure_client(client: "Client", port: int | None) -> "Client":
    """The same at the emulator's other address. Where a container's ports are published under other numbers, only
    whoever published them knows: an address that speaks TLS already is taken as it is."""
    from emulator.client import Client

    parts = urlsplit(client.url)
    if parts.scheme == "https":
        return client
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return Client(f"https://{host}:{port}{parts.path}", client.namespace)


def authority_of(client: "Client") -> bytes:
    """In PEM, and nothing but that. Raises `EmulatorError`."""
    from emulator.client import NotAnEmulator

    found = roots.certificates(client.authority())
    if len(found) != 1 or not roots.is_ours(found[0]):
        raise NotAnEmulator(f"{client.url} is no emulator: what it hands out to be trusted is no emulator's authority")
    return ssl.DER_cert_to_PEM_cert(found[0]).encode()


def trusting(authority: bytes, directory: Path) -> dict[str, str]:
    """The variables, and the file that they name is there. Ends the verb where it cannot be written."""
    bundle = roots.bundle(authority, os.environ)
    for sentence in bundle.complaints:
        speech.complain(sentence)
    try:
        return roots.variables(roots.keep(bundle.content, directory))
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home directory
        reason = error.strerror if isinstance(error, OSError) else str(error).rstrip(".")
        speech.complain(
            f"the certificates to trust cannot be kept in {directory}: {reason}; --ca-dir names another directory"
        )
        click.get_current_context().exit(_UNUSABLE)
