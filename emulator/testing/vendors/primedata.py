"""The `primedata` fixture."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import Literal

import httpx

from emulator.client import Json
from emulator.core.clock import machine_now, to_datetime
from emulator.core.credentials import masked
from emulator.core.faults import unknown
from emulator.testing.clock import Clock, written
from emulator.testing.errors import NotHere
from emulator.testing.vendors.document import Document
from emulator.testing.vendors.view import Admission, VendorView, header_value

__tracebackhide__ = True
_KEY = "x-api-key"
_SOURCE = "X-Client-Id"
_WRITE_KEY = "X-Client-Access-Token"
_SOURCES = "primedata.sources[]"
_TRACKING = "/powehi/"
_PAGE = 100
_A_MOMENT = timedelta(milliseconds=1)
Identity = str | Sequence[str]


class Profile(Document):
    """One profile, by PrimeData's names: `identity`, `trait` and `p_trait`."""

    @property
    def id(self) -> str:
        """27 letters and digits."""
        return str(self["profile_id"])

    @property
    def last_updated(self) -> datetime:
        return datetime.fromisoformat(self["last_updated"])

    @property
    def identity(self) -> Mapping[str, Sequence[str]]:
        """All values of each name: ``profile.identity["email"] == ["ana@example.com"]``."""
        found: Mapping[str, Sequence[str]] = self["identity"]
        return found

    @property
    def trait(self) -> Mapping[str, Json]:
        """What sources told."""
        found: Mapping[str, Json] = self["trait"]
        return found

    @property
    def p_trait(self) -> Mapping[str, Json]:
        """What PrimeData derived."""
        found: Mapping[str, Json] = self["p_trait"]
        return found


class Event(Document):
    """One event of a profile."""

    @property
    def id(self) -> str:
        return str(self["id"])

    @property
    def name(self) -> str:
        return str(self["event_name"])

    @property
    def at(self) -> datetime:
        """To the second, as the API tells it: with colons or hyphens in the date."""
        day, _, time = str(self["time_stamp"]).partition("T")
        return datetime.fromisoformat(f"{day.replace(':', '-')}T{time}")

    @property
    def properties(self) -> Mapping[str, Json]:
        found: Mapping[str, Json] = self["properties"]
        return found


class PrimeData(VendorView):
    """PrimeData's Profile API, and the tracking calls by which its profiles and events come to be.

    People are named by their identities, ``email="ana@example.com"``, several values as a list, or by ``profile_id``.
    Verbs raise `VendorRefused` where PrimeData refuses, and `NotFound`, a LookupError, for nobody.
    """

    slug = "primedata"

    @property
    def _usual_url(self) -> str:
        """PrimeData publishes no address for all: each customer has a site, below primedata.ai or primedatacdp.com or
        of its own. This one stands for them, and leads to the emulator as all those below primedatacdp.com do."""
        return "https://live.primedata.ai"

    # Credentials: the first key, and the first data source

    @property
    def api_key(self) -> str:
        """Of the searches. Raises `Unusable` where the scenario has none."""
        for credential in self._taken:
            if (key := header_value(credential, f"{_KEY}: ")) is not None:
                return key
        raise self._lacks("API key", "primedata.api_keys[]", "PRIMEDATA_API_KEY")

    @property
    def client_id(self) -> str:
        """The data source's id, which is the scope of its events. Raises `Unusable` where the scenario has none."""
        return self._source[0]

    @property
    def access_token(self) -> str:
        """The data source's write key. Raises `Unusable` where the scenario has none."""
        return self._source[1]

    @property
    def _source(self) -> tuple[str, str]:
        """An id, and the write key that is listed after it."""
        for one, other in pairwise(self._taken):
            source, write_key = header_value(one, f"{_SOURCE}: "), header_value(other, f"{_WRITE_KEY}: ")
            if source is not None and write_key is not None:
                return source, write_key
        raise self._lacks("data source", _SOURCES, "PRIMEDATA_CLIENT_ID and PRIMEDATA_ACCESS_TOKEN")

    def _auth(self) -> httpx.Auth:
        return Admission(self._admit)

    def _admit(self, request: httpx.Request) -> None:
        """Searches take a key, tracking takes a data source."""
        headers = request.headers
        if _TRACKING not in request.url.path:
            if _KEY not in headers:
                headers[_KEY] = self.api_key
        elif _SOURCE not in headers and _WRITE_KEY not in headers:
            headers[_SOURCE], headers[_WRITE_KEY] = self._source

    def _shown_credential(self) -> str:
        return f"{_KEY} {masked(self.api_key)}"

    # Searches

    def profile(self, *, profile_id: str | None = None, **identities: Identity) -> Profile:
        """Who has that id, or one of these identities: searchProfiles. Raises `NotFound` for nobody."""
        answer = self._call("POST", "/pub/profiles/advanced-search", json=_who(profile_id, identities))
        return Profile(answer.json()["data"])

    def events(
        self,
        *,
        include: str | Iterable[str] = (),
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        sort: Literal["asc", "desc"] = "asc",
        profile_id: str | None = None,
        **identities: Identity,
    ) -> Sequence[Event]:
        """What somebody did, oldest first unless `sort` says otherwise: searchEvents, all of its pages.

        `include` is names of events, all if there are none. `start` and `end` are themselves out; without an `end` it
        is now, so that what is dated later is left out. Raises `NotFound` for nobody.
        """
        names = [include] if isinstance(include, str) else [*include]
        given = {"include": names or None, "start": _text(start), "end": _text(end)}
        asked = {name: value for name, value in given.items() if value is not None}
        return [*self._pages({**_who(profile_id, identities), **asked, "sort": sort, "limit": _PAGE})]

    def _pages(self, search: Mapping[str, Json]) -> Iterator[Event]:
        cursor = {"has_more": True}
        while cursor["has_more"]:
            at = {"cursor": cursor["next"]} if "next" in cursor else {}
            answer = self._call("POST", "/pub/events/advanced-search", json={**search, **at}).json()
            yield from map(Event, answer["data"])
            cursor = answer["cursor"]

    # Tracking

    def identify(self, *, session_id: str | None = None, at: datetime | str | None = None, **told: Json) -> str | None:
        """Somebody says who they are: identify, sent to context as the SDKs do. The id of the profile.

        What has the name of a configured identity is one, all else are traits. With an identity there is a profile
        afterwards; those that had one of these identities become one. `None` where none was told.
        """
        user = {**self._thing, "itemType": "analyticsUser", "properties": told}
        return self._track("context", "identify", session_id, at, target=user)

    def add_profile(self, **told: Json) -> Profile:
        """`identify`, and the profile that comes of it: ``add_profile(email="linh@example.com", full_name="Linh")``.

        Raises `ValueError` where nothing told is an identity.
        """
        profile_id = self.identify(**told)
        if profile_id is None:
            names = ", ".join(told) or "nothing"
            raise ValueError(f"{names}: none of these is an identity here, and without one there is no profile")
        return self.profile(profile_id=profile_id)

    def add_event(
        self,
        event_name: str,
        properties: Mapping[str, Json] | None = None,
        *,
        at: datetime | str | None = None,
        event_id: str | None = None,
        session_id: str | None = None,
        profile_id: str | None = None,
        **identities: Identity,
    ) -> str | None:
        """Somebody does something: an event of a registered type, sent to smile as the SDKs do. The searches find it at
        once. The id of the profile that it belongs to.

        ``add_event("ProductViewed", {"product": "Trail Shoe"}, email="ana@example.com")``

        With identities an `identify` goes before it in the same session, and is an event of the profile, too. Without
        them, a `session_id` of somebody known or a `profile_id`, it is nobody's: `None`. It happens `at` that moment,
        by default one millisecond ago by the world's clock, because what happens now is not over for a search.
        An event of the same name and `event_id` counts once. Raises `TypeError` for what is no identity here.
        """
        self._check_identities(event_name, identities)
        session = session_id or (_session_of(identities) if identities else None)
        if identities:
            self.identify(session_id=session, at=at, **identities)
        given = {"id": event_id, "profileId": profile_id}
        more = {name: value for name, value in given.items() if value is not None}
        return self._track("smile", event_name, session, at, target=self._thing, properties=properties or {}, **more)

    def _check_identities(self, event_name: str, identities: Mapping[str, Identity]) -> None:
        """Anything else would become a trait of the profile, without a word."""
        for name in identities:
            if self._identity_names is not None and name not in self._identity_names:
                raise TypeError(
                    f"{unknown(name, self._identity_names, 'identity')}. A property of the event goes into its "
                    f'properties: add_event("{event_name}", {{"{name}": …}})'
                )

    _from_world = ("_taken", "_identity_names")

    @cached_property
    def _identity_names(self) -> Sequence[str] | None:
        """`None` at the real PrimeData, which tells nobody."""
        try:
            return [row["name"] for row in self._state()["identity_type"]]
        except NotHere:
            return None

    @property
    def _thing(self) -> Mapping[str, Json]:
        """A source or target that says nothing."""
        return {"itemId": "_", "itemType": "_", "scope": self.client_id}

    def _track(
        self, call: str, event_type: str, session_id: str | None, at: datetime | str | None, **more: Json
    ) -> str | None:
        event = {
            "eventType": event_type,
            "scope": self.client_id,
            "timeStamp": _text(at) or written(self._a_moment_ago()),
            "source": self._thing,
            **more,
        }
        session = {} if session_id is None else {"sessionId": session_id}
        body = {**session, "events": [event]}
        profile_id: str | None = self._call("POST", f"{_TRACKING}{call}", json=body).json()["profileId"]
        return profile_id

    def _a_moment_ago(self) -> datetime:
        """The real PrimeData has the machine's time."""
        try:
            now = Clock(self._venue.control).now
        except NotHere:
            now = to_datetime(machine_now())
        return now - _A_MOMENT


def _text(moment: datetime | str | None) -> str | None:
    """Text is sent as it is."""
    return written(moment) if isinstance(moment, datetime) else moment


def _session_of(identities: Mapping[str, Identity]) -> str:
    """The same for the same person."""
    return f"test-{sha256(json.dumps(identities, sort_keys=True).encode()).hexdigest()[:16]}"


def _who(profile_id: str | None, identities: Mapping[str, Identity]) -> Mapping[str, Json]:
    if profile_id is not None:
        return {"profile_id": profile_id}
    return {"identities": {name: [value] if isinstance(value, str) else [*value] for name, value in identities.items()}}
