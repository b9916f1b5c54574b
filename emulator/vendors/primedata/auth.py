"""Who calls: whoever has a key for the Profile API, in ``x-api-key``; a data source with its write key for tracking.

Both are issued by PrimeData and compared as a whole; no other credential is documented.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Row

from emulator.core.credentials import Caller, OwnCredential
from emulator.core.work import Work
from emulator.vendors.primedata.errors import AUTHENTICATION, TRACKING, TRACKING_UNAUTHORIZED
from emulator.vendors.primedata.tables import API_KEYS, FIND_API_KEY, FIND_SOURCE, SOURCES

CLIENT_ID = "x-client-id"
ACCESS_TOKEN = "x-client-access-token"
API_KEY = "api_key"
WRITE_KEY = "write_key"
SECURITY = {
    API_KEY: {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "Profile API, Authentication: issued by PrimeData.",
    },
    WRITE_KEY: {
        "type": "apiKey",
        "in": "header",
        "name": "X-Client-Access-Token",
        "description": "Events Push API, Authentication: the write key of the data source that X-Client-Id names.",
    },
}


@dataclass(frozen=True, slots=True)
class DataSource(Caller):
    """A caller of the tracking calls; `source` is what the scope of its events must be."""

    source: str


def authenticate(work: Work) -> Caller:
    tracks = work.operation is not None and work.operation.path.startswith(TRACKING)
    return _data_source(work) if tracks else _key_holder(work)


def _key_holder(work: Work) -> Caller:
    row = work.db.one(FIND_API_KEY, key=work.request.header("x-api-key"))
    if row is None:
        raise AUTHENTICATION()
    return Caller(f"key {row['number']}")


def _data_source(work: Work) -> DataSource:
    source = work.request.header(CLIENT_ID)
    row = work.db.one(FIND_SOURCE, id=source)
    if source is None or row is None or row["write_key"] != work.request.header(ACCESS_TOKEN):
        raise TRACKING_UNAUTHORIZED()
    return DataSource(f"source {source}", source)


OWN_CREDENTIALS = (
    OwnCredential({"header": "x-api-key: {PRIMEDATA_API_KEY}"}),
    OwnCredential({"header": "X-Client-Id: {PRIMEDATA_CLIENT_ID}"}, needed=False),
    OwnCredential({"header": "X-Client-Access-Token: {PRIMEDATA_ACCESS_TOKEN}"}, needed=False),
)
"""The last two are of a data source, for tracking."""
PUBLISHED = ("aGdqZ2tqaGtqZzoxMjM0NTY3", "mail@gmail.com", "2Q5OFDPr3Yw6uEo9JtVxAbZkGm4")
"""Key and address of the documentation's examples, and the demo world's write key."""


def credentials(work: Work) -> Sequence[Mapping[str, str]]:
    keys = [{"name": f"key {row['number']}", "header": f"x-api-key: {row['key']}"} for row in work.db.all(API_KEYS)]
    return [*keys, *[one for row in work.db.all(SOURCES) for one in _of_source(row)]]


def secrets(work: Work) -> Sequence[str]:
    """Keys that read and keys that write. A data source's id is no secret: it is the scope of every event."""
    keys = [str(row["key"]) for row in work.db.all(API_KEYS)]
    return [*keys, *(str(row["write_key"]) for row in work.db.all(SOURCES))]


def _of_source(row: Row) -> Sequence[Mapping[str, str]]:
    """Tracking takes both."""
    name = f"data source {row['name'] or row['id']}"
    return [
        {"name": f"{name}, id", "header": f"X-Client-Id: {row['id']}"},
        {"name": f"{name}, write key", "header": f"X-Client-Access-Token: {row['write_key']}"},
    ]
