"""Drills at the real vendors: each vendor's own refusal, and then all is well."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.core.drills import Drill, Part
from emulator.core.vendor import Vendor
from emulator.vendors import VENDORS
from tests.vendors.good_calls import GOOD_CALLS, Call

Send = Callable[..., httpx.Response]
every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.slug)


@pytest.fixture
def send(client: httpx.Client) -> Send:
    """The vendor's good call, with a token where it takes one."""
    tokens: dict[str, str] = {}

    def send_call(vendor: Vendor, call: Call) -> httpx.Response:
        return client.request(call.method, f"/{vendor.slug}{call.path}", content=call.body, headers=call.headers)

    def sender(vendor: Vendor) -> httpx.Response:
        call = GOOD_CALLS[vendor.slug]
        if call.token_call is None:
            return send_call(vendor, call)
        if vendor.slug not in tokens:
            tokens[vendor.slug] = send_call(vendor, call.token_call).json()["access_token"]
        return send_call(vendor, call.with_key(f"Bearer {tokens[vendor.slug]}"))

    return sender


def begin(client: httpx.Client, name: str, **order: Any) -> None:
    assert client.post(f"/_emulator/drills/{name}", json=order).status_code == 201


@every_vendor
def test_every_vendor_says_what_its_part_is(vendor: Vendor) -> None:
    assert set(vendor.drills) == {*Drill} - {Drill.SLOW_FIRST_BYTE}
    operations = {operation.id for operation in vendor.routes}
    for part in vendor.drills.values():
        if isinstance(part, Part):
            assert all(failure in vendor.failures for failure in part.failures)
            assert set(part.operations) <= operations


@every_vendor
@pytest.mark.parametrize(
    ("drill", "statuses"),
    [(Drill.RETRY_STORM, {429}), (Drill.FLAKY_5XX, {500, 502, 503, 504}), (Drill.EXPIRED_TOKEN, {401})],
)
def test_the_failures_of_a_drill_are_of_its_kind(vendor: Vendor, drill: Drill, statuses: set[int]) -> None:
    part = vendor.drills[drill]
    assert isinstance(part, Part)
    assert {failure.status for failure in part.failures} <= statuses


@every_vendor
def test_a_retry_storm_is_the_vendors_own_429_three_times(vendor: Vendor, client: httpx.Client, send: Send) -> None:
    begin(client, "retry-storm", vendor=vendor.slug)
    answers = [send(vendor) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 429, 429, 200]
    part = vendor.drills[Drill.RETRY_STORM]
    assert isinstance(part, Part)
    assert answers[0].content == part.failures[0].provoked().answer().body


@every_vendor
def test_an_expired_token_is_the_vendors_own_401_once(vendor: Vendor, client: httpx.Client, send: Send) -> None:
    begin(client, "expired-token", vendor=vendor.slug)
    assert [send(vendor).status_code for _ in range(3)] == [401, 200, 200]


def test_an_expired_token_leaves_getting_a_new_one_alone(client: httpx.Client, send: Send) -> None:
    (vendor,) = [one for one in VENDORS if one.slug == "algonomy"]
    begin(client, "expired-token")
    answer = send(vendor)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    told = client.get("/_emulator/requests").json()["requests"]
    assert [(one["operation"], one["status"]) for one in told] == [("createToken", 200), ("optOut", 401)]


@every_vendor
def test_flaky_server_errors_are_the_vendors_own(vendor: Vendor, client: httpx.Client, send: Send) -> None:
    assert send(vendor).status_code == 200
    begin(client, "flaky-5xx", vendor=vendor.slug, probability=1, times=12)
    answers = [send(vendor) for _ in range(20)]
    refused = [one["refusal"] for one in client.get("/_emulator/requests").json()["requests"] if one["refusal"]]
    part = vendor.drills[Drill.FLAKY_5XX]
    assert isinstance(part, Part)
    assert set(refused) <= {failure.name for failure in part.failures}
    assert len(set(refused)) > 1
    assert answers[-1].status_code == 200


@every_vendor
def test_a_slow_first_byte_is_for_everyone(vendor: Vendor, client: httpx.Client, send: Send) -> None:
    begin(client, "slow-first-byte", vendor=vendor.slug, delay="1-3")
    assert send(vendor).status_code == 200
    told = client.get("/_emulator/requests").json()["requests"][-1]
    assert told["fault"].startswith("f1 delay=1-3 (delay=")


SEARCH = "/primedata/pub/events/advanced-search"


def test_a_cursor_that_is_gone_is_refused_as_the_caller_named_it(client: httpx.Client) -> None:
    headers = GOOD_CALLS["primedata"].headers
    first_page = {"identities": {"email": ["ana@example.com"]}, "limit": 1, "sort": "asc"}
    begin(client, "cursor-gone")
    page = client.post(SEARCH, json=first_page, headers=headers).json()
    cursor = page["cursor"]["next"]
    assert cursor
    refused = client.post(SEARCH, json={**first_page, "cursor": cursor}, headers=headers)
    assert refused.status_code == 400
    assert refused.json() == {"error": {"code": "validation_error", "message": f"Invalid Cursor {cursor}"}}
    assert client.post(SEARCH, json={**first_page, "cursor": cursor}, headers=headers).status_code == 200
    (fault,) = client.get("/_emulator/faults").json()["faults"]
    assert (fault["fault"], fault["fired"], fault["missed"], fault["requests"]) == ("invalid_field", 1, 1, ["2"])


def test_vendors_without_cursors_say_so_and_who_has_them(client: httpx.Client) -> None:
    answer = client.post("/_emulator/drills/cursor-gone", json={"vendor": "talonone"})
    assert answer.status_code == 400
    assert answer.json()["detail"] == (
        "vendor: cursor-gone makes no sense here (talonone: none of its operations answers page by page); "
        "primedata has it"
    )
    assert client.get("/_emulator/faults").json() == {"faults": []}
