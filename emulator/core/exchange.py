"""The life of a request: one turn, one transaction, one journal entry, all done before the first byte leaves.

read the body  →  take the world's turn, fix `now`
  →  route on raw segments  →  a fault for this operation?  →  authenticate, then limits (401 beats 400)
  →  savepoint: parse, endpoint, rows, commit; a refusal rolls back to here, quota stays spent
  →  whatever came out becomes the vendor's bytes  →  journal, leave the turn
  →  delay or damage the answer if a fault says so, send

Nothing is written before the savepoint, so that it is the call's transaction.
"""

import contextlib
import difflib
import logging
import traceback
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from emulator.core.addressing import DEFAULT_NAMESPACE, NAMESPACE_HEADER, Address
from emulator.core.answers import Answer, Headers
from emulator.core.clock import stopwatch
from emulator.core.delivery import Receive, Scope, Send, deliver, send_answer
from emulator.core.errors import (
    CannotKeep,
    Crashed,
    Fact,
    Failure,
    Level,
    MalformedPath,
    MethodNotAllowed,
    Misuse,
    NoSuchOperation,
    NotEmulated,
    Refusal,
)
from emulator.core.faults import ADMITTED, NO_DAMAGE, Damage, Fault, parse_damage, told
from emulator.core.faults import HEADER as FAULT_HEADER
from emulator.core.journal import NOTE, Entry, Note
from emulator.core.limits import Limit
from emulator.core.provenance import Guess, Known, Unwanted
from emulator.core.request import Request
from emulator.core.routes import Operation
from emulator.core.store import trouble
from emulator.core.vendor import Vendor
from emulator.core.work import Work
from emulator.core.world import World

_MOST_DRAINED = 64 * 1024 * 1024
_log = logging.getLogger("emulator")
_PROVENANCE = {level: ("x-emulator-provenance", level.value) for level in Level}
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
    damage: Damage = NO_DAMAGE
    fault: str | None = None
    met: tuple[Fault, Damage] | None = None
    would_refuse: str | None = None
    refusal: str | None = None
    refused: Failure | None = None
    crash: str | None = None
    misuse: bool = False
    guessed: bool = False
    counted: list[tuple[Limit, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a call would come to."""

    answer: Answer
    operation: Operation | None
    refused: Failure | None


class Exchange:
    def __init__(self, manners: Manners) -> None:
        self._manners = manners

    @property
    def manners(self) -> Manners:
        return self._manners

    async def read(self, address: Address, vendor: Vendor, scope: Scope, receive: Receive) -> Request:
        """The whole request, before any world is touched: a slow client blocks nobody."""
        most = self.most_body(vendor)
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
            target=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
            server=scope.get("server"),
        )

    def most_body(self, vendor: Vendor) -> int:
        """The largest body that is taken, in bytes."""
        return vendor.largest_body if self._manners.most_body is None else self._manners.most_body

    async def serve(
        self, world: World, vendor: Vendor, request: Request, scope: Scope, receive: Receive, send: Send
    ) -> None:
        answer, damage = self.turn(world, vendor, request, scope.get(NOTE))
        if damage is NO_DAMAGE:
            await send_answer(answer, send)
        else:
            await deliver(answer, damage, scope, receive, send)

    def turn(self, world: World, vendor: Vendor, request: Request, note: Note | None = None) -> tuple[Answer, Damage]:
        """Answer one request, all but the sending."""
        started = stopwatch()
        with world.turn:
            work = world.work(vendor, request)
            outcome = self._outcome(world, vendor, work)
            answer = outcome.answer
            entry_id = world.journal.next_id()
            if outcome.met is not None:
                _account(work, outcome, *outcome.met, str(entry_id))
            headers = [*answer.headers, *work.headers, *self._grants(vendor, request, work.operation)]
            if not self._manners.bare:
                headers.append(("x-emulator-request-id", str(entry_id)))
                if not outcome.misuse:
                    headers.append(_PROVENANCE[work.level])
                if outcome.would_refuse is not None:
                    headers.append(("x-emulator-would-refuse", outcome.would_refuse))
                if world.journal.keeps and (outcome.misuse or outcome.refusal is not None):
                    headers.append(("x-emulator-explain", explanation_url(world.name, request, entry_id)))
            answer = Answer(answer.status, answer.body, headers)
            if world.journal.keeps or note is not None:
                entry = Entry._make((
                    entry_id, work.now, vendor.slug, work.operation.id if work.operation else None,
                    request.method, request.path, request.query_string, request.headers, request.raw_body,
                    answer.status, headers, answer.body, work.caller.id, outcome.refusal, outcome.fault,
                    work.level, stopwatch() - started, outcome.crash,
                    request.realm, request.scheme, request.client_ip, request.target, request.server,
                    tuple(work.relied.values()), outcome.would_refuse,
                ))  # fmt: skip
                if world.journal.keeps:
                    world.journal.record(entry)
                if note is not None:
                    note(entry)
            return answer, outcome.damage

    def rehearse(self, world: World, vendor: Vendor, request: Request) -> "Rehearsed":
        """What a call would be answered, but for faults and limits, guesses included: nothing is counted or recorded.
        The caller holds `World.untouched`."""
        work = world.work(vendor, request)
        work.rehearsed, work.unwanted = True, None
        outcome = self._outcome(world, vendor, work)
        return Rehearsed(outcome.answer, work.operation, outcome.refused)

    def misused(self, vendor: Vendor, request: Request, misuse: Misuse) -> Answer:
        """The answer to a call that reaches no world. That it cannot be kept is not the caller's fault: a vendor whose
        disk is full has words of its own."""
        answer = (vendor.dialect(Crashed()) if isinstance(misuse, CannotKeep) else misuse).answer()
        return Answer(answer.status, answer.body, [*answer.headers, *self._grants(vendor, request, None)])

    def _grants(self, vendor: Vendor, request: Request, operation: Operation | None) -> Headers:
        """What a browser is told. A call of an operation is where that operation lives, however its path is written."""
        if vendor.cors is None or not vendor.cors.covers(operation.path if operation else request.path):
            return ()
        return vendor.cors.grants(request, () if self._manners.bare else _OWN_HEADERS)

    def _outcome(self, world: World, vendor: Vendor, work: Work) -> _Outcome:
        outcome = _Outcome(Answer(0))
        before = None if work.unwanted is None else work.random.getstate()
        try:
            self._in_words(world, vendor, work, outcome)
        except Exception as error:  # noqa: BLE001 - our own crash, too, is answered in the vendor's words
            outcome.crash = _told_crash(world, work, error)
            _refuse(work, outcome, vendor.dialect(Crashed()))
        failure, unwanted = outcome.refused, work.unwanted
        if failure is not None and unwanted is not None and failure.level.as_weak_as(unwanted):
            _guess(vendor, unwanted, outcome, failure)
        if outcome.guessed and before is not None:
            work.random.setstate(before)
            for limit, key in outcome.counted:
                world.limits.take_back(vendor.slug, limit, key)
        return outcome

    def _in_words(self, world: World, vendor: Vendor, work: Work, outcome: _Outcome) -> None:
        try:
            self._answer(world, vendor, work, outcome)
        except Refusal as refusal:
            _refuse(work, outcome, refusal)
        except Misuse as misuse:
            outcome.answer, outcome.misuse = misuse.answer(), True
        except Unwanted as unwanted:
            assert work.unwanted is not None
            _guess(vendor, work.unwanted, outcome, unwanted.known)
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
            _fail_as_asked(world, vendor, work, outcome)
            if any(request.path.startswith(prefix) for prefix in vendor.protected):
                _admit(world, vendor, work, outcome)
            raise
        work.operation = operation
        _fail_as_asked(world, vendor, work, outcome)
        if operation.guarded:
            _admit(world, vendor, work, outcome)
        if outcome.damage.drop:
            return
        outcome.answer = _call(world, work, operation, found)


def _fail_as_asked(world: World, vendor: Vendor, work: Work, outcome: _Outcome) -> None:
    """Raise the failure that a header or a standing fault asks for, or note the damage for later."""
    if work.rehearsed:
        return
    texts = work.request.all_headers(FAULT_HEADER)
    if texts:
        text = ",".join(texts)
        asked = parse_damage(text, vendor.catalogue)
        outcome.damage = asked.drawn(world.fault_stream(vendor))
        outcome.fault = told(text, asked, outcome.damage)
        if outcome.damage.failure is not None:
            raise outcome.damage.failure.provoked()
    elif world.faults:
        _meet(world, vendor, work, outcome)


def _meet(world: World, vendor: Vendor, work: Work, outcome: _Outcome) -> None:
    """Let a standing fault strike, or wait for its milestone; until that is reached, it does nothing at all."""
    operation = work.operation.id if work.operation else None
    preflight = work.request.method == "OPTIONS"
    chance = world.fault_stream(vendor)
    fault = world.faults.due(vendor.slug, operation, work.request.headers, chance, preflight=preflight)
    if fault is None:
        return
    damage = fault.damage.drawn(chance)
    outcome.met = fault, damage
    failure = damage.failure
    if failure is not None:
        milestone = (None if operation is None else failure.strikes_at) or fault.strikes_at
        if milestone is None:
            outcome.damage = damage
            raise failure.provoked()
        work.arrange(failure, milestone)
    else:
        outcome.damage = damage


def _account(work: Work, outcome: _Outcome, fault: Fault, damage: Damage, entry_id: str) -> None:
    """Tell the fault and the journal whether it struck."""
    if work.waiting:
        fault.missed += 1
        return
    fault.struck(entry_id)
    outcome.damage, outcome.fault = damage, fault.told(damage)


def _matched(vendor: Vendor, request: Request) -> tuple[Operation, Mapping[str, str]]:
    """A malformed path is the vendor's to refuse only where it has the shape of an operation."""
    try:
        segments = request.segments
    except MalformedPath:
        with contextlib.suppress(MethodNotAllowed):
            vendor.routes.match(request.method, tuple(request.path[1:].split("/")))
        raise
    return vendor.routes.match(request.method, segments)


def _admit(world: World, vendor: Vendor, work: Work, outcome: _Outcome) -> None:
    """Authenticate, then count the call against every limit that applies. Of limits that are not enforced, the first
    that is exhausted is who would have refused."""
    work.caller = vendor.authenticate(work)
    if outcome.met is not None:
        work.reach(ADMITTED)
    if work.rehearsed:
        return
    operation = work.operation.id if work.operation else None
    for limit in vendor.limits:
        if limit.operations is None or operation in limit.operations:
            key = limit.per(work)
            usage = world.limits.count(vendor.slug, limit, key, work.now, work.settings)
            if usage is None:
                continue
            if not usage.over:
                outcome.counted.append((limit, key))
            if usage.over and outcome.would_refuse is None:
                outcome.would_refuse = limit.name
            if limit.headers is not None:
                work.headers.extend(limit.headers(usage))


def _call(world: World, work: Work, operation: Operation, found: Mapping[str, str]) -> Answer:
    store = world.store
    store.begin()
    try:
        answer = operation.call(work, found)
        work.rely(operation)
        if work.discarded:
            store.rollback()
        else:
            store.commit()
    except Refusal as refusal:
        failure = refusal.failure
        if failure.keeps_rows and not (work.unwanted and failure.level.as_weak_as(work.unwanted)):
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


def _told_crash(world: World, work: Work, error: Exception) -> str:
    """For the journal, and at once for whoever runs the emulator."""
    call, where = f"{work.request.method} {work.request.path}", {"namespace": world.name}
    if (reason := trouble(error)) is not None:
        told = f"namespace {world.name} cannot be kept: {reason} ({error})"
        _log.error("martech-emulator: %s; %s has changed nothing", told, call, extra=where)
        return told
    crash = traceback.format_exc()
    _log.error("%s crashed\n%s", call, crash, extra=where)
    return crash


def _refuse(work: Work, outcome: _Outcome, refusal: Refusal) -> None:
    failure = refusal.failure
    outcome.answer = refusal.answer()
    outcome.refusal = failure.name
    outcome.refused = failure
    work.relied[id(failure)] = failure
    work.level = work.level.weaker(failure.level)


def _guess(vendor: Vendor, unwanted: Level, outcome: _Outcome, known: Known) -> None:
    """Refuse what has come out, because it relies on something that this world takes no answer from. A standing fault
    that brought it about has not fired: it waits for a call that gets its answer."""
    if outcome.met is not None:
        outcome.met, outcome.damage = None, NO_DAMAGE
    outcome.answer = Guess(vendor.entry(known), unwanted).answer()
    outcome.refusal, outcome.refused, outcome.misuse, outcome.guessed = None, None, True, True


def explanation_url(namespace: str, request: Request, entry_id: int) -> str:
    """Where the answer to a call is explained, at the address that the caller used."""
    prefix = "" if namespace == DEFAULT_NAMESPACE else f"/ns/{namespace}"
    return f"{request.origin}{prefix}/_emulator/requests/{entry_id}/explain"


def unimplemented(vendor: Vendor, request: Request) -> Answer:
    """501 for a path that belongs to no emulated operation, naming the nearest one."""
    known = {f"{operation.method} {operation.path}": operation for operation in vendor.routes}
    asked = f"{request.method} {request.path}"
    nearest = difflib.get_close_matches(asked, known, n=1, cutoff=0)
    return NotEmulated(
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
