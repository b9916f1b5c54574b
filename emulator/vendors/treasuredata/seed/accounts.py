"""Who may call, and where their tokens lead: accounts with API keys, reactors, personalization services."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Literal, TypeAlias

import orjson
from pydantic import Field

from emulator.core.cors import is_origin
from emulator.core.section import Section, SectionError
from emulator.core.work import Work
from emulator.vendors.treasuredata.auth import allowed_networks
from emulator.vendors.treasuredata.seed.words import Id, Name, NumericId, TableName, refuse_repeated
from emulator.vendors.treasuredata.tables import ADD_API_KEY, ADD_REACTOR, ADD_TOKEN, FIND_CONFIGURATION

MOST_TOKENS = 50


class ApiKey(Section):
    value: Name = Field(description="The account's id, a slash, and 40 hex digits with the vendor.")
    type: Literal["master", "write", "write-only"] = Field(
        default="write-only", description="What kind it is; each of them may write events."
    )
    databases: list[TableName] | None = Field(default=None, description="Those it may write to; null is all.")


class Account(Section):
    id: NumericId = Field(description="The first part of its keys and tokens.")
    api_keys: list[ApiKey] = Field(default=[], description="What callers say after `Authorization: TD1`.")


class Reactor(Section):
    id: NumericId = Field(description="The second part of a token, its instance id.")
    parent_segment_id: Id = Field(description="The parent segment that it serves.")
    account: NumericId | None = Field(default=None, description="Needed only where there are several accounts.")


class Token(Section):
    id: Id | None = Field(default=None, description="For people.")
    name: Name = Field(description="For people.")
    value: str = Field(pattern=r"^[0-9a-fA-F]{32}$", description="The third part of the header WP13n-Token.")
    description: str | None = Field(default=None, description="For people.")
    allowedIps: list[str] = Field(default=[], description="Addresses and CIDR ranges it may come from; none is all.")
    allowed_origins: list[str] = Field(
        default=[], description="Origins whose pages may use a token of a public service; none is all."
    )
    state: Literal["active", "pending"] = Field(
        default="active", description="A pending one is not deployed yet: 2015."
    )


class PersonalizationService(Section):
    name: Name = Field(description="For people.")
    description: str | None = Field(default=None, description="For people.")
    public: bool = Field(default=False, description="Whether its tokens are for pages, or else for servers.")
    reactor: NumericId = Field(description="Id of the reactor that its tokens lead to.")
    account: NumericId | None = Field(default=None, description="Needed only where several accounts have that reactor.")
    tokens: list[Token] = Field(
        default=[], description=f"{MOST_TOKENS} at most.", json_schema_extra={"maxItems": MOST_TOKENS}
    )


Accounts: TypeAlias = Sequence[tuple[str, Account]]
"""With their paths."""


def all_accounts(one: Account | None, several: Sequence[Account]) -> Accounts:
    if one is not None and several:
        raise SectionError("accounts", "there is an account already: say account or accounts, not both")
    if one is not None:
        return [("account", one)]
    return [(f"accounts[{index}]", account) for index, account in enumerate(several)]


def plant_accounts(work: Work, accounts: Accounts, region: str | None) -> None:
    refuse_repeated(((account.id, f"{path}.id") for path, account in accounts), "an account")
    keys = [
        (account.id, key, f"{path}.api_keys[{index}].value")
        for path, account in accounts
        for index, key in enumerate(account.api_keys)
    ]
    refuse_repeated(((key.value, path) for _, key, path in keys), "an API key")
    for account, key, path in keys:
        if not key.value.startswith(f"{account}/"):
            raise SectionError(path, f"must start with its account, {account}/, found {key.value!r}")
        work.db.run(
            ADD_API_KEY,
            value=key.value,
            account=account,
            region=region,
            type=key.type,
            databases=None if key.databases is None else orjson.dumps(key.databases).decode(),
        )


def plant_reactors(work: Work, reactors: Sequence[Reactor], accounts: Accounts, segments: Sequence[str]) -> None:
    places = [(_account_of(one, accounts, f"reactors[{index}]"), one.id) for index, one in enumerate(reactors)]
    refuse_repeated(((place, f"reactors[{index}].id") for index, place in enumerate(places)), "a reactor")
    for index, ((account, _), reactor) in enumerate(zip(places, reactors, strict=True)):
        if reactor.parent_segment_id not in segments:
            raise SectionError(
                f"reactors[{index}].parent_segment_id",
                f"there is no parent segment {reactor.parent_segment_id!r}; there are: {', '.join(segments) or 'none'}",
            )
        work.db.run(
            ADD_REACTOR,
            account=account,
            id=reactor.id,
            parent_segment=reactor.parent_segment_id,
            deployment=_deployment(work, reactor.parent_segment_id),
        )


def _deployment(work: Work, parent_segment: str) -> str:
    row = work.db.one(FIND_CONFIGURATION, parent_segment=parent_segment)
    if row is None:
        raise LookupError(f"parent segment {parent_segment} is not planted yet")
    return sha256(row["configuration"].encode()).hexdigest()


def _account_of(reactor: Reactor, accounts: Accounts, path: str) -> str:
    ids = [account.id for _, account in accounts]
    wanted = reactor.account or (ids[0] if len(ids) == 1 else None)
    if wanted is None:
        raise SectionError(f"{path}.account", f"say whose reactor it is; there are accounts {', '.join(ids) or 'none'}")
    if wanted not in ids:
        raise SectionError(f"{path}.account", f"there is no account {wanted!r}; there are: {', '.join(ids) or 'none'}")
    return wanted


def plant_services(
    work: Work, services: Sequence[PersonalizationService], reactors: Sequence[Reactor], accounts: Accounts
) -> None:
    tokens = [
        (token.value.lower(), f"personalization_services[{index}].tokens[{number}].value")
        for index, service in enumerate(services)
        for number, token in enumerate(service.tokens)
    ]
    refuse_repeated(tokens, "a token")
    owners = [(_account_of(one, accounts, f"reactors[{index}]"), one.id) for index, one in enumerate(reactors)]
    for index, service in enumerate(services):
        path = f"personalization_services[{index}]"
        if len(service.tokens) > MOST_TOKENS:
            raise SectionError(
                f"{path}.tokens", f"has {len(service.tokens)} tokens; a service has at most {MOST_TOKENS}"
            )
        account = _owner(service, owners, path)
        for number, token in enumerate(service.tokens):
            _plant_token(work, account, service, token, f"{path}.tokens[{number}]")


def _owner(service: PersonalizationService, owners: Sequence[tuple[str, str]], path: str) -> str:
    found = [account for account, reactor in owners if reactor == service.reactor]
    if service.account is not None:
        found = [account for account in found if account == service.account]
    if not found:
        known = ", ".join(reactor for _, reactor in owners) or "none"
        raise SectionError(f"{path}.reactor", f"there is no reactor {service.reactor!r}; there are: {known}")
    if len(found) > 1:
        raise SectionError(f"{path}.account", f"say whose reactor {service.reactor} it is: of {' or '.join(found)}")
    return found[0]


def _plant_token(work: Work, account: str, service: PersonalizationService, token: Token, path: str) -> None:
    allowed = orjson.dumps(token.allowedIps).decode()
    try:
        allowed_networks(allowed)
    except ValueError as error:
        raise SectionError(f"{path}.allowedIps", f"must be addresses or CIDR ranges: {error}") from None
    _check_origins(service, token, f"{path}.allowed_origins")
    work.db.run(
        ADD_TOKEN,
        value=token.value.lower(),
        account=account,
        reactor=service.reactor,
        service=service.name,
        name=token.name,
        public=int(service.public),
        allowed_ips=allowed,
        allowed_origins=orjson.dumps([origin.lower() for origin in token.allowed_origins]).decode(),
        deployed=int(token.state == "active"),
    )


def _check_origins(service: PersonalizationService, token: Token, path: str) -> None:
    if token.allowed_origins and not service.public:
        raise SectionError(path, "only a token of a public service is used by pages: leave the key out")
    for index, origin in enumerate(token.allowed_origins):
        if not is_origin(origin):
            raise SectionError(f"{path}[{index}]", f"{origin!r} is no origin such as https://shop.example")
