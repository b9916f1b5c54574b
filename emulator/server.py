"""Run it: in the foreground for the command line, in a background thread for tests."""

import asyncio
import contextlib
import errno
import gc
import ipaddress
import logging
import socket
import ssl
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, NoReturn, Self
from urllib.parse import urlsplit

import orjson
import uvicorn

from emulator import __version__
from emulator.app import Emulator
from emulator.control.authority import Tls
from emulator.control.scenario import ScenarioError, Scenarios
from emulator.core.keeping import KeepingError
from emulator.core.vendor import Vendor
from emulator.core.world import Seed
from emulator.ending import Ending, leave
from emulator.logs import Log, Logged
from emulator.protocol import LoggedProtocol, Protocol, State
from emulator.settings import Options

EXIT_UNUSABLE = 2
_PATIENCE = 1.1
"""Seconds that calls have to end by themselves once the server stops."""
_LAST_WORDS = 0.2
"""Seconds for sending what still waited then."""
_MOST_TOLD = 10
"""Warnings about one scenario: as many as stay in sight."""
_TICKS_A_LOOK = 50
"""Between two looks at idle connections; the framework's tick is a tenth of a second."""
_GLANCE = 0.02
_LONG = 1.0
"""Seconds from which on a step of seeding is worth a word."""


class StartError(Exception):
    """The process cannot start; the message is the sentence for the user."""


class _Server(uvicorn.Server):
    """Reports readiness, and ends soon and in good order. Signals are left to whoever owns the process."""

    server_state: State

    def __init__(
        self,
        emulator: Emulator,
        on_ready: Callable[[], None],
        secure: "Secure | None" = None,
        log: Log | None = None,
    ) -> None:
        """With a `log`, each call is put into it."""
        self._protocol = Protocol if log is None else LoggedProtocol
        super().__init__(
            uvicorn.Config(
                emulator if log is None else Logged(emulator, log),
                http=self._protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level=logging.ERROR,
                access_log=False,
                server_header=False,
                proxy_headers=False,
            )
        )
        self.server_state = State(emulator, log)
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
            return self._protocol(self.config, self.server_state, self.lifespan.state)

        loop = asyncio.get_running_loop()
        return await loop.create_server(connected, sock=secure.listener, ssl=secure.context, backlog=2_048)

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_A_LOOK == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Protocol):
                    connection.end_if_idle(now)
        return await super().on_tick(counter)

    async def _prepare(self) -> None:
        try:
            for_people = self._emulator.options.log_format != "json"
            with progress(self._emulator.scenarios) if for_people else contextlib.nullcontext():
                await asyncio.to_thread(self._emulator.prepare)
        except ScenarioError as error:
            self._give_up("\n".join(["the scenario cannot be used", *error.problems]))
        except KeepingError as error:
            self._give_up(str(error))
        except Exception:  # noqa: BLE001 - never to be ready, and silent, would be worse
            self._give_up(f"this is a defect of the emulator:\n{traceback.format_exc()}")
        else:
            self._on_ready()

    def _give_up(self, reason: str) -> None:
        self.failure = reason
        self.should_exit = True

    def stop(self) -> None:
        """May be called from any thread, and by a signal."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """In place of the framework's own, which complains on stderr of whoever takes long."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._quiet_within(_PATIENCE)
        self.server_state.ending.set()
        await self._quiet_within(_LAST_WORDS)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await self._quiet_within(_LAST_WORDS)

    async def _quiet_within(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (self.server_state.connections or self.server_state.tasks) and loop.time() < end:  # noqa: ASYNC110 - sets
            await asyncio.sleep(_GLANCE)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Secure:
    """A second listener that speaks TLS, the file with the certificate that clients are to trust, the one with this
    machine's roots as well, and sentences for whoever starts it."""

    listener: socket.socket
    context: ssl.SSLContext
    authority: Path
    bundle: Path
    news: Sequence[str]

    @property
    def url(self) -> str:
        return address_of(self.listener, "https")


def open_secure(options: Options, emulator: Emulator) -> Secure | None:
    """`None` where no TLS port is asked for. The emulator hands out the authority's certificate from then on. Raises
    `StartError`."""
    if options.tls_port is None:
        return None
    from emulator.certificates import Authority, CertificateError  # noqa: PLC0415 - a tenth of a second, only for TLS

    hosts = [host.pattern for vendor in emulator.vendors for host in vendor.hosts]
    try:
        authority = Authority.at(options.ca_dir, [*hosts, *options.tls_hosts])
    except CertificateError as error:
        raise StartError(f"{error}; --ca-dir names another directory") from None
    listener = bind(options.host, options.tls_port, "--tls-port")
    emulator.tls = Tls(listener.getsockname()[1], authority.pem)
    return Secure(listener, authority.context(), authority.file, authority.bundle, authority.news)


def bind(host: str, port: int, option: str = "--port") -> socket.socket:
    """A listening socket; the port is that of the `option`. Raises `StartError` for a port that is taken or not
    allowed, or a host that is not ours."""
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
        raise StartError(_why_not(error, host, port, option)) from None
    listener.setblocking(False)
    return listener


def _why_not(error: OSError, host: str, port: int, option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        free = f"{option} 0 picks a free one"
        return f"port {port} on {host} is taken; stop what listens there, or choose another: {free}"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} may not be opened by this user; choose one above 1023: {option} 0 picks one"
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"{host} is no address of this machine; --host 127.0.0.1 is for this machine only, 0.0.0.0 for everybody"
    return f"{host}:{port} cannot be opened: {error.strerror or error}"


def address_of(listener: socket.socket, scheme: str = "http") -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def exposure(url: str, options: Options) -> Iterator[str]:
    """What whoever starts it should know where others can reach it, a sentence."""
    address = ipaddress.ip_address((urlsplit(url).hostname or "").partition("%")[0])
    here = (getattr(address, "ipv4_mapped", None) or address).is_loopback
    if options.control_token is None and not here:
        yield (
            f"other machines may reach {url}, and who does may read and change everything there: "
            "--control-token asks for a token first; --host 127.0.0.1, or a port published there only, keeps them out"
        )


@contextlib.contextmanager
def progress(scenarios: Scenarios) -> Iterator[None]:
    """Tells a person at a terminal what planting is busy with, where that takes long."""
    if sys.stderr is None or not sys.stderr.isatty():
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


def serve(options: Options, ending: Ending, *, as_json: bool = False) -> NoReturn:
    """Serve in the foreground until a signal comes, and end the process: with 0, or with 2 where it could not start."""
    emulator = Emulator(options)
    try:
        listeners, secure = _doors(options, emulator)
    except StartError as error:
        print(f"martech-emulator: {error}", file=sys.stderr)
        leave(EXIT_UNUSABLE)
    url = address_of(listeners[0])
    log = Log(options.log_format, emulator)
    log.take_over()
    for sentence in (*exposure(url, options), *(() if secure is None else secure.news)):
        log.say("warning", f"martech-emulator: {sentence}")
    emulator.scenarios.planted = partial(_warn, log, emulator.vendors)

    def announce() -> None:
        if secure is not None:
            log.say("info", f"martech-emulator: TLS on {secure.url}, clients trust {secure.authority}")
        for other in listeners[1:]:
            log.say("info", f"martech-emulator: also on {address_of(other)}")
        said = orjson.dumps(_whereabouts(url, secure)).decode()
        with contextlib.suppress(OSError):  # that nobody reads it is no reason not to serve
            print(said if as_json else f"martech-emulator ready on {url}", flush=True)
        gc.freeze()  # what there is now stays: the collector need not look at it again
        gc.enable()

    server = _Server(emulator, announce, secure, None if options.log_format == "off" else log)
    ending.stop = server.stop
    runner = asyncio.Runner(loop_factory=server.config.get_loop_factory())
    runner.run(server.serve(listeners))  # never closed: it would wait for threads, and tell of calls it gave up
    log.flush()
    emulator.finish()
    failed = server.failure is not None and not ending.told
    if failed:
        log.say("error", f"martech-emulator: {server.failure}")
    log.flush()
    leave(EXIT_UNUSABLE if failed else 0)


def _warn(log: Log, vendors: Sequence[Vendor], seed: Seed) -> None:
    """Of what looks as if it were real in a scenario."""
    from emulator.control.lifelike import brief, warnings  # noqa: PLC0415 - only for whom a scenario's file is read

    for sentence in brief(warnings(seed, vendors), _MOST_TOLD):
        log.say("warning", f"martech-emulator: warning: scenario {seed.name}: {sentence}")


def _doors(options: Options, emulator: Emulator) -> tuple[list[socket.socket], Secure | None]:
    """Those for plain HTTP, the one that the emulator is called by first. Raises `StartError`."""
    asked = {"--port": options.port, "--also-port": options.also_port, "--tls-port": options.tls_port}
    for one, other in combinations(asked, 2):
        if asked[one] and asked[one] == asked[other]:
            raise StartError(f"{one} and {other} are both {asked[one]}; choose another: {other} 0 picks one")
    plain: list[socket.socket] = []
    try:
        plain.append(bind(options.host, options.port))
        if options.also_port is not None:
            plain.append(bind(options.host, options.also_port, "--also-port"))
        return plain, open_secure(options, emulator)
    except BaseException:
        for listener in plain:
            listener.close()
        raise


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
        self._owned = of is None
        self.log = None if self._options.log_format == "off" else Log(self._options.log_format, self.emulator)
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        if not self.emulator.worlds.ready:
            self.emulator.prepare()
        try:
            listeners, self.secure = _doors(self._options, self.emulator)
        except BaseException:
            self._finish()
            raise
        self.url = address_of(listeners[0])
        self._server = _Server(self.emulator, self._ready.set, self.secure, self.log)
        self._thread = threading.Thread(target=self._server.run, args=(listeners,), name="emulator", daemon=True)
        self._thread.start()
        self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        self._thread.join(10)
        if self.log is not None:
            self.log.flush()
        self._finish()

    def _finish(self) -> None:
        if self._owned:
            self.emulator.finish()
