"""The `treasuredata` fixture."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

import httpx

from emulator.client import Json
from emulator.core.credentials import masked
from emulator.core.faults import unknown
from emulator.testing.errors import Unusable
from emulator.testing.vendors.document import Document
from emulator.testing.vendors.view import Admission, VendorView, header_value, segment

__tracebackhide__ = True
_RECORDS_HOST = ".records.in."
_SCHEME = "TD1 "
_KEY = "Authorization"
_TOKEN = "WP13n-Token"
_TOKENS = "treasuredata.personalization_services[].tokens[]"
_KINDS = ("write-only key", "write key", "master key")
"""What may do the least comes first."""
_PRIVATE, _PUBLIC = "private token", "public token"


class _Credential(NamedTuple):
    """What is sent in a header. `kind` and `region` may be empty; what is `limited` does not open everything to
    everybody."""

    value: str
    kind: str
    region: str
    limited: bool


class Offer(Document):
    """What one section of a personalization has for a profile."""

    @property
    def attributes(self) -> Mapping[str, Json]:
        """By their output names, empty where the section's payload has none."""
        found: Mapping[str, Json] = self.get("attributes", {})
        return found

    @property
    def batch_segments(self) -> Json:
        """As they came, by default ``[{"id": "55352"}]``; an empty list where the section's payload has none."""
        return self.get("batch_segments", [])


class Offers(Mapping[str, Offer]):
    """By section: ``offers["welcome_back"].attributes["greeting"]``. Empty where no section matched."""

    def __init__(self, offers: Mapping[str, Json]) -> None:
        self._offers = {name: Offer(offer) for name, offer in offers.items()}

    def __getitem__(self, section: str) -> Offer:
        return self._offers[section]

    def __iter__(self) -> Iterator[str]:
        return iter(self._offers)

    def __len__(self) -> int:
        return len(self._offers)

    def __repr__(self) -> str:
        return f"Offers({self._offers!r})"


class StoredEvent(Document):
    """The columns of one stored event, `time` (Unix seconds) among them. Its `uuid` is no column."""

    def __init__(self, row: Mapping[str, Json]) -> None:
        super().__init__(row["json"])
        self.uuid: str = row["uuid"]

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self["time"], UTC)


class Profile(Document):
    """A real-time profile: all `ids` that were stitched to it, by key column, in the order in which they came."""

    @property
    def rid(self) -> str:
        """The profile's own id, which no caller sees."""
        return str(self["rid"])

    @property
    def ids(self) -> Mapping[str, Sequence[str]]:
        found: Mapping[str, Sequence[str]] = self["ids"]
        return found


class TreasureData(VendorView):
    """Treasure Data's Real-time Personalization API, and its host for records.

    Tables are named by their name alone where the scenario has it among its event tables, else as
    ``"database/table"``. Verbs raise `VendorRefused` where Treasure Data refuses.
    """

    slug = "treasuredata"
    _headers = {"Content-Type": "application/vnd.treasuredata.v1+json"}

    @property
    def _usual_url(self) -> str:
        """Of the region that knows the API key's account, us01 where all of them do."""
        region = next((one.region for one in self._keys[:1]), "") or "us01"
        return f"https://{region}.p13n.in.treasuredata.com"

    # Credentials: the first that nothing limits, all of one account

    @property
    def api_key(self) -> str:
        """``1/`` and 40 hex digits, without the word TD1: of the account of `token`, write-only if it has such a key.

        Raises `Unusable` where the scenario has none.
        """
        if not self._keys:
            raise self._lacks("API key", "treasuredata.accounts[].api_keys[]", "TREASUREDATA_API_KEY")
        return self._keys[0].value

    @property
    def token(self) -> str:
        """``account/reactor/`` and 32 hex digits: of a private service, deployed, and good for every address.

        Raises `Unusable` where the scenario has none.
        """
        token = self._token(_PRIVATE)
        if token is None:
            raise self._lacks("private token without limits", _TOKENS, "TREASUREDATA_TOKEN")
        return token

    @property
    def public_token(self) -> str:
        """The same of a public service: for ``/public/{database}/{table}``, with an Origin.

        Raises `Unusable` where the scenario has none.
        """
        token = self._token(_PUBLIC)
        if token is None:
            raise self._lacks("public token without limits", f"{_TOKENS} of a public one")
        return token

    @property
    def _keys(self) -> Sequence[_Credential]:
        """Of the token's account, the best to call with first."""
        token = self._token(_PRIVATE) or self._token(_PUBLIC)
        account = f"{token.partition('/')[0]}/" if token else ""
        keys = [one for one in self._sent_as(f"{_KEY}: {_SCHEME}") if one.value.startswith(account)]
        return sorted(keys, key=lambda one: (one.limited, _KINDS.index(one.kind) if one.kind in _KINDS else -1))

    def _token(self, kind: str) -> str | None:
        """One that does not tell its kind, as the real vendor's from the environment, is private."""
        tokens = self._sent_as(f"{_TOKEN}: ")
        return next((one.value for one in tokens if not one.limited and (one.kind or _PRIVATE) == kind), None)

    def _sent_as(self, prefix: str) -> Iterator[_Credential]:
        for credential in self._taken:
            if (value := header_value(credential, prefix)) is not None:
                limited, region = "limits" in credential, credential.get("region", "")
                yield _Credential(value, credential.get("kind", ""), region, limited)

    def _auth(self) -> httpx.Auth:
        return Admission(self._admit)

    def _admit(self, request: httpx.Request) -> None:
        """The records host asks for no token, and pages have one of their own."""
        if _KEY not in request.headers:
            request.headers[_KEY] = _SCHEME + self.api_key
        path = request.url.path.removeprefix(httpx.URL(self.base_url).path.rstrip("/"))
        is_record = path.startswith("/records/") or _RECORDS_HOST in request.url.host
        if _TOKEN not in request.headers and not is_record:
            request.headers[_TOKEN] = self.public_token if path.startswith("/public/") else self.token

    def _shown_credential(self) -> str:
        return f"{_SCHEME}{masked(self.api_key)}, token {masked(self.token)}"

    @property
    def records_url(self) -> str:
        """Of the records host, without a slash at its end: next to the personalization API, or a path below it."""
        host = self.base_url.replace(".p13n.in.", _RECORDS_HOST)
        return f"{host}/records" if host == self.base_url else host

    # Events

    def send(self, table: str, /, **columns: Json) -> Offers:
        """An event, and the offers that its profile now gets: personalize. An event without `time` happens now."""
        answer = self._call("POST", f"/{self._path(table)}", json=columns)
        return Offers({} if answer.status_code == httpx.codes.NO_CONTENT else answer.json()["offers"])

    def ingest(self, table: str, rows: Iterable[Mapping[str, Json]]) -> Sequence[bool]:
        """Store 1 to 500 events and ask for no offers: importRecords. For each in its order, whether it is stored."""
        events = {"events": [_columns(row) for row in rows]}
        answer = self._call("POST", f"{self.records_url}/{self._path(table)}", json=events)
        return [receipt["success"] for receipt in answer.json()["receipts"]]

    def events(self, table: str) -> Sequence[StoredEvent]:
        """All that a table holds, in the order in which they came.

        From the emulator's state, because this API only takes events. Raises `NotHere` at the real Treasure Data.
        """
        database, _, name = self._path(table).partition("/")
        rows = self._state()["events"]
        return [StoredEvent(row) for row in rows if (row["database"], row["table"]) == (database, name)]

    def profile(self, **key: str) -> Profile:
        """The real-time profile that has an id: ``profile(td_client_id="c-1")``.

        From the emulator's state. Raises LookupError where none has it, and `NotHere` at the real Treasure Data.
        """
        if len(key) != 1:
            raise TypeError(f'profile() takes one id, as in profile(td_client_id="c-1"), and got {len(key)}')
        ((column, value),) = key.items()
        rows = self._state()["profile_ids"]
        rid = next((row["rid"] for row in rows if (row["key"], row["value"]) == (column, value)), None)
        if rid is None:
            raise LookupError(f"no profile has the {column} {value!r}")
        ids: dict[str, list[str]] = {}
        for row in rows:
            if row["rid"] == rid:
                ids.setdefault(row["key"], []).append(row["value"])
        return Profile({"rid": rid, "ids": ids})

    _from_world = ("_taken", "_event_tables")

    @cached_property
    def _event_tables(self) -> Sequence[tuple[str, str]]:
        """Database and table, as all parent segments together have them."""
        settings = [one["configuration"]["realtime_setting"] for one in self._state()["parent_segments"]]
        tables = [(one["database"], one["table"]) for setting in settings for one in setting["eventTables"]]
        return list(dict.fromkeys(tables))

    def _path(self, table: str) -> str:
        """Raises `Unusable` for a name that is not that of one event table."""
        if "/" in table:
            database, _, name = table.partition("/")
            return f"{segment(database)}/{segment(name)}"
        found = [f"{database}/{name}" for database, name in self._event_tables if name == table]
        if not found:
            names = dict.fromkeys(name for _, name in self._event_tables)
            raise Unusable(f'{unknown(table, names, "event table")}; or write "database/table"')
        if len(found) > 1:
            raise Unusable(f"there are several event tables {table!r}: write {' or '.join(map(repr, found))}")
        return found[0]


def _columns(row: object) -> Json:
    """Raises `TypeError`."""
    if not isinstance(row, Mapping):
        raise TypeError(f'{row!r} is no event: write its columns and their values, as {{"td_path": "/"}}')
    return dict(row)
