"""Query parameters that read themselves."""

from dataclasses import dataclass
from typing import Self

from emulator.core.request import Request
from emulator.vendors.talonone.errors import BAD_PARAMETER, Complaint, refusal

_BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
"""What Go's strconv.ParseBool takes. Python clients before 26 send ``True``."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """``dry`` of updateCustomerSessionV2: evaluate and answer, store nothing."""

    dry: bool

    @classmethod
    def from_request(cls, request: Request) -> Self:
        value = dict(request.query).get("dry", "false")
        if value not in _BOOLEANS:
            details = f'Invalid type. Expected: boolean, given: "{value}"'
            complaint = Complaint(BAD_PARAMETER, "type", details, {"parameter": "dry"})
            raise refusal([complaint], status_code=False)
        return cls(_BOOLEANS[value])
