"""The key in ``x-api-key``, issued by PrimeData. It is compared as a whole; no other credential is documented."""

from collections.abc import Mapping, Sequence

from emulator.core.credentials import Caller
from emulator.core.work import Work
from emulator.vendors.primedata.errors import AUTHENTICATION
from emulator.vendors.primedata.tables import API_KEYS, FIND_API_KEY


def authenticate(work: Work) -> Caller:
    row = work.db.one(FIND_API_KEY, key=work.request.header("x-api-key"))
    if row is None:
        raise AUTHENTICATION()
    return Caller(f"key {row['number']}")


def credentials(work: Work) -> Sequence[Mapping[str, str]]:
    return [{"name": f"key {row['number']}", "header": f"x-api-key: {row['key']}"} for row in work.db.all(API_KEYS)]
