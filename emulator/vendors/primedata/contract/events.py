"""The wire of the event search."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Self, TypeAlias

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypedDict

from emulator.core.request import Request
from emulator.vendors.primedata.contract.bodies import (
    ONE_OF_WHO,
    WHO,
    Identities,
    ProfileId,
    java_text,
    read_search,
    text,
    texts,
    whole,
)


@dataclass(slots=True)
class EventSearch:
    """Profile API 1.2, request body. One of `profile_id` and `identities` is required.

    `tolerated`: some of it is not as documented.
    """

    profile_id: ProfileId = ""
    identities: Identities = field(default_factory=dict)
    start: Annotated[str | None, Field(description="ISO 8601; events after it. From the earliest event")] = None
    end: Annotated[str | None, Field(description="ISO 8601; events before it. Up to now")] = None
    include: Annotated[list[str], Field(description="Names of events, all known to the workspace")] = field(
        default_factory=list
    )
    sort: Annotated[
        str | None, Field(description="By time_stamp", json_schema_extra={"enum": ["asc", "desc", None]})
    ] = None
    limit: Annotated[int, Field(description="Events to return", ge=1, le=100)] = 25
    cursor: Annotated[str | None, Field(description="next of the answer before")] = None
    tolerated: SkipJsonSchema[bool] = False

    __pydantic_config__ = ONE_OF_WHO
    _FIELDS = {
        **WHO, "start": java_text, "end": java_text, "include": texts, "sort": text, "limit": whole,
        "cursor": text,
    }  # fmt: skip

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(**read_search(request, cls._FIELDS))


Stamp: TypeAlias = Annotated[str, Field(pattern=r"^\d{4}[:-]\d\d[:-]\d\dT\d\d:\d\d:\d\dZ$")]
"""With colons in the date, or as ISO 8601 by a setting."""


class Event(TypedDict):
    """Profile API 1.2, response, in the sample's order of members."""

    properties: dict[str, Any]  # Any: whatever JSON the workspace stored
    id: str
    profile_id: str
    event_name: str
    time_stamp: Stamp
    sent_at: Stamp
    input_schema_version: str


class Cursor(TypedDict):
    has_more: bool
    next: str


class EventsAnswer(TypedDict):
    """The sample has cursor within data, where JSON allows no member; Segment's answer has them side by side."""

    data: list[Event]
    cursor: Cursor
