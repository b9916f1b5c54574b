"""Whose call it is. The credential alone says which Application is meant: no path, query or body does.

Two schemes (talon_go 2.1.1): an API key for every operation, and for those of V1 instead of it a signature of the body
with the Application's own key. They are alternatives: where both arrive, one that is valid is enough.
"""

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from sqlite3 import Row

from emulator.core.credentials import Caller, OwnCredential
from emulator.core.description import SecurityScheme
from emulator.core.errors import Level, Rule
from emulator.core.request import NO_REQUEST
from emulator.core.work import Work
from emulator.vendors.talonone.errors import INVALID_API_KEY, SIGNATURE_MISMATCH
from emulator.vendors.talonone.tables import FIND_KEY, FIND_SIGNER, KEYS, SIGNERS, USABLE_KEYS

SCHEME = "ApiKey-v1 "
"""Compared to the letter, with its one space: the generated clients send exactly this, or nothing."""
SIGNED_VERSION = "v1"
API_KEY = "api_key_v1"
SIGNATURE = "integration_auth"
SECURITY: Mapping[str, SecurityScheme] = {
    API_KEY: {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "talon_go 2.1.1: `ApiKey-v1 {key}`. The key alone says which Application is meant.",
    },
    SIGNATURE: {
        "type": "apiKey",
        "in": "header",
        "name": "Content-Signature",
        "description": "talon_go 2.1.1: `signer={Application id}; signature={HMAC-MD5 of the body's bytes, in hex}` "
        "with the Application's own key. Instead of the API key, for operations of V1.",
    },
}
_LONGEST_SIGNER = 18

SCHEMES = Rule(
    "talonone.two_schemes", Level.INFERRED, "talon_go 2.1.1, security",
    "A V1 call with an API key that is not valid, and a Content-Signature that is, is accepted: the schemes are "
    "alternatives. With neither valid it is told about the key.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Application(Caller):
    """The caller: an Application of an account, as a key or a signature of its own named it."""

    number: int
    account: int
    case_sensitivity: str
    sandbox: bool = False

    def normalised(self, code: str) -> str:
        """A coupon or referral code in the case in which this Application stores and compares it."""
        if self.case_sensitivity == "insensitive-uppercase":
            return code.upper()
        return code.lower() if self.case_sensitivity == "insensitive-lowercase" else code


def authenticate(work: Work) -> Application:
    header = work.request.header("authorization")
    row = _key(work, header.removeprefix(SCHEME)) if header and header.startswith(SCHEME) else None
    if row is not None and (row["expires"] is None or row["expires"] > work.now):
        return _caller(row)
    signature = work.request.header("content-signature")
    if signature is None or work.request.segments[0] != SIGNED_VERSION:
        raise INVALID_API_KEY()
    signer, matches = _signed(work, signature)
    if header is not None:
        work.rely(SCHEMES)
    if not matches:
        raise INVALID_API_KEY() if header is not None else SIGNATURE_MISMATCH()
    return _caller(signer)


def _key(work: Work, key: str) -> Row | None:
    """The key's row, from memory after the first time. What is no key is never remembered: there is no end to those."""
    known: dict[str, Row] = work.db.memory.setdefault("talonone.keys", {})
    row = known.get(key) or work.db.one(FIND_KEY, key=key)
    if row is not None:
        known[key] = row
    return row


def _caller(row: Row) -> Application:
    number, sandbox = row["application_id"], bool(row["sandbox"])
    return Application(f"application {number}", number, row["account_id"], row["case_sensitivity"], sandbox)


def _signed(work: Work, header: str) -> tuple[Row, bool]:
    """The Application that the header names, and whether it has signed the body."""
    parts = signature_parts(header)
    row = signed_by(work, parts.get("signer", "")) if "signature" in parts else None
    if row is None:
        raise INVALID_API_KEY()
    expected = _signature(work, row)
    return row, hmac.compare_digest(expected.encode(), parts["signature"].encode())


def _signature(work: Work, signer: Row) -> str:
    return hmac.digest(bytes.fromhex(signer["signing_key"]), work.request.body, "md5").hex()


def signed_by(work: Work, signer: str) -> Row | None:
    """The Application of that number, where it has a key to sign with."""
    if not (signer.isascii() and signer.isdigit() and len(signer) <= _LONGEST_SIGNER):
        return None
    return work.db.one(FIND_SIGNER, application_id=int(signer))


def signature_parts(header: str) -> dict[str, str]:
    """``signer=7; signature=…`` with any white space around ``;`` and ``=``, as the vendor's own proxy reads it."""

    def pairs() -> Iterator[tuple[str, str]]:
        for part in header.split(";"):
            name, _, value = part.partition("=")
            yield name.strip(), value.strip()

    return dict(pairs())


def application(work: Work) -> Application:
    """The caller of a guarded operation, by its own type."""
    if not isinstance(work.caller, Application):
        raise TypeError("the operation is not guarded")
    return work.caller


OWN_CREDENTIALS = (
    OwnCredential({"key": "{TALONONE_API_KEY}", "header": f"Authorization: {SCHEME}{{TALONONE_API_KEY}}"}),
)


def credentials(work: Work) -> list[dict[str, str]]:
    """Every key that has not expired, and the keys that sign, with how to send them."""
    keys = [
        {
            "application": f"{row['id']} {row['name']}",
            "key": row["key"],
            "header": f"Authorization: {SCHEME}{row['key']}",
        }
        for row in work.db.all(USABLE_KEYS, now=work.now)
    ]
    signers = [
        {
            "application": f"{row['id']} {row['name']}",
            "signing_key": row["signing_key"],
            "signature": f"Content-Signature: signer={row['id']}; signature=HMAC-MD5 of the body, V1 operations only",
        }
        for row in work.db.all(SIGNERS)
    ]
    return keys + signers


def secrets(work: Work) -> Iterator[str]:
    """All keys, expired or not, those that sign, and what they would sign the call with."""
    yield from (row["key"] for row in work.db.all(KEYS))
    for signer in work.db.all(SIGNERS):
        yield signer["signing_key"]
        if work.request is not NO_REQUEST:
            yield _signature(work, signer)
