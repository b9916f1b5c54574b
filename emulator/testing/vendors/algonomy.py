"""The `algonomy` fixture."""

import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property

import httpx

from emulator.client import Json
from emulator.core.credentials import masked
from emulator.core.faults import unknown
from emulator.testing.vendors.document import Document
from emulator.testing.vendors.refusals import refusal
from emulator.testing.vendors.view import VendorView, segment

__tracebackhide__ = True
_SERVICE = "/profile-command/v1"
_ENVIRONMENTS = ("qa", "staging", "production")
"""Where integrators try things comes first, where their customers are comes last."""
_Flow = Generator[httpx.Request, httpx.Response, None]


class UserProfile(Document):
    """What is stored of a user: `attributes` and `history`, as the scenario or the site had them."""

    @property
    def attributes(self) -> Mapping[str, Json]:
        found: Mapping[str, Json] = self["attributes"]
        return found

    @property
    def history(self) -> list[Json]:
        found: list[Json] = self["history"]
        return found


class Algonomy(VendorView):
    """Algonomy's Profile Command API, of one environment: that of the credentials.

    The clients ask for a token at first need, keep it, and ask for another when they get a 401. Verbs raise
    `VendorRefused` where Algonomy refuses.
    """

    slug = "algonomy"

    # Credentials: those of the first client that may speak for a site, of qa if there is one

    @property
    def base_url(self) -> str:
        """Of the credentials' environment, without a slash at its end. Without credentials it is production's."""
        root, environment = super().base_url, self.environment
        return root if environment is None else f"{root}/{environment}"

    @property
    def _usual_url(self) -> str:
        """The gateway of the credentials' environment: ``https://qa-gateway.richrelevance.com``."""
        environment = self.environment or "production"
        return next(f"https://{host.pattern}" for host in self._vendor.hosts if host.realm == environment)

    @property
    def environment(self) -> str | None:
        """qa, staging or production; `None` where nothing tells it."""
        return None if self._chosen is None else self._chosen.get("environment")

    @property
    def client_id(self) -> str:
        """Raises `Unusable` where the scenario has no client."""
        return self._client["client_id"]

    @property
    def client_secret(self) -> str:
        """Raises `Unusable` where the scenario has no client."""
        return self._client["client_secret"]

    @property
    def site_id(self) -> str:
        """The apiKey of the first site that the client may speak for. Raises `Unusable` where there is none."""
        site = self._client["apiKey"].partition(",")[0]
        if not site:
            raise self._lacks("site", "algonomy.environments.qa.clients[].sites", "ALGONOMY_SITE_ID")
        return site

    @property
    def _chosen(self) -> Mapping[str, str] | None:
        """Clients without a site of their own can get a token, and nothing for it."""
        ranks = {environment: rank for rank, environment in enumerate(_ENVIRONMENTS)}
        ranked = sorted(self._taken, key=lambda one: (not one["apiKey"], ranks.get(one.get("environment", ""), -1)))
        return next(iter(ranked), None)

    @property
    def _client(self) -> Mapping[str, str]:
        if self._chosen is None:
            where = "algonomy.environments.qa.clients[]"
            raise self._lacks("client", where, "ALGONOMY_CLIENT_ID, ALGONOMY_CLIENT_SECRET and ALGONOMY_SITE_ID")
        return self._chosen

    def _shown_credential(self) -> str:
        return f"client {self.client_id}, secret {masked(self.client_secret)}"

    # Tokens

    def token(self) -> str:
        """A new bearer token: createToken. It lives for eight hours of the world's clock, as do those before it."""
        return _token_in(self._call("POST", f"{_SERVICE}/oauth2/token", data=self._grant(), auth=None))

    @cached_property
    def _purse(self) -> "_Purse":
        return _Purse()

    def _auth(self) -> httpx.Auth:
        return _Bearer(self._token_request, self._refused, self._purse, threading.Lock())

    def _async_auth(self) -> httpx.Auth:
        """Its tasks may each ask for a token: a lock that is held across an await would hold the event loop."""
        return _Bearer(self._token_request, self._refused, self._purse, nullcontext())

    def _grant(self) -> Mapping[str, str]:
        pair = {"client_id": self.client_id, "client_secret": self.client_secret}
        return {"grant_type": "client_credentials", **pair}

    def _token_request(self, timeout: Json) -> httpx.Request:
        url = f"{self.base_url}{_SERVICE}/oauth2/token"
        return httpx.Request("POST", url, data={**self._grant()}, extensions={"timeout": timeout})

    def _refused(self, response: httpx.Response) -> Exception:
        return refusal(self._venue, self.title, response)

    def renew(self) -> None:
        super().renew()
        self._purse.token = None

    # Opting out

    def opt_out(self, user_id: str, *, site_id: str | None = None, enable: bool = True) -> None:
        """Opt a user out, for good: optOut. What is stored of the user is removed, and no call brings it back.

        The API takes ``enable=False`` and changes nothing.
        """
        command = {"type": "optOut", "enableOptOut": enable}
        self._call("PUT", f"{_SERVICE}/{segment(site_id or self.site_id)}/optOut/{segment(user_id)}", json=command)

    def opted_out(self, *, site_id: str | None = None, environment: str | None = None) -> set[str]:
        """The ids of the users that are opted out now, of every site and environment unless one is named.

        From the emulator's state, because Algonomy has no call that would tell. Raises `NotHere` at the real one, and
        LookupError for a site or an environment that there is not.
        """
        state = self._state()
        _check("environment", environment, _ENVIRONMENTS)
        _check("site", site_id, {site["api_key"] for site in state["sites"]})
        return {row["user_id"] for row in state["opt_outs"] if _is_of(row, site_id, environment)}

    def is_opted_out(self, user_id: str, *, site_id: str | None = None, environment: str | None = None) -> bool:
        """Of any site and environment unless one is named. Raises as `opted_out` does."""
        return user_id in self.opted_out(site_id=site_id, environment=environment)

    def profile(self, user_id: str, *, site_id: str | None = None) -> UserProfile:
        """What is stored of a user in the clients' environment. Raises LookupError where nothing is, as of everybody
        who is opted out, and `NotHere` at the real Algonomy."""
        site = site_id or self.site_id
        for row in self._state()["profiles"]:
            if row["user_id"] == user_id and _is_of(row, site, self.environment):
                return UserProfile(row)
        raise LookupError(f"site {site!r} has no profile of {user_id!r}")


class _Purse:
    """The token that is in use."""

    token: str | None = None


class _Bearer(httpx.Auth):
    """No clock is asked whether a token is still good: the vendor says so, by a 401, and its clock is the world's."""

    requires_response_body = True

    def __init__(
        self,
        ask: Callable[[Json], httpx.Request],
        refused: Callable[[httpx.Response], Exception],
        purse: _Purse,
        one_at_a_time: AbstractContextManager[object],
    ) -> None:
        self._ask = ask
        self._refused = refused
        self._purse = purse
        self._one_at_a_time = one_at_a_time

    def auth_flow(self, request: httpx.Request) -> _Flow:
        if "Authorization" in request.headers:
            yield request
            return
        token = self._purse.token
        if token is None:
            token = yield from self._fresh(request, spent=None)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            token = yield from self._fresh(request, spent=token)
            request.headers["Authorization"] = f"Bearer {token}"
            yield request

    def _fresh(self, request: httpx.Request, spent: str | None) -> Generator[httpx.Request, httpx.Response, str]:
        """Another token than the spent one. Of several threads that need it one asks for it."""
        with self._one_at_a_time:
            kept = self._purse.token
            if kept is not None and kept != spent:
                return kept
            response = yield self._ask(request.extensions.get("timeout", {}))
            if response.is_error:
                raise self._refused(response)
            self._purse.token = fresh = _token_in(response)
            return fresh


def _token_in(response: httpx.Response) -> str:
    return str(response.json()["access_token"])


def _check(what: str, name: str | None, known: Iterable[str]) -> None:
    """Raises LookupError."""
    if name is not None and name not in known:
        raise LookupError(unknown(str(name), sorted(known), what))


def _is_of(row: Mapping[str, Json], site_id: str | None, environment: str | None) -> bool:
    return site_id in (None, row["api_key"]) and environment in (None, row["environment"])
