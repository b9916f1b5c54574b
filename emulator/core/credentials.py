"""Who is calling, and how to speak of their secrets without telling them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

SECRET_WORDS = (
    "authorization", "signature", "token", "secret", "api-key", "apikey", "access-key", "private-key", "credential",
    "password", "passwd", "passphrase", "pwd", "cookie", "write-key", "writekey", "x-auth", "assertion",
)  # fmt: skip
_HARMLESS = ("token-type", "tokentype")
_VARIABLE = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,15}")
_LONGEST_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a vendor's `authenticate` recognised. `id` keys limits and labels the journal: never a secret."""

    id: str


ANYONE = Caller("anyone")


@dataclass(frozen=True, slots=True)
class OwnCredential:
    """What a user calls the real vendor with: a credential as `Vendor.credentials` lists them, with the names of
    environment variables in braces. Without one that is not `needed` most can be called all the same."""

    told: Mapping[str, str]
    needed: bool = True

    @property
    def variables(self) -> list[str]:
        return [name for text in self.told.values() for name in _VARIABLE.findall(text)]

    def filled(self, environment: Mapping[str, str]) -> Mapping[str, str]:
        """Raises `KeyError`."""
        return {key: _VARIABLE.sub(lambda found: environment[found[1]], text) for key, text in self.told.items()}


def scheme_and_value(header: str) -> tuple[str, str]:
    """``"Bearer abc"`` as ``("Bearer", "abc")``; no space gives an empty scheme and the whole text."""
    scheme, space, value = header.strip().partition(" ")
    return (scheme, value.strip()) if space else ("", scheme)


def masked(secret: str) -> str:
    """``…`` and the last four characters; all of a secret that has eight or fewer is hidden."""
    return "…" + secret[-4:] if len(secret) > 8 else "…"


def is_secret(name: str) -> bool:
    """Whether a header, query parameter or body member of this name holds a credential."""
    return _is_secret(name) if len(name) <= _LONGEST_REMEMBERED else _is_secret.__wrapped__(name)


@lru_cache(maxsize=2_000)
def _is_secret(name: str) -> bool:
    lowered = name.lower().replace("_", "-")
    if lowered in _HARMLESS or lowered.startswith("access-control-"):
        return False
    return any(word in lowered for word in SECRET_WORDS)


def masked_value(value: str) -> str:
    """A header's value with its scheme word kept: ``Bearer …3f2a``. A first word that could be more is hidden too."""
    scheme, secret = scheme_and_value(value)
    return f"{scheme} {masked(secret)}" if _SCHEME.fullmatch(scheme) else masked(value.strip())
