"""Where a token leads, and to whom: its account, its reactor, its kind, and whether it is deployed."""

from emulator.core.checks import Case, Check, Draft
from emulator.vendors.treasuredata.checks.keys import key_of
from emulator.vendors.treasuredata.checks.places import place_of
from emulator.vendors.treasuredata.checks.tokens import HEADER, named, parts_of, substitute, token_of, written
from emulator.vendors.treasuredata.contract import PUBLIC
from emulator.vendors.treasuredata.errors import ACCOUNT_CONFLICT, REACTOR_CONFLICT, TOKEN_NOT_DEPLOYED, TOKEN_TYPE
from emulator.vendors.treasuredata.tables import LIST_API_KEYS

# account and reactor --------------------------------------------------------------------------------------------------


def _accounts(case: Case) -> str:
    key, parts = key_of(case), parts_of(case)
    return f"account {key['account'] if key else '?'} of the key, account {parts[0] if parts else '?'} in WP13n-Token"


def _account_cause(case: Case) -> str | None:
    key, token, parts = key_of(case), token_of(case), parts_of(case)
    if key is None or token is None or parts is None:
        return None
    if token["account"] == key["account"]:
        return (
            f"Key and token are both of account {key['account']}, but WP13n-Token begins with {parts[0]}: write "
            f"{key['account']}/{token['reactor']}/ before the token."
        )
    return (
        f"The token is of account {token['account']}, and the API key is of account {key['account']}: both must be of "
        "one account."
    )


def _mend_account(case: Case, draft: Draft) -> None:
    """A token of the key's account, where there is one; or else a key of the token's account."""
    key, token = key_of(case), token_of(case)
    if key is None or token is None:
        return
    if token["account"] != key["account"]:
        other = substitute(case, public=draft.path.startswith(PUBLIC))
        token = other if other is not None and other["account"] == key["account"] else token
    draft.set_header(HEADER, written(token))
    if token["account"] != key["account"]:
        keys = [one for one in case.work.db.all(LIST_API_KEYS) if one["account"] == token["account"]]
        if keys:
            draft.set_header("Authorization", f"TD1 {keys[0]['value']}")


ACCOUNTS = Check(
    name="accounts of key and token",
    expects="the same account in WP13n-Token as that of the API key",
    failures=(ACCOUNT_CONFLICT,),
    got=_accounts,
    cause=_account_cause,
    mend=_mend_account,
)


def _reactor(case: Case) -> str:
    parts = parts_of(case)
    return f"account {parts[0]}, instance {parts[1]}" if parts else "no token"


def _reactor_cause(case: Case) -> str | None:
    token, parts = token_of(case), parts_of(case)
    if token is None or parts is None:
        return None
    if parts[0] != token["account"]:
        return (
            f"The token is of account {token['account']}, and account {parts[0]} stands before it, which is the API "
            "key's: key and token must be of one account."
        )
    return f"The token is for instance {token['reactor']}, and WP13n-Token says instance {parts[1]}."


def _mend_reactor(case: Case, draft: Draft) -> None:
    token, key = token_of(case), key_of(case)
    if token is not None and key is not None and token["account"] != key["account"]:
        _mend_account(case, draft)
    elif token is not None:
        draft.set_header(HEADER, written(token))


REACTOR = Check(
    name="token's instance",
    expects="the account and the instance that the token was made for",
    failures=(REACTOR_CONFLICT,),
    got=_reactor,
    cause=_reactor_cause,
    mend=_mend_reactor,
)


# its kind, and whether it is deployed ---------------------------------------------------------------------------------


def _kind(case: Case) -> str:
    token = token_of(case)
    return f"{named(token)} on {case.request.path}" if token is not None else "no token"


def _kind_cause(case: Case) -> str | None:
    token = token_of(case)
    if token is None:
        return None
    database, table = place_of(case)
    name = f"The token {token['name']} of {token['service']}"
    if token["public"]:
        return (
            f"{name} is public, and the call went to the servers' path: pages call /public/{database}/{table}, and "
            "servers use a token of a private service."
        )
    return (
        f"{name} is private, and the call went to the pages' path: servers call /{database}/{table}, and pages use a "
        "token of a public service."
    )


def _mend_kind(case: Case, draft: Draft) -> None:
    """A call with an Origin is a page's, any other a server's: the token is exchanged where the path is right for
    that, and the path where the token is."""
    token = token_of(case)
    if token is None:
        return
    on_public = draft.path.startswith(PUBLIC)
    is_page = bool(case.request.all_headers("origin"))
    other = substitute(case, public=on_public, anywhere=False) if on_public == is_page else None
    if other is not None:
        draft.set_header(HEADER, written(other))
    else:
        draft.path = draft.path.removeprefix(PUBLIC[:-1]) if on_public else PUBLIC[:-1] + draft.path


KIND = Check(
    name="kind of token",
    expects="a token of a public service on /public, and of a private one elsewhere",
    failures=(TOKEN_TYPE,),
    got=_kind,
    cause=_kind_cause,
    mend=_mend_kind,
)


def _deployment(case: Case) -> str:
    token = token_of(case)
    return f"{named(token)}, {'deployed' if token['deployed'] else 'not deployed'}" if token is not None else "no token"


def _deployment_cause(case: Case) -> str | None:
    token = token_of(case)
    if token is None or token["deployed"]:
        return None
    return (
        f"The token {token['name']} of {token['service']} is pending: its reactor has not been deployed since it was "
        "made; the event is stored all the same."
    )


def _mend_deployment(case: Case, draft: Draft) -> None:
    other = substitute(case, public=draft.path.startswith(PUBLIC))
    if other is not None:
        draft.set_header(HEADER, written(other))


DEPLOYED = Check(
    name="token's deployment",
    expects="a token that the reactor has been deployed with",
    failures=(TOKEN_NOT_DEPLOYED,),
    got=_deployment,
    cause=_deployment_cause,
    mend=_mend_deployment,
)
