"""The vendor's section of a scenario: per environment its sites, clients, profiles and opt-outs."""

from collections.abc import Collection
from typing import Annotated, TypeAlias

import orjson
from pydantic import Field

from emulator.core.errors import Json
from emulator.core.faults import unknown
from emulator.core.section import Moment, Section, SectionError
from emulator.core.work import Work
from emulator.vendors.algonomy.contract import ENVIRONMENTS, AlgonomySettings
from emulator.vendors.algonomy.service import store_profile
from emulator.vendors.algonomy.tables import ADD_CLIENT, ADD_GRANT, ADD_SITE, ADD_TOKEN, OPT_OUT

Name: TypeAlias = Annotated[str, Field(min_length=1)]


class ClientSeed(Section):
    """Credentials, and the sites (apiKeys) that they are for."""

    client_id: Name
    client_secret: Name
    sites: list[Name] = []


class ProfileSeed(Section):
    """What the user profile service has stored about a user."""

    site: str
    user_id: Name
    attributes: dict[str, Json] = {}
    history: list[dict[str, Json]] = []


class OptedOutSeed(Section):
    site: str
    user_id: Name
    at: Moment = "-1d"


class TokenSeed(Section):
    """A token that somebody holds already: valid for 28,800 seconds from `issued`."""

    access_token: str = Field(pattern=r"^[!-~]+$")
    client_id: str
    issued: Moment = "-0s"


class EnvironmentSeed(Section):
    sites: list[Name] = []
    clients: list[ClientSeed] = []
    profiles: list[ProfileSeed] = []
    opted_out: list[OptedOutSeed] = []
    tokens: list[TokenSeed] = []


class EnvironmentsSeed(Section):
    production: EnvironmentSeed = EnvironmentSeed()
    qa: EnvironmentSeed = EnvironmentSeed()
    staging: EnvironmentSeed = EnvironmentSeed()


class AlgonomySection(Section):
    settings: AlgonomySettings = AlgonomySettings()
    environments: EnvironmentsSeed = EnvironmentsSeed()


def plant(work: Work, section: AlgonomySection) -> None:
    for name in ENVIRONMENTS:
        _Planting(work, name, getattr(section.environments, name)).run()


class _Planting:
    """One environment being planted; every complaint names the key below ``environments``."""

    def __init__(self, work: Work, environment: str, seed: EnvironmentSeed) -> None:
        self.work = work
        self.environment = environment
        self.seed = seed

    def run(self) -> None:
        self._sites()
        self._clients()
        self._tokens()
        self._opt_outs()
        self._profiles()

    def _sites(self) -> None:
        self._unique("sites", self.seed.sites)
        rows = ({"environment": self.environment, "api_key": site} for site in self.seed.sites)
        self.work.db.many(ADD_SITE, rows)

    def _clients(self) -> None:
        self._unique("clients", [client.client_id for client in self.seed.clients], ".client_id")
        for index, client in enumerate(self.seed.clients):
            self._unique(f"clients[{index}].sites", client.sites)
            who = {"environment": self.environment, "client_id": client.client_id}
            self.work.db.run(ADD_CLIENT, **who, client_secret=client.client_secret)
            for number, site in enumerate(client.sites):
                self._known(f"clients[{index}].sites[{number}]", site, self.seed.sites, "site")
                self.work.db.run(ADD_GRANT, **who, api_key=site)

    def _tokens(self) -> None:
        self._unique("tokens", [token.access_token for token in self.seed.tokens], ".access_token")
        clients = [client.client_id for client in self.seed.clients]
        for index, token in enumerate(self.seed.tokens):
            self._known(f"tokens[{index}].client_id", token.client_id, clients, "client")
            self.work.db.run(
                ADD_TOKEN,
                environment=self.environment,
                access_token=token.access_token,
                client_id=token.client_id,
                created_at=self._moment(f"tokens[{index}].issued", token.issued),
            )

    def _opt_outs(self) -> None:
        self._unique("opted_out", [(one.site, one.user_id) for one in self.seed.opted_out], ".user_id")
        for index, one in enumerate(self.seed.opted_out):
            self._known(f"opted_out[{index}].site", one.site, self.seed.sites, "site")
            self.work.db.run(
                OPT_OUT,
                environment=self.environment,
                api_key=one.site,
                user_id=one.user_id,
                opted_out_at=self._moment(f"opted_out[{index}].at", one.at),
                repeats=0,
            )

    def _profiles(self) -> None:
        """The profile of an opted-out user is left out, as the vendor would: so a scenario can extend another that
        lists the profile, and only say that the user is opted out by now."""
        self._unique("profiles", [(one.site, one.user_id) for one in self.seed.profiles], ".user_id")
        for index, one in enumerate(self.seed.profiles):
            self._known(f"profiles[{index}].site", one.site, self.seed.sites, "site")
            store_profile(
                self.work,
                self.environment,
                one.site,
                one.user_id,
                attributes=self._json(f"profiles[{index}].attributes", one.attributes),
                history=self._json(f"profiles[{index}].history", one.history),
            )

    def _unique(self, path: str, keys: Collection[str | tuple[str, str]], member: str = "") -> None:
        seen: set[str | tuple[str, str]] = set()
        for index, key in enumerate(keys):
            if key in seen:
                what = f"{key[1]!r} of site {key[0]!r}" if isinstance(key, tuple) else repr(key)
                raise self._error(f"{path}[{index}]{member}", f"{what} is listed twice")
            seen.add(key)

    def _known(self, path: str, name: str, names: Collection[str], noun: str) -> None:
        if name not in names:
            raise self._error(path, unknown(name, names, f"{noun} of environment {self.environment}"))

    def _moment(self, path: str, said: str) -> int:
        try:
            return self.work.moment(said)
        except ValueError as error:
            raise self._error(path, str(error)) from None

    def _json(self, path: str, value: Json) -> str:
        try:
            return orjson.dumps(value).decode()
        except TypeError as error:
            raise self._error(path, f"cannot be kept as JSON: {error}") from None

    def _error(self, path: str, message: str) -> SectionError:
        return SectionError(f"environments.{self.environment}.{path}", message)
