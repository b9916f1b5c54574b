"""A path that cannot be read, which some vendors refuse in words that they have for other mistakes too."""

import httpx
import pytest

from tests.vendors.explained import explain, pasted

HEADERS = {
    "Authorization": "TD1 1/abcdef0123456789012345678901230123456789",
    "WP13n-Token": "1/8/12345789abcdef012345678901234567",
    "Content-Type": "application/vnd.treasuredata.v1+json",
}
TABLES = {
    "a%zzb": "The path has a percent sign that is no escape: a value's own is written %25.",
    "a%00b": "The path has %00 in it: nothing can be read from that.",
    "caf%E9": "The path's escapes are those of Latin-1: encode the value as UTF-8.",
}


@pytest.mark.parametrize(("table", "cause"), TABLES.items(), ids=TABLES)
def test_an_unreadable_path_is_not_taken_for_an_unknown_table(client: httpx.Client, table: str, cause: str) -> None:
    client.post("/_emulator/reset", json={"scenario": "demo"})
    raw = f"/treasuredata/personalization__database/{table}"
    told = explain(client, client.post(str(client.base_url).rstrip("/") + raw, json={}, headers=HEADERS))
    assert (told.failed, told.cause) == ("path", cause)
    assert pasted(told.curl)[0] == 204
