"""Query parameters that read themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import Field

from emulator.core.clock import Micros, parse_rfc3339
from emulator.core.errors import Refusal
from emulator.core.request import Request
from emulator.vendors.talonone.errors import BAD_PARAMETER, NOT_ALLOWED, Complaint, refusal

TRUE = ("true", "True", "TRUE", "t", "T", "1")
BOOLEANS = {
    **dict.fromkeys(TRUE, True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
"""What Go's strconv.ParseBool takes. Python clients before 26 send ``True``."""
TRIAL = {"dry": TRUE}
"""What makes a call store nothing."""
TRIAL_OF_PROFILE = {**TRIAL, "runRuleEngine": TRUE}
"""``dry`` of updateCustomerProfileV2 is documented to work with ``runRuleEngine`` only."""
Silent: TypeAlias = Literal["yes", "no"]
Flag: TypeAlias = Annotated[bool, Field(description="1, t, T, TRUE, true and True, and the opposites.")]
Dry: TypeAlias = Annotated[
    bool,
    Field(description="Flag to indicate whether to skip persisting the changes or not (will not persist if true)."),
]
SILENT: Mapping[str, Silent] = {"yes": "yes", "no": "no"}


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
        if value not in BOOLEANS:
            raise cls.bad(name, "type", f'Invalid type. Expected: boolean, given: "{value}"')
        return BOOLEANS[value]

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
    dry: Dry = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(*cls.flags(request, "dry"))


@dataclass(frozen=True, slots=True)
class SessionRun(_Parameters):
    """``dry`` and ``now`` of updateCustomerSessionV2. `now` is a moment ahead of the world's own, which only the
    endpoint knows."""

    status_code = False
    dry: Dry = False
    now: Annotated[str | None, Field(json_schema_extra={"format": "date-time"})] = None

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

    runRuleEngine: Flag = False
    dry: Dry = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        asked = cls(*cls.flags(request, "runRuleEngine", "dry"))
        if asked.dry and not asked.runRuleEngine:
            raise cls.needs("dry", "runRuleEngine=true")
        return asked


@dataclass(frozen=True, slots=True)
class EventRun(_Parameters):
    """``silent``, ``dry`` and ``forceCompleteEvaluation`` of trackEventV2."""

    silent: Silent = "yes"
    dry: Dry = False
    forceCompleteEvaluation: Flag = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        dry, force = cls.flags(request, "dry", "forceCompleteEvaluation")
        silent = SILENT.get(dict(request.query).get("silent", "yes"))
        if silent is None:
            raise cls.bad("silent", "enum", 'silent must be one of the following: "yes", "no"')
        if force and not dry:
            raise cls.needs("forceCompleteEvaluation", "dry=true")
        return cls(silent, dry, force)


@dataclass(frozen=True, slots=True)
class ReturnRun(_Parameters):
    """``dry`` and ``runRuleEngine`` of returnCartItems."""

    status_code = False
    dry: Dry = False
    runRuleEngine: Flag = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(*cls.flags(request, "dry", "runRuleEngine"))


@dataclass(frozen=True, slots=True)
class Parts(_Parameters):
    """The parts of an inventory; the first three since 2020."""

    profile: Flag = False
    referrals: Flag = False
    coupons: Flag = False
    loyalty: Flag = False
    giveaways: Flag = False
    achievements: Flag = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(*cls.flags(request, "profile", "referrals", "coupons", "loyalty", "giveaways", "achievements"))
