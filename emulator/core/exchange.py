"""The life of a request: one turn, one transaction, one journal entry, all done before the first byte leaves.

read the body  →  take the world's turn, fix `now`
  →  route on raw segments  →  a fault for this operation?  →  authenticate, then limits (401 beats 400)
  →  savepoint: parse, endpoint, rows, commit; a refusal rolls back to here, quota stays spent
  →  whatever came out becomes the vendor's bytes  →  journal, leave the turn
  →  delay or damage the answer if a fault says so, send

Nothing is written before the savepoint, so the outermost savepoint is the transaction.
"""

import asyncio
import contextlib
import difflib
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from emulator.core.addressing import NAMESPACE_HEADER, Address
from emulator.core.answers import Answer, Headers
from emulator.core.clock import stopwatch
from emulator.core.errors import (
    Crashed,
    Fact,
    MalformedPath,
    MethodNotAllowed,
    Misuse,
    NoSuchOperation,
    Refusal,
)
from emulator.core.faults import HEADER as FAULT_HEADER
from emulator.core.faults import Damage, Fault, parse_damage
from emulator.core.journal import Entry
from emulator.core.request import Request
from emulator.core.routes import Operation
from emulator.core.vendor import Vendor
from emulator.core.work import Work
from emulator.core.world import World

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

CLOSE = "emulator.close"
"""Scope extension: a callable that closes the connection; our servers offer it, so that `drop` can be honoured."""

_MOST_DRAINED = 64 * 1024 * 1024
_log = logging.getLogger("emulator")
_NO_DAMAGE = Damage()
_OWN_HEADERS = (FAULT_HEADER, NAMESPACE_HEADER.decode("ascii"))


@dataclass(frozen=True, slots=True)
class Manners:
    """How the exchange speaks: `bare` leaves out the emulator's own headers; `vendor_404` answers unknown paths in
    the vendor's words; `most_body` is the largest body taken, in bytes, where that is not left to the vendor."""

    bare: bool = False
    vendor_404: bool = False
    most_body: int | None = None


@dataclass(slots=True)
class _Outcome:
    """What came of a call, for the journal and for sending."""

    answer: Answer
    damage: Damage = _NO_DAMAGE
    fault: str | None = None
    refusal: str | None = None
    crash: str | None = None
    misuse: bool = False


class Exchange:
    def __init__(self, manners: Manners) -> None:
        self._manners = manners

    async def read(self, address: Address, vendor: Vendor, scope: Scope, receive: Receive) -> Request:
        """The whole request, before any world is touched: a slow client blocks nobody."""
        most = vendor.largest_body if self._manners.most_body is None else self._manners.most_body
        body, oversize = await read_body(receive, most)
        client = scope.get("client")
        return Request(
            scope["method"],
            address.path,
            query_string=scope["query_string"],
            headers=scope["headers"],
            body=body,
            oversize=most if oversize else None,
            realm=address.realm,
            client_ip=client[0] if client else None,
            scheme=scope.get("scheme", "http"),
        )

    async def serve(
        self, world: World, vendor: Vendor, request: Request, scope: Scope, receive: Receive, send: Send
    ) -> None:
        answer, damage = self.turn(world, vendor, request)
        if damage.delay_ms and await _gone_within(damage.delay_ms / 1_000, receive):
            return
        if damage.drop or (damage.truncate and not answer.body):  # without a body the headers alone would look whole
            await _close(scope, receive)
        elif damage.truncate:
            await _send(answer, answer.body[: len(answer.body) // 2], send, more=True)
            await _close(scope, receive)
        else:
            await send_answer(answer, send)

    def turn(self, world: World, vendor: Vendor, request: Request) -> tuple[Answer, Damage]:
        """Answer one request, all but the sending."""
        started = stopwatch()
        with world.turn:
            work = world.work(vendor, request)
            outcome = self._outcome(world, vendor, work)
            answer = outcome.answer
            entry_id = world.journal.next_id()
            headers = [*answer.headers, *work.headers, *self._grants(vendor, request, work.operation)]
            if not self._manners.bare:
                headers.append(("x-emulator-request-id", str(entry_id)))
                if not outcome.misuse:
                    headers.append(("x-emulator-provenance", work.level))
            answer = Answer(answer.status, answer.body, headers)
            world.journal.record(
                Entry(
                    entry_id, work.now, vendor.slug, work.operation.id if work.operation else None,
                    request.method, request.path, request.query_string, request.headers, request.raw_body,
                    answer.status, headers, answer.body, work.caller.id, outcome.refusal, outcome.fault,
                    work.level, stopwatch() - started, outcome.crash,
                )
            )  # fmt: skip
            return answer, outcome.damage

    def misused(self, vendor: Vendor, request: Request, misuse: Misuse) -> Answer:
        """The answer to a call that reaches no world."""
        answer = misuse.answer()
        return Answer(answer.status, answer.body, [*answer.headers, *self._grants(vendor, request, None)])

    def _grants(self, vendor: Vendor, request: Request, operation: Operation | None) -> Headers:
        """What a browser is told. A call of an operation is where that operation lives, however its path is written."""
        if vendor.cors is None or not vendor.cors.covers(operation.path if operation else request.path):
            return ()
        return vendor.cors.grants(request, () if self._manners.bare else _OWN_HEADERS)

    def _outcome(self, world: World, vendor: Vendor, work: Work) -> _Outcome:
        outcome = _Outcome(Answer(0))
        try:
            self._in_words(world, vendor, work, outcome)
        except Exception:  # noqa: BLE001 - our own crash, too, is answered in the vendor's words
            outcome.crash = traceback.format_exc()
            _log.error("%s %s crashed\n%s", work.request.method, work.request.path, outcome.crash)
            _refuse(work, outcome, vendor.dialect(Crashed()))
        return outcome

    def _in_words(self, world: World, vendor: Vendor, work: Work, outcome: _Outcome) -> None:
        try:
            self._answer(world, vendor, work, outcome)
        except Refusal as refusal:
            _refuse(work, outcome, refusal)
        except Misuse as misuse:
            outcome.answer, outcome.misuse = misuse.answer(), True
        except NoSuchOperation as fact:
            if self._manners.vendor_404:
                _refuse(work, outcome, vendor.dialect(fact))
            else:
                outcome.answer, outcome.misuse = unimplemented(vendor, work.request), True
        except Fact as fact:
            _refuse(work, outcome, vendor.dialect(fact))

    def _answer(self, world: World, vendor: Vendor, work: Work, outcome: _Outcome) -> None:
        request = work.request
        try:
            operation, found = _matched(vendor, request)
        except (NoSuchOperation, MethodNotAllowed):
            self._fail_as_asked(world, vendor, work, outcome)
            if any(request.path.startswith(prefix) for prefix in vendor.protected):
                _admit(world, vendor, work)
            raise
        work.operation = operation
        work.level = operation.level
        self._fail_as_asked(world, vendor, work, outcome)
        if operation.guarded:
            _admit(world, vendor, work)
        if outcome.damage.drop:
            return
        outcome.answer = _call(world, work, operation, found)

    def _fail_as_asked(self, world: World, vendor: Vendor, work: Work, outcome: _Outcome) -> None:
        """Raise the failure that a header or a standing fault asks for, or note the damage for later."""
        texts = work.request.all_headers(FAULT_HEADER)
        if texts:
            text = ",".join(texts)
            outcome.damage = parse_damage(text, vendor.catalogue)
            outcome.fault = text
            if outcome.damage.failure is not None:
                raise outcome.damage.failure.provoked()
            return
        operation = work.operation.id if work.operation else None
        fault = world.faults.due(
            vendor.slug,
            operation,
            work.request.headers,
            world.stream("faults"),
            preflight=work.request.method == "OPTIONS",
        )
        if fault is not None:
            outcome.damage, outcome.fault = fault.damage, f"{fault.id} {fault.text}"
            _strike(work, fault)


def _matched(vendor: Vendor, request: Request) -> tuple[Operation, Mapping[str, str]]:
    """A malformed path is the vendor's to refuse only where it has the shape of an operation."""
    try:
        segments = request.segments
    except MalformedPath:
        with contextlib.suppress(MethodNotAllowed):
            vendor.routes.match(request.method, tuple(request.path[1:].split("/")))
        raise
    return vendor.routes.match(request.method, segments)


def _strike(work: Work, fault: Fault) -> None:
    failure = fault.damage.failure
    if failure is not None and failure.strikes_at is not None and work.operation is not None:
        work.arrange(failure, fault)
        return
    fault.fired += 1
    if failure is not None:
        raise failure.provoked()


def _admit(world: World, vendor: Vendor, work: Work) -> None:
    """Authenticate, then count the call against every limit that applies."""
    work.caller = vendor.authenticate(work)
    operation = work.operation.id if work.operation else None
    for limit in vendor.limits:
        if limit.operations is None or operation in limit.operations:
            usage = world.limits.count(vendor.slug, limit, limit.per(work), work.now, work.settings)
            if usage is not None and limit.headers is not None:
                work.headers.extend(limit.headers(usage))


def _call(world: World, work: Work, operation: Operation, found: Mapping[str, str]) -> Answer:
    store = world.store
    store.begin()
    try:
        answer = operation.call(work, found)
        if work.discarded:
            store.rollback()
        else:
            store.commit()
    except Refusal as refusal:
        if refusal.failure.keeps_rows:
            store.commit()
        else:
            store.rollback()
        raise
    except BaseException:
        store.rollback()
        raise
    finally:
        if work.discarded:
            work.rewind()
    return answer


def _refuse(work: Work, outcome: _Outcome, refusal: Refusal) -> None:
    failure = refusal.failure
    outcome.answer = refusal.answer()
    outcome.refusal = failure.name
    work.level = failure.level


def unimplemented(vendor: Vendor, request: Request) -> Answer:
    """501 for a path that belongs to no emulated operation, naming the nearest one."""
    known = {f"{operation.method} {operation.path}": operation for operation in vendor.routes}
    asked = f"{request.method} {request.path}"
    nearest = difflib.get_close_matches(asked, known, n=1, cutoff=0)
    return Misuse(
        501,
        "Not emulated",
        f"{asked} is no operation that the emulator has for {vendor.title}"
        + (f"; the nearest is {nearest[0]} ({known[nearest[0]].id})" if nearest else ""),
        vendor=vendor.slug,
        nearest=nearest[0] if nearest else None,
    ).answer()


async def read_body(receive: Receive, most: int) -> tuple[bytes, bool]:
    """The whole body, and whether it was larger than `most`. The rest of a large one is read and thrown away, so that
    a client still writing gets its answer. Raises `Misuse` where the client went away before all of it was there."""
    message = await _chunk(receive)
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body[:most], len(body) > most
    chunks, size = [body], len(body)
    while message.get("more_body", False) and size < _MOST_DRAINED:
        message = await _chunk(receive)
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= most:
            chunks.append(chunk)
    return b"".join(chunks)[:most], size > most


async def _chunk(receive: Receive) -> MutableMapping[str, Any]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Misuse(400, "Caller gone", "the caller went away before the body was complete")
    return message


async def send_answer(answer: Answer, send: Send) -> None:
    await _send(answer, answer.body, send, more=False)


async def _send(answer: Answer, body: bytes, send: Send, *, more: bool) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.status != 204:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _close(scope: Scope, receive: Receive) -> None:
    """Close the connection and wait until it is gone, so that the server does not answer in our place."""
    close = scope.get("extensions", {}).get(CLOSE)
    if close is None:
        raise ConnectionResetError("a fault closes this connection")
    close()
    await _gone(receive)


async def _gone_within(seconds: float, receive: Receive) -> bool:
    """Wait, but no longer than for the caller to go away: whether that happened."""
    try:
        await asyncio.wait_for(_gone(receive), seconds)
    except TimeoutError:
        return False
    return True


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
