"""The wire of the profile search."""

from dataclasses import dataclass, field
from typing import Annotated, Any, NotRequired, Self, TypeAlias

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypedDict

from emulator.core.request import Request
from emulator.vendors.primedata.contract.bodies import ONE_OF_WHO, WHO, Identities, ProfileId, read_search, texts

Section: TypeAlias = Annotated[str, Field(json_schema_extra={"enum": ["trait", "ptrait", "identity"]})]


@dataclass(slots=True)
class ProfileSearch:
    """Profile API 1.1, request body. One of `profile_id` and `identities` is required.

    `tolerated`: some of it is not as documented.
    """

    profile_id: ProfileId = ""
    identities: Identities = field(default_factory=dict)
    type: Annotated[list[Section], Field(description="Sections to return")] = field(default_factory=list)
    include: Annotated[list[str], Field(description="Names to return, of whatever section")] = field(
        default_factory=list
    )
    tolerated: SkipJsonSchema[bool] = False

    __pydantic_config__ = ONE_OF_WHO
    _FIELDS = {**WHO, "type": texts, "include": texts}

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(**read_search(request, cls._FIELDS))


class Profile(TypedDict):
    """Profile API 1.1, response: an object, not a list. The section asked for as ptrait is answered as p_trait."""

    profile_id: str
    last_updated: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    identity: NotRequired[dict[str, list[str]]]
    trait: NotRequired[dict[str, Any]]  # Any: whatever JSON the workspace stored
    p_trait: NotRequired[dict[str, Any]]


class ProfileAnswer(TypedDict):
    data: Profile
