"""What goes over the wire, and how it is read.

The documented shapes are those of the vendor's page "Profile Command API". Its error bodies are, to the letter and to
the order of members, those of Kong's oauth2 plugin; how parameters are gathered is therefore Kong's way, too.
"""

import base64
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated, Any, ClassVar, Final, Literal, NotRequired, Self
from urllib.parse import parse_qsl

import orjson
from pydantic import Field
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field as Part
from python_multipart.multipart import File, parse_form
from typing_extensions import TypedDict

from emulator.core.clock import SECOND, Micros
from emulator.core.errors import Json
from emulator.core.request import Request
from emulator.core.section import Settings

PRODUCTION = "production"
ENVIRONMENTS = (PRODUCTION, "qa", "staging")

TOKEN_SECONDS: Final = 28_800
TOKEN_LIFE: Micros = TOKEN_SECONDS * SECOND
TOKEN_LENGTH = 32
UPDATES_PER_SECOND = 100

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
GATEWAY_JSON = "application/json; charset=utf-8"
_PAGE = "Profile Command API"

logging.getLogger("python_multipart").addHandler(logging.NullHandler())  # a broken body is no news for stderr


def whole_seconds(span: Micros) -> str:
    """As headers count them: rounded up, so that whoever waits that long has waited long enough."""
    return str(-(-span // SECOND))


class AlgonomySettings(Settings):
    """What the documents leave open."""

    updates_per_second: int = Field(
        default=UPDATES_PER_SECOND,
        ge=0,
        description="Calls per second, environment and client below /profile-command/v1/; 0 is unlimited.",
        json_schema_extra={"level": "documented", "source": f"{_PAGE}, Throttling of API requests"},
    )
    require_https: bool = Field(
        default=False,
        description="Refuse token requests that came neither over TLS nor with one X-Forwarded-Proto: https.",
        json_schema_extra={"source": "emulator's choice: it is mostly reached over plain HTTP, the vendor never"},
    )
    kong_token_leniencies: bool = Field(
        default=False,
        description="Take the access token in all the places where Kong finds one: after the scheme word `token`, "
        "without a scheme, or as access_token in query or body.",
        json_schema_extra={"level": "inferred", "source": f"{_PAGE}, which shows Authorization: Bearer and no other"},
    )
    refuse_enable_false: bool = Field(
        default=False, description="Answer enableOptOut false with 400 instead of 200 without effect."
    )
    require_json_content_type: bool = Field(
        default=False, description="Answer a command whose Content-Type is not application/json with 415."
    )
    client_credentials_grant: bool = Field(
        default=True,
        description="Whether the gateway offers the grant at all; without it every token request is refused.",
        json_schema_extra={"level": "documented", "source": f"{_PAGE}, Authentication to Algonomy Gateway"},
    )
    scopes: list[str] = Field(
        default=[],
        description="Scopes that the gateway knows; without any, the scope parameter is ignored.",
        json_schema_extra={"level": "inferred", "source": f"{_PAGE}, Creating Tokens, which names no scope"},
    )
    provision_key: str | None = Field(
        default=None,
        description="The key that must come with authenticated_userid; without one, none is right.",
        json_schema_extra={"level": "inferred", "source": "Kong 3.9 oauth2 plugin; no page names a key"},
    )


class TokenParameters(TypedDict):
    """Profile Command API, Creating Tokens: in the query string or in a form body. Instead of the pair, Kong takes
    Basic credentials; the other three are Kong's."""

    grant_type: Literal["client_credentials"]
    client_id: NotRequired[str]
    client_secret: NotRequired[str]
    state: NotRequired[str | list[str]]
    scope: NotRequired[str]
    authenticated_userid: NotRequired[str]
    provision_key: NotRequired[str]


class AccessToken(TypedDict):
    """Profile Command API, Creating Tokens, Sample Response. `state` only where the caller sent one."""

    token_type: Literal["bearer"]
    access_token: Annotated[str, Field(pattern=rf"^[A-Za-z0-9]{{{TOKEN_LENGTH}}}$")]
    expires_in: Literal[28_800]
    state: NotRequired[str | list[str]]


class OptOut(TypedDict):
    """Profile Command API, Updating Opt Out. The table types `enableOptOut` as String, the sample sends a boolean."""

    type: Literal["optOut"]
    enableOptOut: bool | Literal["true", "false"]


class Accepted(TypedDict):
    """Profile Command API, Updating Opt Out, Good Response: an object without members."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request for a token, gathered from query, body and Authorization header.

    Source: Kong 3.9 oauth2 plugin. Both credentials among the parameters win over the header, a lone one does not;
    `by_header` tells which it was, because a wrong secret is answered differently. What is not a string (a repeated
    parameter, a JSON number) is as good as absent.
    """

    bodies: ClassVar[Mapping[str, type]] = dict.fromkeys((FORM, JSON, MULTIPART), TokenParameters)
    needs_body: ClassVar[bool] = False

    parameters: Mapping[str, Json]
    client_id: str | None
    client_secret: str | None
    by_header: bool

    @classmethod
    def from_request(cls, request: Request) -> Self:
        parameters = read_parameters(request)
        if "client_id" in parameters and "client_secret" in parameters:
            pair = text(parameters["client_id"]), text(parameters["client_secret"])
            return cls(parameters, *pair, by_header=False)
        header = request.header("authorization")
        pair = (None, None) if header is None else _basic_pair(header)
        return cls(parameters, *pair, by_header=header is not None)

    @property
    def grant_type(self) -> str | None:
        return text(self.parameters.get("grant_type"))

    @property
    def state(self) -> str | list[str] | None:
        """What an answer echoes. A `state` of another kind can only come from a JSON body and is not echoed."""
        value = self.parameters.get("state")
        if isinstance(value, list):
            return value if all(isinstance(one, str) for one in value) else None
        return text(value)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it arrived. It is read only after its site has been found, so that a foreign site is told first."""

    bodies: ClassVar[Mapping[str, type]] = {JSON: OptOut}

    content: bytes
    media_type: str

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(request.body, request.media_type)


def text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def read_parameters(request: Request) -> dict[str, Json]:
    """Query and body in one; for a name in both, the body counts. A repeated parameter is a list.

    Source: Kong 3.9 oauth2 plugin and PDK. A body of another media type, or one that cannot be parsed, is ignored.
    """
    parameters = _collected(request.query)
    if request.body and request.method in ("POST", "PUT", "PATCH"):
        parameters.update(_read_body(request))
    return parameters


def _read_body(request: Request) -> Mapping[str, Json]:
    if request.media_type == FORM:
        return _collected(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if request.media_type == JSON:
        return _read_json(request.body)
    if request.media_type == MULTIPART:
        return _read_multipart(request.header("content-type") or "", request.body)
    return {}


def _read_json(body: bytes) -> Mapping[str, Json]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _read_multipart(content_type: str, body: bytes) -> Mapping[str, Json]:
    """Parts by name. A part with a file name counts like any other."""
    pairs: list[tuple[str, str]] = []

    def on_field(part: Part) -> None:
        pairs.append(((part.field_name or b"").decode("utf-8", "replace"), _decoded(part.value)))

    def on_file(part: File) -> None:
        part.file_object.seek(0)
        pairs.append(((part.field_name or b"").decode("utf-8", "replace"), _decoded(part.file_object.read())))

    try:
        parse_form({"Content-Type": content_type.encode("latin-1")}, BytesIO(body), on_field, on_file)
    except FormParserError:
        return {}
    return _collected(pairs)


def _decoded(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


def _collected(pairs: Iterable[tuple[str, str]]) -> dict[str, Json]:
    collected: dict[str, Any] = {}  # str, or list[str] for a repeated name
    for name, value in pairs:
        known = collected.get(name)
        if known is None:
            collected[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            collected[name] = [known, value]
    return collected


_BASIC = re.compile(r"[Bb]asic\s*(.+)", re.ASCII)


def _basic_pair(header: str) -> tuple[str | None, str | None]:
    """Client id and secret, not percent-decoded; the secret ends at a second colon, as in Kong up to 3.9."""
    found = _BASIC.search(header)
    decoded = _from_base64(found[1]) if found else None
    if decoded is None:
        return None, None
    client_id, *rest = decoded.split(":")
    return client_id, rest[0] if rest else None


def _from_base64(encoded: str) -> str | None:
    """As nginx decodes: padding may be missing, and what follows it is ignored."""
    digits = encoded.partition("=")[0]
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True).decode("utf-8", "replace")
    except ValueError:
        return None
