"""Issuing tokens, and opting users out for good."""

from collections.abc import Mapping

import orjson

from emulator.core.errors import Json
from emulator.core.work import Work
from emulator.vendors.algonomy.auth import Client, environment_of
from emulator.vendors.algonomy.contract import (
    FORM,
    JSON,
    TOKEN_LENGTH,
    TOKEN_SECONDS,
    AccessToken,
    AlgonomySettings,
    Command,
    TokenRequest,
    text,
)
from emulator.vendors.algonomy.errors import (
    ANY_MEDIA_TYPE,
    BODY_UNREADABLE,
    ENABLE_FALSE,
    ENABLE_INVALID,
    ENABLE_SPELLING,
    FORWARDED_PROTO_REPEATED,
    HTTPS_REQUIRED,
    INVALID_CLIENT,
    INVALID_CLIENT_BASIC,
    INVALID_CODE,
    INVALID_PROVISION_KEY,
    INVALID_REFRESH_TOKEN,
    INVALID_SCOPE,
    KONG,
    MEDIA_TYPE_UNSUPPORTED,
    MORE_THAN_ASKED,
    OPT_IN_REFUSED,
    REPEATED,
    SCOPE_NOT_TEXT,
    SITE_FOREIGN,
    SITE_UNKNOWN,
    TYPE_UNSUPPORTED,
    UNSEEN_USER,
    UNSUPPORTED_GRANT_TYPE,
    token_refusal,
)
from emulator.vendors.algonomy.tables import (
    ADD_TOKEN,
    FIND_CLIENT,
    FIND_GRANT,
    FIND_OPT_OUT,
    FIND_SITE,
    OPT_OUT,
    REMOVE_PROFILE,
    STORE_PROFILE,
)

_UTF8_MARK = b"\xef\xbb\xbf"
_PARAMETERS = {"grant_type", "client_id", "client_secret"}
_MEMBERS = {"type", "enableOptOut"}
_TEXTS = {"true": True, "false": False}

# tokens ---------------------------------------------------------------------------------------------------------------


def issue_token(work: Work, asked: TokenRequest) -> AccessToken:
    """A new token with every call; earlier ones stay valid until their own end."""
    _note_sources(work, asked)
    _check_transport(work, asked)
    is_known = _check_client(work, asked)
    _check_grant(work.settings, asked, is_known=is_known)
    token = work.token(TOKEN_LENGTH)
    work.db.run(
        ADD_TOKEN,
        environment=environment_of(work),
        access_token=token,
        client_id=asked.client_id,
        created_at=work.now,
    )
    issued: AccessToken = {"token_type": "bearer", "access_token": token, "expires_in": TOKEN_SECONDS}
    if asked.state is not None:
        issued["state"] = asked.state
    return issued


def _check_transport(work: Work, asked: TokenRequest) -> None:
    """The gateway demands TLS here and nowhere else. Off by default: the emulator is mostly reached over plain HTTP.

    Several X-Forwarded-Proto are told first: a server in front may have taken the request's scheme from the last one.
    """
    if not work.settings.require_https:
        return
    said = work.request.all_headers("x-forwarded-proto")
    if len(said) > 1 or "," in "".join(said):
        raise token_refusal(FORWARDED_PROTO_REPEATED, asked.state)
    if work.request.scheme != "https" and (not said or said[0].lower() != "https"):
        raise token_refusal(HTTPS_REQUIRED, asked.state)


def _check_client(work: Work, asked: TokenRequest) -> bool:
    """Whether the client is known. A wrong secret is refused here, before the grant is looked at; so is an unknown
    client, except that for client_credentials Kong notices it later and answers 400 even to a header.

    Kong also refuses the other grants to a client that has no redirect URI registered. Since the vendor documents
    unsupported_grant_type, which only a client with one can get, all clients are taken to have the one they send.
    """
    known = None
    if asked.client_id:
        known = work.db.one(FIND_CLIENT, environment=environment_of(work), client_id=asked.client_id)
    if known is None:
        passes = asked.grant_type == "client_credentials"
    else:
        passes = known["client_secret"] == asked.client_secret
    if not passes:
        raise token_refusal(INVALID_CLIENT_BASIC if asked.by_header else INVALID_CLIENT, asked.state)
    return known is not None


def _check_grant(settings: AlgonomySettings, asked: TokenRequest, *, is_known: bool) -> None:
    match asked.grant_type:
        case "client_credentials" if settings.client_credentials_grant:
            _check_provision_key(settings, asked)
            if not is_known:
                raise token_refusal(INVALID_CLIENT, asked.state)
            _check_scope(settings, asked)
        case "authorization_code":
            raise token_refusal(INVALID_CODE, asked.state)
        case "refresh_token":
            raise token_refusal(INVALID_REFRESH_TOKEN, asked.state)
        case _:
            raise token_refusal(UNSUPPORTED_GRANT_TYPE, asked.state)


def _check_provision_key(settings: AlgonomySettings, asked: TokenRequest) -> None:
    """Only whoever speaks for a user needs the key."""
    key = asked.parameters.get("provision_key")
    if "authenticated_userid" in asked.parameters and (key is None or key != settings.provision_key):
        raise token_refusal(INVALID_PROVISION_KEY, asked.state)


def _check_scope(settings: AlgonomySettings, asked: TokenRequest) -> None:
    if not settings.scopes or "scope" not in asked.parameters:
        return
    scope = text(asked.parameters["scope"])
    if scope is None:
        raise token_refusal(SCOPE_NOT_TEXT, asked.state)
    for word in scope.split():
        if word not in settings.scopes:
            raise token_refusal(INVALID_SCOPE, asked.state, scope=word)


def _note_sources(work: Work, asked: TokenRequest) -> None:
    """Documented are three parameters, in the query string or in a form; whatever else comes is read as Kong does."""
    request = work.request
    beside = request.body and (request.media_type != FORM or request.query_string)
    if beside or request.header("authorization") is not None or asked.parameters.keys() - _PARAMETERS:
        work.rely(KONG)


# opting out -----------------------------------------------------------------------------------------------------------


def opt_out(work: Work, client: Client, api_key: str, user_id: str, command: Command) -> None:
    """Remove what is stored about the user, and refuse whatever comes later. There is no way back.

    Done at once; the vendor says nothing of a delay.
    """
    settings: AlgonomySettings = work.settings
    _check_site(work, client, api_key)
    if command.media_type != JSON:
        if settings.require_json_content_type:
            raise MEDIA_TYPE_UNSUPPORTED()
        work.rely(ANY_MEDIA_TYPE)
    if not _is_enabled(work, _read(work, command), settings):
        work.rely(ENABLE_FALSE)
        return
    row = work.db.one(
        OPT_OUT,
        environment=client.environment,
        api_key=api_key,
        user_id=user_id,
        opted_out_at=work.now,
        repeats=0,
    )
    if row is not None and row["repeats"] > 0:
        work.rely(REPEATED)
        return
    removed = work.db.run(REMOVE_PROFILE, environment=client.environment, api_key=api_key, user_id=user_id)
    if not removed:
        work.rely(UNSEEN_USER)


def _check_site(work: Work, client: Client, api_key: str) -> None:
    if work.db.one(FIND_GRANT, environment=client.environment, client_id=client.client_id, api_key=api_key) is None:
        known = work.db.one(FIND_SITE, environment=client.environment, api_key=api_key)
        raise SITE_UNKNOWN() if known is None else SITE_FOREIGN()


def _read(work: Work, command: Command) -> Mapping[str, Json]:
    try:
        members = orjson.loads(command.content.removeprefix(_UTF8_MARK))
    except orjson.JSONDecodeError:
        raise BODY_UNREADABLE() from None
    if not isinstance(members, dict):
        raise BODY_UNREADABLE()
    if members.keys() - _MEMBERS or command.content.startswith(_UTF8_MARK):
        work.rely(MORE_THAN_ASKED)
    return members


def _is_enabled(work: Work, members: Mapping[str, Json], settings: AlgonomySettings) -> bool:
    """Whether the command opts out. The page types the member as String and sends a boolean: both count."""
    if members.get("type") != "optOut":
        raise TYPE_UNSUPPORTED()
    said = members.get("enableOptOut")
    if isinstance(said, str):
        if said not in _TEXTS and said.lower() in _TEXTS:
            work.rely(ENABLE_SPELLING)
        said = _TEXTS.get(said.lower())
    if not isinstance(said, bool):
        raise ENABLE_INVALID()
    if not said and settings.refuse_enable_false:
        raise OPT_IN_REFUSED()
    return said


# profiles -------------------------------------------------------------------------------------------------------------


def store_profile(work: Work, environment: str, api_key: str, user_id: str, *, attributes: str, history: str) -> bool:
    """Keep a user's attributes and history (JSON texts). False for an opted-out user, of whom nothing is stored."""
    if work.db.one(FIND_OPT_OUT, environment=environment, api_key=api_key, user_id=user_id) is not None:
        return False
    work.db.run(
        STORE_PROFILE,
        environment=environment,
        api_key=api_key,
        user_id=user_id,
        attributes=attributes,
        history=history,
        stored_at=work.now,
    )
    return True
