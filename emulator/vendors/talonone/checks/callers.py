"""The key that says whose call it is, and the signature that stands for it in V1."""

import difflib
import re
from collections.abc import Sequence
from sqlite3 import Row

from emulator.core.checks import Case, Check, Draft, told
from emulator.core.clock import DAY, HOUR, MINUTE, SECOND, Micros, rfc3339
from emulator.core.credentials import masked
from emulator.core.errors import Fact, Refusal
from emulator.core.slips import likest, spoiled, unspoiled
from emulator.vendors.talonone.auth import SCHEME, SIGNED_VERSION, Application, authenticate, signed_by
from emulator.vendors.talonone.checks import signatures
from emulator.vendors.talonone.errors import INVALID_API_KEY, SIGNATURE_MISMATCH
from emulator.vendors.talonone.tables import FIND_KEY
from emulator.vendors.talonone.tables.explaining import ALL_KEYS, ALL_SIGNERS

_WORD = SCHEME.strip()
_MANAGEMENT = "ManagementKey-v1"
_SHAPE = re.compile(r"(?P<word>[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*)(?P<gap>[\s:=,]+)(?P<rest>.*)", re.DOTALL)
_GLUED = re.compile(r"(?P<word>apikey[-_]?v1)(?P<rest>.+)", re.DOTALL | re.IGNORECASE)
_SHORTEST_PIECE = 6
_ALIKE = 0.8
_MOST_SLIPS = 3


def caller(case: Case) -> Application | None:
    """Whose call it is, with the keys as they are now."""
    try:
        return authenticate(case.work)
    except (Refusal, Fact):
        return None


# the key --------------------------------------------------------------------------------------------------------------


def _split(header: str) -> tuple[str, str, str]:
    """Scheme word, what stands between, and the secret; without a word the whole is the secret."""
    text = header.strip()
    if text.lower() == _WORD.lower():
        return text, "", ""
    found = _SHAPE.fullmatch(text) or _GLUED.fullmatch(text)
    if found is None:
        return "", "", text
    return found["word"], found.groupdict().get("gap") or "", found["rest"]


def _usable(case: Case) -> list[Row]:
    return [row for row in case.work.db.all(ALL_KEYS) if row["expires"] is None or row["expires"] > case.work.now]


def _is_usable(case: Case, key: str) -> bool:
    row = case.work.db.one(FIND_KEY, key=key)
    return row is not None and (row["expires"] is None or row["expires"] > case.work.now)


def _got(case: Case) -> str:
    signature = f", Content-Signature: {_signature_got(case)}" if _signature(case) else ""
    return case.header("Authorization") + signature


def _signature(case: Case) -> str | None:
    return case.request.header("content-signature")


def _takes_signatures(case: Case) -> bool:
    return case.operation.pattern[0] == SIGNED_VERSION


def _key_cause(case: Case) -> str | None:
    header = case.request.header("authorization")
    if header is None:
        return _without_key(case)
    word, gap, rest = _split(header)
    secret = unspoiled(rest)
    if not secret:
        return f"The header has {word or 'no scheme word'} and no key."
    if case.work.db.one(FIND_KEY, key=secret) is None and (owner := case.owner_of(header)) is not None:
        return f"The key is {owner}, not Talon.One's."
    if word in ("", _WORD) and (slip := spoiled(rest)) is not None:
        return f"The key {slip}."
    if header.startswith(SCHEME) and rest == secret and gap == " ":
        return _about_key(case, secret)
    return _about_shape(case, word, gap, secret)


def _about_shape(case: Case, word: str, gap: str, secret: str) -> str | None:
    if case.work.db.one(FIND_KEY, key=secret) is not None and not _is_usable(case, secret):
        return _about_key(case, secret)
    if not word:
        return f"The header lacks its scheme word: Authorization: {_WORD} and the key."
    if word != _WORD and word.lower().replace("_", "-") == _WORD.lower():
        return f"The scheme word is compared to the letter: {_WORD}, not {word}."
    if word != _WORD and _GLUED.fullmatch(f"{word}."):
        return f"The scheme word is {_WORD}, not {word}."
    if word == _MANAGEMENT:
        return f"{word} is the scheme word of the Management API: the Integration API has {_WORD} and keys of its own."
    if word != _WORD:
        return f"The scheme word is {word}, which is not Talon.One's: {_WORD} and the key."
    return f"Between {_WORD} and the key stands one space, and nothing else."


def _about_key(case: Case, secret: str) -> str | None:
    row = case.work.db.one(FIND_KEY, key=secret)
    if row is not None and row["expires"] is not None and row["expires"] <= case.work.now:
        return f"The key expired at {rfc3339(row['expires'])}, {_span(case.work.now - row['expires'])} before the call."
    if row is not None:
        return "The world has this key now, and did not when the call was made."
    for signer in case.work.db.all(ALL_SIGNERS):
        if signer["signing_key"].lower() == secret.lower():
            return f"The key is the one with which Application {signer['id']} signs bodies, not one of its API keys."
    known = case.work.db.all(ALL_KEYS)
    if not known:
        return "No Application of this world has a key: its scenario plants none under talonone.applications[].apiKeys."
    return _resembling(secret, known) or (
        f"No Application of this world has the key {masked(secret)}; GET /_emulator/vendors lists those that work."
    )


def _resembling(secret: str, known: Sequence[Row]) -> str | None:
    for row in known:
        key, whose = row["key"], f"Application {row['id']} ({row['name']})"
        if key.lower() == secret.lower():
            return f"The key is one of {whose} in another case: it is compared to the letter."
        if len(secret) >= _SHORTEST_PIECE and secret in key:
            return f"The key is cut off: it is part of one of {whose}, which has {len(key)} characters."
        if len(key) >= _SHORTEST_PIECE and key in secret:
            return f"The key is one of {whose} with something before or after it."
    alike = [row for row in known if _is_alike(secret, row["key"])]
    return (
        f"The key resembles one of Application {alike[0]['id']} ({alike[0]['name']}) and is mistyped."
        if alike
        else None
    )


def _is_alike(secret: str, key: str) -> bool:
    slips = sum(one != other for one, other in zip(secret, key, strict=False)) + abs(len(secret) - len(key))
    return slips <= _MOST_SLIPS or difflib.SequenceMatcher(None, secret, key).ratio() >= _ALIKE


def _without_key(case: Case) -> str | None:
    for name, value in _other_places(case):
        if case.work.db.one(FIND_KEY, key=unspoiled(_split(value)[2])) is not None:
            return f"The key stands in {name}: it belongs in the header Authorization: {_WORD} and the key."
    signature = _signature(case)
    if signature is None:
        return f"The call has no header Authorization: {_WORD} and the key."
    if not _takes_signatures(case):
        return "A Content-Signature is for operations of V1: those of V2 take the key only."
    return _about_signer(case, signature)


def _other_places(case: Case) -> list[tuple[str, str]]:
    headers = [(f"the header {n.decode('latin-1')}", v.decode("latin-1")) for n, v in case.request.headers]
    return headers + [(f"the query parameter {name}", value) for name, value in case.request.query]


def _about_signer(case: Case, signature: str) -> str | None:
    parts = signatures.parts(signature)
    if "signer" not in parts or "signature" not in parts:
        lacking = " and ".join(name for name in ("signer", "signature") if name not in parts)
        return f"The Content-Signature has no {lacking}: signer=APPLICATION ID; signature=HMAC-MD5 of the body in hex."
    signer = parts["signer"]
    if signed_by(case.work, signer) is not None:
        return None
    names = {row["name"]: row["id"] for row in case.work.db.all(ALL_SIGNERS)}
    if signer in names:
        return f"The signer {signer!r} is the Application's name: its id is {names[signer]}."
    if not (signer.isascii() and signer.isdigit()):
        return f"The signer {signer!r} is no number: it is the id of the Application."
    return f"There is no Application {signer} with a key to sign with."


def _span(time: Micros) -> str:
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second")):
        if time >= unit:
            number = time // unit
            return f"{number} {name}{'s' if number > 1 else ''}"
    return "less than a second"


def _key_mend(case: Case, draft: Draft) -> None:
    header = draft.header("authorization")
    if header is None and draft.header("content-signature") is not None and _takes_signatures(case):
        signers = {str(row["id"]) for row in case.work.db.all(ALL_SIGNERS)}
        named = signatures.parts(draft.header("content-signature") or "").get("signer", "")
        signer = next(iter(difflib.get_close_matches(named, sorted(signers), n=1, cutoff=0)), None)
        if signer is not None and signatures.sign(case.work, draft, signer):
            return
    key = _best_key(case, header)
    if key is not None:
        for name, value in case.request.query if header is None else ():
            if unspoiled(_split(value)[2]) == key:
                draft.set_query(name, None)
        draft.set_header("Authorization", f"{SCHEME}{key}")


def _best_key(case: Case, header: str | None) -> str | None:
    """The one that was meant; else one of the same Application or account, the most alike first."""
    usable = _usable(case)
    written = [header] if header else [text for _, text in _other_places(case)]
    texts = [unspoiled(_split(text)[2]) for text in written]
    for secret in texts:
        if _is_usable(case, secret):
            return secret
    if not usable:
        return None
    secret = texts[0] if header else ""
    likely = likest(secret, [row["key"] for row in usable]) if secret else []
    meant = _application_meant(case, secret)

    def distance(row: Row) -> tuple[bool, bool, int]:
        own = meant is not None and row["id"] == meant["id"]
        account = meant is not None and row["account_id"] == meant["account_id"]
        return not own, not account, likely.index(row["key"]) if secret else 0

    return str(min(usable, key=distance)["key"])


def use_key_of(case: Case, draft: Draft, owners: Sequence[int], *, member: str = "id") -> bool:
    """Let the draft be a call of the Application that has what the call is about, or of its account."""
    key = next((row["key"] for row in _usable(case) if row[member] in owners), None)
    if key is not None:
        draft.set_header("Authorization", f"{SCHEME}{key}")
    return key is not None


def _application_meant(case: Case, secret: str) -> Row | None:
    """The Application of an expired key, of a signing key in its place, or of the signer."""
    rows = case.work.db.all(ALL_KEYS)
    signer = signatures.parts(_signature(case) or "").get("signer")
    signs = {str(row["id"]) for row in case.work.db.all(ALL_SIGNERS) if row["signing_key"] == secret} | {signer}
    return next((row for row in rows if row["key"] == secret or str(row["id"]) in signs), None)


KEY = Check(
    name="API key",
    expects=f"Authorization: {_WORD} and an Application's key that has not expired; in V1 a Content-Signature will do",
    failures=(INVALID_API_KEY,),
    got=_got,
    cause=_key_cause,
    mend=_key_mend,
)


# the signature --------------------------------------------------------------------------------------------------------


def _signature_got(case: Case) -> str:
    signature = _signature(case)
    if signature is None:
        return "none"
    parts = signatures.parts(signature)
    return f"signer={parts.get('signer', '')}; signature={told(parts.get('signature', ''))}"


def _signature_cause(case: Case) -> str | None:
    parts = signatures.parts(_signature(case) or "")
    return signatures.mistake(case.work, parts.get("signer", ""), parts.get("signature", ""), case.request.raw_body)


def _signature_mend(case: Case, draft: Draft) -> None:
    parts = signatures.parts(draft.header("content-signature") or "")
    signatures.sign(case.work, draft, parts.get("signer", ""))


SIGNATURE = Check(
    name="signature",
    expects="without an API key the HMAC-MD5 of the body's very bytes in lower-case hex, made with the key of the "
    "Application that signer names",
    failures=(SIGNATURE_MISMATCH,),
    got=_signature_got,
    cause=_signature_cause,
    mend=_signature_mend,
)
