"""Idempotency-Key on the writes of V2: the same request again is answered as the first time, and does nothing."""

import hashlib
from collections.abc import Callable

import orjson

from emulator.core.answers import Answer
from emulator.core.clock import DAY
from emulator.core.errors import Level, Rule
from emulator.core.request import Request
from emulator.core.work import Work
from emulator.vendors.talonone.auth import application
from emulator.vendors.talonone.errors import LONG_IDEMPOTENCY_KEY, OTHER_REQUEST, Complaint, refusal
from emulator.vendors.talonone.tables import FIND_ANSWER, FORGET_ANSWERS, KEEP_ANSWER

KEPT = Rule(
    "talonone.idempotency", Level.INFERRED, "Talon.One Integration API 26.16, returnCartItems",
    "An accepted answer is kept for 24 hours of the world's clock under the Idempotency-Key of its Application and "
    "given again, byte by byte. What was refused, and dry runs, are not kept. The same key with another path, query or "
    "body is refused; JSON that says the same is the same.",
)  # fmt: skip

HEADER = "idempotency-key"
LONGEST_KEY = 255
KEPT_FOR = DAY


def idempotent(work: Work, answer: Callable[[], Answer], *, status_code: bool, dry: bool = False) -> Answer:
    """`status_code`: whether the operation's 400 carries ``StatusCode``."""
    key = work.request.header(HEADER)
    if not key or dry:
        return answer()
    if len(key) > LONGEST_KEY:
        details = f"String length must be less than or equal to {LONGEST_KEY}"
        complaint = Complaint(LONG_IDEMPOTENCY_KEY, "maxLength", details, {"parameter": "Idempotency-Key"})
        raise refusal([complaint], status_code=status_code)
    number, request = application(work).number, _digest(work.request)
    kept = work.db.one(FIND_ANSWER, application_id=number, key=key)
    if kept is None or kept["created"] <= work.now - KEPT_FOR:
        return _kept(work, number, key, request, answer())
    work.rely(KEPT)
    if kept["request"] != request:
        complaint = Complaint(
            OTHER_REQUEST, "Conflict", "This key belongs to another request.", {"parameter": "Idempotency-Key"}
        )
        raise refusal([complaint], status_code=status_code)
    for identity, level, source, says in orjson.loads(kept["relied"]):
        work.rely(Rule(identity, Level(level), source, says))
    headers = (("content-type", "application/json"),) if kept["body"] else ()
    return Answer(kept["status"], kept["body"].encode(), headers)


def _kept(work: Work, application_id: int, key: str, request: str, answer: Answer) -> Answer:
    work.db.run(FORGET_ANSWERS, before=work.now - KEPT_FOR)
    work.db.run(
        KEEP_ANSWER, application_id=application_id, key=key, request=request, status=answer.status,
        body=answer.body.decode(), relied=orjson.dumps(_choices(work)).decode(), created=work.now,
    )  # fmt: skip
    return answer


def _choices(work: Work) -> list[tuple[str, str, str, str]]:
    """What the answer relies on, besides its operation: it will the next time, too."""
    rules = {known.id: known for known in work.relied.values() if isinstance(known, Rule)}
    return [(one.id, one.level.value, one.source, one.says) for one in rules.values()]


def _digest(request: Request) -> str:
    """Of what makes a request the same one: method, path, query and body, however they are written."""
    try:
        body = orjson.dumps(orjson.loads(request.body), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        body = request.body
    about = repr((request.method, request.segments, sorted(request.query))).encode()
    return hashlib.sha256(about + b"\n" + body).hexdigest()
