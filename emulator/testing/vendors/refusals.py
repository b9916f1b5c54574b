"""When a verb of a vendor's fixture is refused.

Exception
└── VendorRefused       the vendor says no: `status`, `body`, and why
    └── NotFound        404; a LookupError, too
"""

from contextlib import suppress
from typing import Self

import httpx

from emulator.client import EmulatorError, Json
from emulator.testing.errors import NotHere
from emulator.testing.venues import Venue

_MOST_SHOWN = 400


class VendorRefused(Exception):
    """A vendor answered a verb with 400 or more.

    `status` is the HTTP status and `body` what came with it: JSON as Python has it, else text. `cause` is the
    emulator's explanation in a sentence, `None` at the real vendor. `response` is the answer as httpx has it.
    """

    def __init__(self, title: str, response: httpx.Response, cause: str | None) -> None:
        self.response = response
        self.status = response.status_code
        self.body = _body(response)
        self.cause = cause
        request = response.request
        said = response.text if len(response.text) <= _MOST_SHOWN else f"{response.text[:_MOST_SHOWN]}…"
        sentence = f"{title} answers {self.status} to {request.method} {request.url.raw_path.decode('ascii')}"
        super().__init__("\n".join([sentence, *([cause] if cause else []), *([said] if said else [])]))

    @classmethod
    def of(cls, venue: Venue, title: str, response: httpx.Response) -> Self:
        return cls(title, response, _cause(venue, response))


class NotFound(VendorRefused, LookupError):
    """The vendor knows nothing of that name: 404."""


def refusal(venue: Venue, title: str, response: httpx.Response) -> VendorRefused:
    """`response` must have been read."""
    kind = NotFound if response.status_code == httpx.codes.NOT_FOUND else VendorRefused
    return kind.of(venue, title, response)


def _body(response: httpx.Response) -> Json:
    try:
        return response.json()
    except ValueError:
        return response.text


def _cause(venue: Venue, response: httpx.Response) -> str | None:
    """None of a real vendor's answer, of one without emulator headers, and of one that the journal has dropped."""
    number = response.headers.get("x-emulator-request-id")
    if number is not None:
        with suppress(NotHere, EmulatorError):
            cause: str | None = venue.control.explain(number)["cause"]
            return cause
    return None
