"""Query parameters that read themselves."""

from dataclasses import dataclass
from typing import Self

from emulator.core.errors import Misuse
from emulator.core.request import Request
from emulator.vendors.talonone.errors import BAD_PARAMETER, Complaint, refusal

_BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
"""What Go's strconv.ParseBool takes. Python clients before 26 send ``True``."""


def _flag(request: Request, name: str, *, status_code: bool) -> bool:
    value = dict(request.query).get(name, "false")
    if value not in _BOOLEANS:
        details = f'Invalid type. Expected: boolean, given: "{value}"'
        complaint = Complaint(BAD_PARAMETER, "type", details, {"parameter": name})
        raise refusal([complaint], status_code=status_code)
    return _BOOLEANS[value]


@dataclass(frozen=True, slots=True)
class DryRun:
    """``dry`` of updateCustomerSessionV2: evaluate and answer, store nothing."""

    dry: bool = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(_flag(request, "dry", status_code=False))


@dataclass(frozen=True, slots=True)
class RuleEngineRun:
    """``runRuleEngine`` and ``dry`` of updateCustomerProfileV2, which came with 4.2: rules are not run for profiles
    yet, and storing what was meant as a dry run would be worse than to say so."""

    runRuleEngine: bool = False
    dry: bool = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        asked = cls(*(_flag(request, name, status_code=True) for name in ("runRuleEngine", "dry")))
        if asked.runRuleEngine or asked.dry:
            raise Misuse(
                501,
                "Not emulated",
                "the emulator does not run rules for profile updates yet; leave out runRuleEngine and dry, and the "
                "profile is stored without",
            )
        return asked
