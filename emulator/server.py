"""Run it: in the foreground for the command line, in a background thread for tests."""

import asyncio
import contextlib
import errno
import gc
import logging
import re
import signal
import socket
import ssl
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import orjson
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import HANDLED_SIGNALS

from emulator import __version__
from emulator.app import Emulator
from emulator.control.scenario import ScenarioError, Scenarios
from emulator.core.delivery import CLOSE
from emulator.core.errors import Misuse
from emulator.core.vendor import Vendor
from emulator.settings import Options

EXIT_UNUSABLE = 2
_CLIENT_HELLO = b"\x16\x03"
_REQUEST_LINE = re.compile(rb"[A-Z]+ \S+ HTTP/1\.[01]")
_UPGRADE = re.compile(rb"\r\nupgrade:[^\r\n]*", re.IGNORECASE)
_PATIENCE = 0.7
"""Seconds that calls have to end when the server stops; a little less than its framework allows before it complains."""
_LONG = 1.0
"""Seconds from which on a step of seeding is worth a word."""
_log = logging.getLogger("emulator")


class StartError(Exception):
    """The process cannot start; the message is the sentence for the user."""


class _Protocol(HttpToolsProtocol):
    """Lets a fault close the connection, takes what its parser would not, and refuses the rest as problems."""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        close = partial(self._close, self.cycle)
        self.scope["extensions"] = {CLOSE: close}  # type: ignore[dict-item] # a callable, not a mapping

    def data_received(self, data: bytes) -> None:
        if data.startswith(_CLIENT_HELLO) and not self.headers:
            self._refuse_tls()
            return
        super().data_received(data if data.isascii() and b"pgrade:" not in data else self._made_plain(data))

    def _made_plain(self, data: bytes) -> bytes:
        """The parser refuses a request line with raw octets, which curl sends for ``/optOut/Zoë``, and drops the body
        of a call that offers an upgrade, as Java's HTTP client does with its first one."""
        head, blank, body = data.partition(b"\r\n\r\n")
        line, end, fields = head.partition(b"\r\n")
        idle = self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr] # it begins as None
        if not idle or not _REQUEST_LINE.fullmatch(line):
            return data
        target = b"".join(b"%c" % octet if octet < 0x80 else b"%%%02X" % octet for octet in line)
        return target + _UPGRADE.sub(b"", end + fields) + blank + body

    def _refuse_tls(self) -> None:
        """The client will only say that the version is wrong: whoever runs the emulator is told what that means."""
        host, port = (self.transport.get_extra_info("sockname") or ("", ""))[:2]
        says = (
            f"a client spoke TLS to {host}:{port}, which speaks plain HTTP: call http:// instead of https://, or start "
            "with --tls-port and call that port"
        )
        _log.warning("martech-emulator: %s", says)
        self.config.app.misdirected(says)  # type: ignore[union-attr] # the application is ours
        self._refuse(Misuse(400, "Not TLS", says))

    def send_400_response(self, msg: str) -> None:
        self._refuse(Misuse(400, "Not HTTP", "the call cannot be read as HTTP/1.1, or its path is longer than 64 KiB"))

    def _refuse(self, misuse: Misuse) -> None:
        answer = misuse.answer()
        headers = [
            *self.server_state.default_headers,
            *((name.encode(), value.encode()) for name, value in answer.headers),
            (b"content-length", b"%d" % len(answer.body)),
            (b"connection", b"close"),
        ]
        fields = b"".join(b"%s: %s\r\n" % header for header in headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + fields + b"\r\n" + answer.body)
        self.transport.close()

    def _close(self, call: RequestResponseCycle) -> None:
        """A closed connection is only told to the newest call on it, and over TLS only once the peer agrees."""
        self.transport.close()
        call.disconnected = True
        call.message_event.set()


class _Server(uvicorn.Server):
    """Reports readiness, and ends with exit code 0 after a signal."""

    def __init__(self, emulator: Emulator, on_ready: Callable[[], None], secure: "Secure | None" = None) -> None:
        super().__init__(
            uvicorn.Config(
                emulator,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level=logging.ERROR,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=1,
            )
        )
        self.failure: str | None = None
        self._emulator = emulator
        self._on_ready = on_ready
        self._secure = secure

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._secure is not None:
            self.servers.append(await self._listen_securely(self._secure))
        self._preparing = asyncio.create_task(self._prepare())

    async def _listen_securely(self, secure: "Secure") -> asyncio.Server:
        """A second door to the same application: the framework itself opens all of its own with TLS, or none."""

        def connected() -> asyncio.Protocol:
            return _Protocol(self.config, self.server_state, self.lifespan.state)

        loop = asyncio.get_running_loop()
        return await loop.create_server(connected, sock=secure.listener, ssl=secure.context, backlog=2_048)

    async def _prepare(self) -> None:
        try:
            with progress(self._emulator.scenarios):
                await asyncio.to_thread(self._emulator.prepare)
        except ScenarioError as error:
            self._give_up("\n".join(error.problems))
        except Exception:  # noqa: BLE001 - never to be ready, and silent, would be worse
            self._give_up(f"this is a defect of the emulator:\n{traceback.format_exc()}")
        else:
            self._on_ready()
            await asyncio.to_thread(self._emulator.control)

    def _give_up(self, reason: str) -> None:
        self.failure = reason
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().call_later(_PATIENCE, self._hang_up)
        await super().shutdown(sockets)

    def _hang_up(self) -> None:
        """End without an answer what still waits for its body, or for a delay to pass."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class Secure:
    """A second listener that speaks TLS, and the file with the certificate that clients are to trust."""

    listener: socket.socket
    context: ssl.SSLContext
    authority: Path

    @property
    def url(self) -> str:
        return address_of(self.listener, "https")


def open_secure(options: Options, vendors: Sequence[Vendor]) -> Secure | None:
    """`None` where no TLS port is asked for. Raises `StartError`."""
    if options.tls_port is None:
        return None
    from emulator.certificates import Authority, CertificateError  # noqa: PLC0415 - a tenth of a second, only for TLS

    try:
        authority = Authority.at(options.ca_dir, [host.pattern for vendor in vendors for host in vendor.hosts])
    except CertificateError as error:
        raise StartError(f"{error}; --ca-dir names another directory") from None
    return Secure(bind(options.host, options.tls_port), authority.context(), authority.file)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `StartError` for a port that is taken or not allowed, or a host that is not ours."""
    if not host:
        raise StartError("the host is empty, which would open the emulator to every network; name one: 127.0.0.1")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2_048)
    except OSError as error:
        listener.close()
        raise StartError(_why_not(error, host, port)) from None
    listener.setblocking(False)
    return listener


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is taken; stop what listens there, or choose another: --port 0 picks a free one"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} may not be opened by this user; choose one above 1023"
    return f"{host}:{port} cannot be opened: {error.strerror or error}"


def address_of(listener: socket.socket, scheme: str = "http") -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


@contextlib.contextmanager
def progress(scenarios: Scenarios) -> Iterator[None]:
    """Tells a person at a terminal what planting is busy with, where that takes long."""
    if not sys.stderr.isatty():
        yield
        return
    timers: list[threading.Timer] = []

    def tell(step: str) -> None:
        for timer in timers:
            timer.cancel()
        timers.append(threading.Timer(_LONG, print, [f"martech-emulator: {step} …"], {"file": sys.stderr}))
        timers[-1].daemon = True
        timers[-1].start()

    before, scenarios.tell = scenarios.tell, tell
    try:
        yield
    finally:
        scenarios.tell = before
        for timer in timers:
            timer.cancel()


def serve(options: Options, *, as_json: bool = False) -> int:
    """Serve in the foreground until a signal comes. The exit code: 0, or 2 where it could not start."""
    emulator = Emulator(options)
    try:
        listener = bind(options.host, options.port)
        secure = open_secure(options, emulator.vendors)
    except StartError as error:
        print(f"martech-emulator: {error}", file=sys.stderr)
        return EXIT_UNUSABLE
    url = address_of(listener)

    def announce() -> None:
        if secure is not None:
            print(
                f"martech-emulator: TLS on {secure.url}, clients trust {secure.authority}", file=sys.stderr, flush=True
            )
        said = orjson.dumps(_whereabouts(url, secure)).decode()
        print(said if as_json else f"martech-emulator ready on {url}", flush=True)
        gc.freeze()  # what there is now stays: the collector need not look at it again
        gc.enable()

    server = _Server(emulator, announce, secure)
    server.run(sockets=[listener])
    if server.failure is not None:
        print(f"martech-emulator: the scenario cannot be used\n{server.failure}", file=sys.stderr)
        return EXIT_UNUSABLE
    return 0


def _whereabouts(url: str, secure: Secure | None) -> dict[str, str | None]:
    """Of a server that is ready, for programs."""
    tls = (None, None) if secure is None else (secure.url, str(secure.authority))
    return {"url": url, "version": __version__, "tls_url": tls[0], "ca_file": tls[1]}


class Background:
    """The emulator on a socket of its own, served from a thread: ``with Background() as running: running.url``.

    With a `tls_port` among the options, `secure` has the second address and the certificate to trust. `of` gives a
    socket to an emulator that is there already; the options then say where.
    """

    def __init__(self, options: Options | None = None, *, of: Emulator | None = None, **emulator: Any) -> None:
        self._options = options or Options(port=0)
        self.emulator = of or Emulator(self._options, **emulator)
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        if not self.emulator.worlds.ready:
            self.emulator.prepare()
        listener = bind(self._options.host, self._options.port)
        self.url = address_of(listener)
        try:
            self.secure = open_secure(self._options, self.emulator.vendors)
        except BaseException:
            listener.close()
            raise
        self._server = _Server(self.emulator, self._ready.set, self.secure)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="emulator", daemon=True)
        self._thread.start()
        self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
