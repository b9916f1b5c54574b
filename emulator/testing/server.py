"""A real socket, for what has an HTTP stack of its own: other languages' SDKs, browsers, curl."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emulator import roots
from emulator.app import Emulator
from emulator.client import Client, base_url_variable, vendor_slugs
from emulator.core.faults import unknown
from emulator.settings import Options
from emulator.testing.errors import NotHere, Unusable

if TYPE_CHECKING:
    from emulator.server import Background


class EmulatorServer:
    """What the `emulator_server` fixture is: the test's world at an address. State, clock, faults and journal are those
    of the `emulator` fixture."""

    def __init__(self, client: Client, secure: "Callable[[], SecureServer]") -> None:
        self._client = client
        self._secure = secure

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.url}>"

    @property
    def url(self) -> str:
        """Without a slash at its end: ``{url}/talonone/v2/…``, ``{url}/_emulator/…``."""
        namespace = self._client.namespace
        return self._client.url if namespace is None else f"{self._client.url}/ns/{namespace}"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    def base_url(self, vendor: str) -> str:
        """Of a vendor, without a slash at its end. Raises `ValueError` for one that is not emulated."""
        if vendor not in (known := vendor_slugs()):
            raise ValueError(unknown(vendor, known, "vendor"))
        return f"{self.url}/{vendor}"

    def environment(self) -> dict[str, str]:
        """For a program that the test starts: each vendor's base URL (``TALONONE_BASE_URL``, …) and ``EMULATOR_URL``,
        with which ``martech-emulator``'s verbs reach the test's world. Where that asks for a control token, it is
        there too."""
        return self._client.environment() | self._client.access()

    @property
    def secure(self) -> "SecureServer":
        """The same over TLS. Opened when first asked for."""
        return self._secure()


class SecureServer(EmulatorServer):
    """An address that speaks TLS. `ca_file` is the certificate to trust, good for every host of the vendors and for
    this machine; `None` where the client's own ones do. `bundle` has whom this machine trusts as well."""

    def __init__(self, client: Client, ca_file: Path | None, bundle: Path | None = None) -> None:
        super().__init__(client, lambda: self)
        self.ca_file = ca_file
        self._bundle = bundle

    def environment(self) -> dict[str, str]:
        """The same, with base URLs that speak TLS, ``EMULATOR_TLS_URL`` and ``EMULATOR_CA_FILE``, and what has Python,
        curl and Node trust that certificate, besides whom they trust anyway: ``SSL_CERT_FILE`` and its like."""
        found = super().environment() | {base_url_variable(slug): self.base_url(slug) for slug in vendor_slugs()}
        found["EMULATOR_TLS_URL"] = self._client.url
        if self.ca_file is not None:
            found["EMULATOR_CA_FILE"] = str(self.ca_file)
        return found if self._bundle is None else found | roots.variables(self._bundle)


class Door:
    """The sockets of an emulator in this process: each is opened when it is first asked for, on a free port, and stays
    open until the suite is over."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._process = os.getpid()
        self._open = ExitStack()
        self._servers: dict[bool, Background] = {}

    def server(self) -> EmulatorServer:
        """Raises `Unusable`."""
        return EmulatorServer(Client(self._serving(tls=False).url), self._secured)

    def _secured(self) -> SecureServer:
        secure = self._serving(tls=True).secure
        assert secure is not None
        return SecureServer(Client(secure.url), secure.authority, secure.bundle)

    def _serving(self, *, tls: bool) -> "Background":
        if self._process != os.getpid():  # a fork has its parent's emulator as it was, and none of its threads
            self._process, self._open, self._servers = os.getpid(), ExitStack(), {}
        if tls not in self._servers:
            from emulator.server import Background, StartError  # noqa: PLC0415 - most suites open none

            options = Options(port=0, tls_port=0, ca_dir=self._directory()) if tls else Options(port=0)
            try:
                self._servers[tls] = self._open.enter_context(Background(options, of=self._emulator))
            except StartError as error:
                raise Unusable(f"emulator_server: {error}") from None
        return self._servers[tls]

    def _directory(self) -> Path:
        """For an authority of this run's own."""
        directory = mkdtemp(prefix="martech-emulator-")
        self._open.callback(rmtree, directory, ignore_errors=True)
        return Path(directory)

    def close(self) -> None:
        if self._process == os.getpid():
            self._servers.clear()
            self._open.close()


def elsewhere(client: Client) -> EmulatorServer:
    """The address of an emulator that has one."""

    def secure() -> SecureServer:
        if not client.url.startswith("https://"):
            raise NotHere(
                f"emulator_server.secure needs an emulator that speaks TLS, and {client.url} does not: name its other "
                "address, --emulator-url https://…"
            )
        named = os.environ.get("SSL_CERT_FILE")
        return SecureServer(client, Path(named) if named else None)

    return EmulatorServer(client, secure)
