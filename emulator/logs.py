"""What a process says on stderr: a line per call where that is asked for, and errors always.

Whoever reads may be slow, or gone, and no call waits for that: a thread of its own masks credentials, as the journal
does, and writes, each line in one piece.
"""

import json
import logging
import os
import select
import sys
import threading
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from emulator.app import Emulator, addressed
from emulator.core.addressing import DEFAULT_NAMESPACE
from emulator.core.clock import Micros, machine_now, stopwatch, to_datetime
from emulator.core.delivery import Receive, Scope, Send
from emulator.core.errors import Misuse
from emulator.core.journal import NOTE, Entry
from emulator.settings import LogFormat

if TYPE_CHECKING:
    from emulator.core.secrets import Secrets

GONE = "emulator.gone"
"""Scope extension: a callable that tells whether nobody is there any more to take an answer."""

_MOST_WAITING = 10_000
_MOST_NAMESPACES = 1_000
_PATIENCE = 0.3
_INDENT = "\n    "
_NAME = "martech-emulator: "
_TRACEBACK = "Traceback "
_COLOURS = {2: 32, 3: 36, 4: 33}
_RED = 31

_PROBLEM = (b"content-type", b"application/problem+json")

_Masked: TypeAlias = Callable[[str], str]


@dataclass(slots=True)
class Call:
    """One that has been answered, or dropped: then without a status."""

    at: Micros = 0
    duration: int = 0
    scope: Scope | None = None
    status: int | None = None
    sent: int = 0
    about: Entry | None = None
    refusal: str | None = None
    is_problem: bool = False

    def note(self, entry: Entry) -> None:
        """What is not said here is not kept: bodies may be large."""
        self.about = entry._replace(body=b"", answer_body=b"", headers=(), answer_headers=(), relied=())
        self.refusal = entry.refusal

    def see(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.is_problem = _PROBLEM in message["headers"]
            return
        if self.is_problem and self.refusal is None:
            self.refusal = _title(message.get("body", b""))
        if self.scope is not None and self.scope["method"] != "HEAD":
            self.sent += len(message.get("body", b""))


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something that is to be known, in words."""

    at: Micros
    level: str
    namespace: str
    text: str


class Log:
    """Of one process. What is put into it is written in that order, soon."""

    def __init__(self, form: LogFormat, emulator: Emulator) -> None:
        self.form = form
        self._emulator = emulator
        self._file = None if sys.stderr is None else sys.stderr.fileno()
        self._coloured = form == "text" and _is_colourful()
        self._waiting: SimpleQueue[Call | Sentence | threading.Event] = SimpleQueue()
        self._lost = self._told_lost = 0
        self._known: dict[str, tuple[list[str], Secrets]] = {}
        self._starting = threading.Lock()
        self._writer: threading.Thread | None = None

    def put(self, line: Call | Sentence | threading.Event) -> None:
        if self._waiting.qsize() >= _MOST_WAITING:
            self._lost += 1
            return
        self._waiting.put(line)
        if self._writer is None:
            self._start()

    def say(self, level: str, text: str, namespace: str = DEFAULT_NAMESPACE) -> None:
        self.put(Sentence(machine_now(), level, namespace, text))

    def flush(self, seconds: float = _PATIENCE) -> None:
        """Wait until all is written, but not for ever."""
        if self._writer is not None:
            written = threading.Event()
            self._waiting.put(written)
            written.wait(seconds)

    def take_over(self) -> None:
        """Let nothing else write to stderr: neither `logging`, nor warnings, nor what nobody catches."""
        logging.getLogger().addHandler(_Handler(self))
        logging.captureWarnings(True)
        sys.excepthook = self._uncaught
        threading.excepthook = lambda told: self._fell(told.exc_type, told.exc_value, told.exc_traceback)
        sys.unraisablehook = lambda told: self._fell(told.exc_type, told.exc_value, told.exc_traceback)

    def _uncaught(self, kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        self._fell(kind, error, where)
        self.flush()

    def _fell(self, kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
        _root.critical("nobody caught this", exc_info=(kind, error or kind(), where))

    # In a thread of its own

    def _start(self) -> None:
        with self._starting:
            if self._writer is None and self._file is not None:
                self._writer = threading.Thread(target=self._write_on, name="log", daemon=True)
                self._writer.start()

    def _write_on(self) -> None:
        """What is waiting is taken out first, and secrets are asked for afterwards: none is younger than its call."""
        while True:
            batch = [self._waiting.get(), *(self._waiting.get() for _ in range(self._waiting.qsize()))]
            fresh: dict[str, Secrets] = {}
            for line in batch:
                if isinstance(line, threading.Event):
                    line.set()
                else:
                    self._write(self._told(line, fresh))
            if lost := self._lost - self._told_lost:
                self._told_lost += lost
                sentence = f"{lost} lines are lost, because stderr was not read as fast as they came"
                self._write(self._told(Sentence(machine_now(), "warning", DEFAULT_NAMESPACE, sentence), fresh))

    def _told(self, line: Call | Sentence, fresh: "dict[str, Secrets]") -> str:
        try:
            return self._told_call(line, fresh) if isinstance(line, Call) else self._told_sentence(line, fresh)
        except Exception as error:  # noqa: BLE001 - what cannot be told must not end the thread that tells
            return _as_json({"time": _time(line.at), "level": "error", "message": f"a line cannot be told: {error!r}"})

    def _told_sentence(self, said: Sentence, fresh: "dict[str, Secrets]") -> str:
        from emulator.core.masking import told_words  # noqa: PLC0415 - nothing is said before the process is ready

        text: str = told_words(said.text, self._secrets(said.namespace, fresh))
        if self.form == "json":
            return _as_json({"time": _time(said.at), "level": said.level, **_parts(text.removeprefix(_NAME))})
        lines = map(_plain, text.split("\n"))
        if self.form == "off":
            return "\n".join(lines) + "\n"
        return f"{_time(said.at)}  {said.level}  {_INDENT.join(lines)}\n"

    def _told_call(self, call: Call, fresh: "dict[str, Secrets]") -> str:
        members = self._members(call, fresh)
        if self.form == "json":
            return _as_json(members)
        return _as_text(members, coloured=self._coloured)

    def _members(self, call: Call, fresh: "dict[str, Secrets]") -> dict[str, Any]:
        from emulator.core.masking import told_text  # noqa: PLC0415 - as above

        namespace, vendor = self._place(call.scope)
        secrets = self._secrets(namespace or DEFAULT_NAMESPACE, fresh)
        about, scope = call.about, call.scope or {}
        crashed = about is not None and about.crash is not None
        return {
            "time": _time(call.at),
            "level": "error" if crashed else "info",
            "namespace": namespace,
            "vendor": vendor,
            "operation": about.operation if about else None,
            "method": scope.get("method"),
            "path": told_text(_path(scope), secrets).text if scope else None,
            "query": told_text(scope["query_string"].decode("latin-1"), secrets).text if scope else None,
            "status": call.status,
            "duration_ms": round(call.duration / 1_000_000, 3),
            "request_id": str(about.id) if about else None,
            "provenance": about.provenance if about else None,
            "refusal": call.refusal,
            "fault": told_text(about.fault, secrets).text if about and about.fault else None,
            "bytes": call.sent,
        }

    def _place(self, scope: Scope | None) -> tuple[str | None, str | None]:
        """Namespace and vendor that a call was for; none where that cannot be made out."""
        if scope is None:
            return None, None
        host, named = addressed(scope["headers"])
        try:
            address = self._emulator.addressing.resolve(_path(scope), host, named)
        except Misuse:
            return None, None
        return address.namespace, None if address.vendor is None else address.vendor.slug

    def _secrets(self, namespace: str, fresh: "dict[str, Secrets]") -> "Secrets":
        """Those of now and of the last time: a reset right behind a call makes nothing known that the call carried."""
        if namespace not in fresh:
            fresh[namespace] = self._asked_for(namespace)
        return fresh[namespace]

    def _asked_for(self, namespace: str) -> "Secrets":
        from emulator.core.secrets import Secrets  # noqa: PLC0415 - as above

        before, secrets = self._known.get(namespace, (None, None))
        now, world = before or [], self._emulator.worlds.get(namespace)
        with suppress(Exception):  # it was closed in the meantime, or its file cannot be read
            if world is not None and not world.closed:
                now = world.secrets.values
        if secrets is None or now != before:
            secrets = Secrets([*(before or ()), *now, self._emulator.options.control_token or ""])
            if len(self._known) >= _MOST_NAMESPACES:
                self._known.clear()
            self._known[namespace] = now, secrets
        return secrets

    def _write(self, line: str) -> None:
        rest = memoryview(line.encode("utf-8", "backslashreplace"))
        while rest and self._file is not None:
            try:
                rest = rest[os.write(self._file, rest) :]
            except BlockingIOError:
                select.select((), (self._file,), ())
            except OSError:
                return  # nobody reads any more, or the disk is full: the next line is tried all the same


class Logged:
    """An application whose calls are put into the log, once their answer was sent."""

    def __init__(self, app: Emulator, log: Log) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, call = stopwatch(), Call(scope=scope)
        gone: Callable[[], bool] = scope.get("extensions", {}).get(GONE, _nobody_knows)

        async def seen(message: MutableMapping[str, Any]) -> None:
            if not gone():
                call.see(message)
            await send(message)

        scope[NOTE] = call.note
        try:
            await self._app(scope, receive, seen)
        finally:
            call.at, call.duration = machine_now(), stopwatch() - started
            self._log.put(call)


class _Handler(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        namespace = getattr(record, "namespace", DEFAULT_NAMESPACE)
        self._log.say(record.levelname.lower(), self.format(record), namespace)


_root = logging.getLogger()


def _nobody_knows() -> bool:
    return False


def _path(scope: Scope) -> str:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    return path.decode("latin-1")


def _title(problem: bytes) -> str | None:
    """Of a refusal that is the emulator's own, and not a vendor's."""
    try:
        told = orjson.loads(problem)
    except ValueError:
        return None
    return str(told["title"]) if isinstance(told, dict) and "title" in told else None


def _time(moment: Micros) -> str:
    return to_datetime(moment).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _parts(text: str) -> dict[str, str]:
    """A traceback is told apart from the sentence before it."""
    message, found, rest = text.partition(f"\n{_TRACEBACK}")
    if not found:
        return {"message": text}
    return {"message": message, "error": rest.rstrip().rpartition("\n")[2], "traceback": _TRACEBACK + rest}


def _as_json(members: dict[str, Any]) -> str:
    """In ASCII: some line breaks of Unicode's would split a line in two."""
    return f"{json.dumps(members)}\n"


def _as_text(told: dict[str, Any], *, coloured: bool) -> str:
    status = "---" if told["status"] is None else str(told["status"])
    if coloured:
        status = f"\x1b[{_COLOURS.get((told['status'] or 0) // 100, _RED)}m{status}\x1b[0m"
    target = "?".join(filter(None, [told["path"], told["query"]]))
    operation = ".".join(filter(None, [told["vendor"], told["operation"]]))
    call = f"#{told['request_id']}" if told["request_id"] else None
    reasons = [f"{name}={told[name]}" for name in ("refusal", "fault") if told[name]]
    words = [told["method"] or "-", target or "-", told["namespace"], operation, call, told["provenance"], *reasons]
    figures = f"{told['time']}  {status}  {told['duration_ms']:8.1f} ms  {told['bytes']:8} B"
    return f"{figures}  {' '.join(_plain(word) for word in words if word)}\n"


def _plain(text: str) -> str:
    """What was sent by whomever must neither steer a terminal nor look like a line of its own."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\t" else one.encode("unicode_escape").decode() for one in text)


def _is_colourful() -> bool:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stderr is not None and sys.stderr.isatty() and not plain
