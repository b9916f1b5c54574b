"""Query parameters that read themselves."""

from dataclasses import dataclass
from typing import ClassVar, Self

from emulator.core.clock import Micros, parse_rfc3339
from emulator.core.errors import Refusal
from emulator.core.request import Request
from emulator.vendors.talonone.errors import BAD_PARAMETER, NOT_ALLOWED, Complaint, refusal

_BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
"""What Go's strconv.ParseBool takes. Python clients before 26 send ``True``."""


@dataclass(frozen=True, slots=True)
class _Parameters:
    """`status_code`: whether the operation's 400 carries ``StatusCode``."""

    status_code: ClassVar[bool] = True

    @classmethod
    def flags(cls, request: Request, *names: str) -> list[bool]:
        if not request.query_string:
            return [False] * len(names)
        sent = dict(request.query)
        return [cls._flag(name, sent.get(name, "false")) for name in names]

    @classmethod
    def _flag(cls, name: str, value: str) -> bool:
        if value not in _BOOLEANS:
            raise cls.bad(name, "type", f'Invalid type. Expected: boolean, given: "{value}"')
        return _BOOLEANS[value]

    @classmethod
    def bad(cls, name: str, title: str, details: str) -> Refusal:
        return refusal([Complaint(BAD_PARAMETER, title, details, {"parameter": name})], status_code=cls.status_code)

    @classmethod
    def needs(cls, name: str, other: str) -> Refusal:
        complaint = Complaint(NOT_ALLOWED, "Not allowed", f"{name} can only be used with {other}", {"parameter": name})
        return refusal([complaint], status_code=cls.status_code)


@dataclass(frozen=True, slots=True)
class DryRun(_Parameters):
    """``dry`` of the V1 calls: evaluate and answer, store nothing."""

    status_code = False
    dry: bool = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(*cls.flags(request, "dry"))


@dataclass(frozen=True, slots=True)
class SessionRun(_Parameters):
    """``dry`` and ``now`` of updateCustomerSessionV2. `now` is a moment ahead of the world's own, which only the
    endpoint knows."""

    status_code = False
    dry: bool = False
    now: str | None = None

    @classmethod
    def from_request(cls, request: Request) -> Self:
        (dry,) = cls.flags(request, "dry")
        now = dict(request.query).get("now") if request.query_string else None
        if now is not None and not dry:
            raise cls.needs("now", "dry=true")
        return cls(dry, now)

    def moment(self, after: Micros) -> Micros | None:
        if self.now is None:
            return None
        try:
            moment = parse_rfc3339(self.now)
        except ValueError:
            raise self.bad("now", "format", "Does not match format 'date-time'") from None
        if moment <= after:
            raise self.bad("now", "minimum", "now must be a date in the future")
        return moment


@dataclass(frozen=True, slots=True)
class ProfileRun(_Parameters):
    """``runRuleEngine`` and ``dry`` of updateCustomerProfileV2, which came with 4.2. To store what was meant as a dry
    run would be worse than to refuse it."""

    runRuleEngine: bool = False
    dry: bool = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        asked = cls(*cls.flags(request, "runRuleEngine", "dry"))
        if asked.dry and not asked.runRuleEngine:
            raise cls.needs("dry", "runRuleEngine=true")
        return asked


@dataclass(frozen=True, slots=True)
class EventRun(_Parameters):
    """``silent``, ``dry`` and ``forceCompleteEvaluation`` of trackEventV2."""

    silent: str = "yes"
    dry: bool = False
    forceCompleteEvaluation: bool = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        dry, force = cls.flags(request, "dry", "forceCompleteEvaluation")
        silent = dict(request.query).get("silent", "yes")
        if silent not in ("yes", "no"):
            raise cls.bad("silent", "enum", 'silent must be one of the following: "yes", "no"')
        if force and not dry:
            raise cls.needs("forceCompleteEvaluation", "dry=true")
        return cls(silent, dry, force)


@dataclass(frozen=True, slots=True)
class ReturnRun(_Parameters):
    """``dry`` and ``runRuleEngine`` of returnCartItems."""

    status_code = False
    dry: bool = False
    runRuleEngine: bool = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(*cls.flags(request, "dry", "runRuleEngine"))


@dataclass(frozen=True, slots=True)
class Parts(_Parameters):
    """The parts of an inventory; the first three since 2020."""

    profile: bool = False
    referrals: bool = False
    coupons: bool = False
    loyalty: bool = False
    giveaways: bool = False
    achievements: bool = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(*cls.flags(request, "profile", "referrals", "coupons", "loyalty", "giveaways", "achievements"))
