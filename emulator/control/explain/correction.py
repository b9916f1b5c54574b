"""The same call as it would be accepted: mended check by check, each draft played in a rehearsal."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial, reduce
from typing import TypeAlias

import orjson

from emulator.control.explain.curl import Door, command, switches
from emulator.control.explain.members import renamed
from emulator.control.explain.paths import encode_once, encoded_twice, intention, method_meant
from emulator.control.explain.reading import USUAL_HEADERS, Call, Reading
from emulator.core.answers import Answer
from emulator.core.checks import Draft
from emulator.core.errors import Failure, MethodNotAllowed
from emulator.core.exchange import Exchange, Rehearsed
from emulator.core.journal import is_cut

_MOST_ROUNDS = 16
_MOST_NAMES = 5
_FIRST_REFUSAL = 400
_PASSED_ON = frozenset({"authorization", "content-type", "content-encoding", "origin", "x-forwarded-proto"})
_Mend: TypeAlias = Callable[[Draft], None]
_SHORTENED = " Its body is another: of the one that was sent the journal has kept only the beginning."


@dataclass(frozen=True, slots=True)
class Correction:
    curl: str
    says: str


def corrected(exchange: Exchange, reading: Reading) -> Correction | None:
    """`None` where nothing need be corrected, or nobody knows how."""
    draft = Draft.of(reading.request)
    cut = is_cut(reading.entry.body)
    if reading.entry.crash is not None or (cut and (reading.outcome == "accepted" or reading.oversize)):
        return None
    stage = _Stage(exchange, reading)
    mends: list[str] = []
    if cut:
        draft.body = b""
        draft.drop_header("content-encoding")
    if reading.outcome == "accepted" and not stage.improve(draft, mends):
        return None
    with reading.world.untouched():
        accepted = stage.accepted(draft, mends)
    if accepted is None:
        return None
    door = Door.of(reading.request, reading.world.name, reading.vendor)
    before = _before(reading, door)
    said = _said(reading, mends) + (_SHORTENED if cut else "")
    return Correction("\n".join([*before, command(accepted, door)]), said)


def _before(reading: Reading, door: Door) -> Iterator[str]:
    """What has to be done before the call passes that is no part of it."""
    curl = f"curl -sS{switches(door.base)} -o /dev/null"
    if (fault := reading.standing_fault) is not None:
        yield f"{curl} -X DELETE {door.control(f'/faults/{fault}')}"
    if reading.guessed is not None:
        yield f"{curl} -X PATCH {door.control('/provenance')} -d '{{\"fail_on\":null}}'"
    if (limit := reading.exhausted) is not None:
        seconds = -(-limit.window // 1_000_000)
        frozen = reading.world.clock.state.mode == "frozen"
        advance = f"{curl} {door.control('/clock/advance')} -d '{{\"seconds\":{seconds}}}'"
        yield advance if frozen else f"sleep {seconds}"


def _said(reading: Reading, mends: Sequence[str]) -> str:
    if reading.exhausted is not None:
        return "The same call, once the limit's window has passed."
    if reading.fault_struck:
        return "The same call, without the arranged failure."
    if reading.guessed is not None and not mends:
        return "The same call, where guesses are accepted."
    if reading.outcome == "misused" and not mends:
        return "The same call, without the emulator's own headers."
    if not mends:
        return "The very same call passes now: the world has changed since."
    return f"The same call with its {' and '.join(dict.fromkeys(mends))} put right."


class _Stage:
    """Where drafts are played, and mended by what they are refused with."""

    def __init__(self, exchange: Exchange, reading: Reading) -> None:
        self._exchange = exchange
        self._reading = reading
        self._tried: set[bytes] = set()

    def improve(self, draft: Draft, mends: list[str]) -> bool:
        """Mend what looks wrong in a call that was accepted all the same: whether there was anything."""
        before = draft.copy()
        for name, mend in self._suspicious(self._call(draft)):
            mend(draft)
            mends.append(name)
        return draft != before

    def accepted(self, draft: Draft, mends: list[str]) -> Draft | None:
        draft.headers = [(name, value) for name, value in draft.headers if not _is_of_the_transport(name.lower())]
        for _ in range(_MOST_ROUNDS):
            outcome = self._play(draft)
            if outcome.refused is None and outcome.answer.status < _FIRST_REFUSAL:
                return self._tidy(draft)
            if not self._mended(draft, outcome.refused, mends):
                return None
        return None

    def _tidy(self, draft: Draft) -> Draft:
        """Without the headers that no vendor reads, if it passes without them."""
        known = self._call(draft).known_headers | _PASSED_ON
        tidy = draft.copy()
        tidy.headers = [(name, value) for name, value in draft.headers if name.lower() in known]
        outcome = self._play(tidy)
        return tidy if outcome.refused is None and outcome.answer.status < _FIRST_REFUSAL else draft

    def _play(self, draft: Draft) -> Rehearsed:
        token = ""
        if draft.login is not None:
            token = _member(self._rehearse(draft.login).answer, draft.token_member)
        return self._rehearse(draft, token)

    def _rehearse(self, draft: Draft, token: str = "") -> Rehearsed:
        request = draft.request(token, client_ip=self._reading.request.client_ip)
        return self._exchange.rehearse(self._reading.world, self._reading.vendor, request)

    def _call(self, draft: Draft) -> Call:
        reading = self._reading
        return Call(reading.world, reading.vendor, draft.request(), reading.document)

    def _mended(self, draft: Draft, refused: Failure | None, mends: list[str]) -> bool:
        """Whether one of the mends that fit has changed the draft into one that was not tried before."""
        before = draft.copy()
        for name, mend in self._fitting(self._call(draft), refused):
            mend(draft)
            trace = repr(draft).encode()
            if draft != before and trace not in self._tried:
                self._tried.add(trace)
                mends.append(name)
                return True
            _restore(draft, before)
        return False

    def _fitting(self, call: Call, refused: Failure | None) -> Iterator[tuple[str, _Mend]]:
        if call.operation is None:
            yield from self._of_path(call)
        yield from self._suspicious(call)
        if refused is not None:
            case = call.case(refused)
            for check in call.checks:
                if refused in check.failures:
                    yield check.name, partial(check.mend, case)

    def _of_path(self, call: Call) -> Iterator[tuple[str, _Mend]]:
        refused = call.there.refused
        if isinstance(refused, MethodNotAllowed):
            yield "method", method_meant(refused).mend
        else:
            yield "path", intention(call.vendor, call.world.vendors, call.request).mend

    def _suspicious(self, call: Call) -> Iterator[tuple[str, _Mend]]:
        if call.operation is not None and any(encoded_twice(call.there)):
            yield "path", encode_once(call.operation)
        misspelt = [stray for stray in call.stray_members() if stray.nearest is not None]
        if misspelt:
            names = " and ".join(str(stray.nearest) for stray in misspelt[:_MOST_NAMES])
            yield names, partial(_rewrite, reduce(renamed, misspelt, call.json))
        for stray in call.stray_query():
            yield str(stray.nearest), partial(_rename_query, str(stray.place[0]), str(stray.nearest))
        for stray in call.stray_headers():
            yield str(stray.nearest), partial(_rename_header, str(stray.place[0]), str(stray.nearest))


def _is_of_the_transport(name: str) -> bool:
    """What curl says for itself, or says to the emulator alone."""
    return name.startswith("x-emulator-") or (name in USUAL_HEADERS and name not in _PASSED_ON)


def _restore(draft: Draft, before: Draft) -> None:
    copy = before.copy()
    for field in fields(Draft):
        setattr(draft, field.name, getattr(copy, field.name))


def _member(answer: Answer, name: str) -> str:
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return ""
    return str(found.get(name, "")) if isinstance(found, dict) else ""


def _rewrite(value: object, draft: Draft) -> None:
    draft.body = orjson.dumps(value)


def _rename_query(name: str, nearest: str, draft: Draft) -> None:
    pieces = draft.query.split("&")
    draft.query = "&".join(
        nearest + piece[len(name) :] if piece.partition("=")[0] == name else piece for piece in pieces
    )


def _rename_header(name: str, nearest: str, draft: Draft) -> None:
    draft.headers = [(nearest if key.lower() == name.lower() else key, value) for key, value in draft.headers]
