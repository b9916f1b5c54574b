"""What is told of a call that was accepted, and did not do what somebody may think."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulator.core.clock import parse_rfc3339
from emulator.vendors.primedata.checks.remarks import WITHOUT_EFFECT
from tests.vendors.explained import explain
from tests.vendors.primedata.tracking import CONTEXT, NOTHING, SMILE, Tracker, event, identify
from tests.vendors.primedata.workspace import EVENTS, NOW, PROFILES, Caller

SEARCHES: list[tuple[str, dict[str, Any], list[str]]] = [
    (PROFILES, {"profile_id": "ann"}, []),
    (PROFILES, {"profile_id": "ann", "identities": {"email": ["bob@shop.example"]}},
     ["identities was not looked at: profile_id decides alone where both are given."]),
    (PROFILES, {"profile_id": "ann-before-merge"},
     ["ann-before-merge is the id of a profile that was merged into ann."]),
    (PROFILES, {"identities": {"email": ["ann@shop.example"], "phone_number": ["84912345678"]}},
     ["The identities belong to several profiles, bob, ann: the highest priority decided."]),
    (PROFILES, {"profile_id": "ann", "include": ["full_nmae", "ltv", "weather"]},
     ["include has full_nmae, which the profile has not; the nearest is full_name.",
      "include has weather, which the profile has not."]),
    (PROFILES, {"profile_id": "ann", "limit": 5},
     ["limit was not looked at: it is a field of POST /pub/events/advanced-search."]),
    (EVENTS, {"profile_id": "ann", "type": ["trait"]},
     ["type was not looked at: it is a field of POST /pub/profiles/advanced-search."]),
    (EVENTS, {"profile_id": "ann", "next": "MTY3"},
     ["next was not looked at: cursor.next of an answer is sent as cursor."]),
    (EVENTS, {"profile_id": "ann", "start": "2024-01-05", "end": "2024-01-01T00:00:00Z"},
     ["start has no offset, and was read as UTC.", "start is not before end: nothing can lie between them."]),
    (EVENTS, {"profile_id": "ann", "start": "2030-01-01T00:00:00Z"},
     ["start is not before now, 2024-06-01T12:00:00Z, which is the end where none is given: nothing can lie between "
      "them."]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "remarks"), SEARCHES, ids=map(str, range(len(SEARCHES))))
def test_what_a_search_did_not_look_at(
    client: httpx.Client, caller: Caller, path: str, body: dict[str, Any], remarks: list[str]
) -> None:
    caller.world.clock.set("frozen", parse_rfc3339(NOW))
    answer = caller.call(path, body)
    assert answer.status_code == 200, answer.text
    told = explain(client, answer)
    assert (told.cause, told.remarks) == (None, remarks)


@pytest.mark.parametrize(
    ("query", "remarks"),
    [
        ({"include": ["ProductViewed"]}, []),
        ({"include": ["OrderCreated"]},
         ["The cursor is of another query: it names a ProductViewed, which include leaves out. Its place counts."]),
        ({"start": "2024-01-01T01:00:00Z"},
         ["The cursor is of another query: it names an event that start and end leave out. Its place counts."]),
        ({"end": "2024-01-01T00:03:00Z"},
         ["The cursor is of another query: it names an event that start and end leave out. Its place counts."]),
    ],
    ids=["the same", "other names", "later", "earlier"],
)  # fmt: skip
def test_a_cursor_of_another_query(client: httpx.Client, query: dict[str, Any], remarks: list[str]) -> None:
    client.post("/_emulator/reset", json={"scenario": "demo"})
    ana, key = {"profile_id": "2YhQlO5kmTIRCu22QrO9BmgwbIy", "sort": "asc"}, {"x-api-key": "aGdqZ2tqaGtqZzoxMjM0NTY3"}
    first = client.post(EVENTS, json={**ana, "limit": 3}, headers=key).json()
    resumed = client.post(EVENTS, json={**ana, **query, "cursor": first["cursor"]["next"]}, headers=key)
    assert explain(client, resumed).remarks == remarks


def test_a_limit_that_was_clamped(client: httpx.Client, caller: Caller, workspace: Callable[..., None]) -> None:
    workspace(settings={"limit_over_100": "clamp"})
    told = explain(client, caller.events(profile_id="ann", limit=500))
    assert told.remarks == ["limit counted as 100: the setting limit_over_100 is clamp."]


TRACKED: list[tuple[dict[str, Any], list[str]]] = [
    (event("Viewed", profileId="ann"), []),
    (event("Viewed"), ["events[0] has neither a session nor a profile: it was processed, and is kept by nobody."]),
    (event("Viewed", sessionId="s-1"),
     ["events[0] waits with the session s-1, which no identify has bound yet: no search finds it."]),
    (event("Viewed", profileId="nobody", sessionId="s-1"),
     ["events[0] names the profile nobody, which there is not: it counts as none.",
      "events[0] waits with the session s-1, which no identify has bound yet: no search finds it."]),
    (identify("s-1", email="zoe@shop.example"), []),
    (identify("s-1", mail="zoe@shop.example"),
     ["events[0] identifies nobody: target.properties has no identity of this workspace (phone_number, email).",
      "events[0] waits with the session s-1, which no identify has bound yet: no search finds it."]),
    (event("demo-check-out", {"total": 7, "totl": 1}, profileId="ann"),
     ["events[0].properties.totl is not registered for demo-check-out, and was dropped; the nearest is total."]),
    (event("Viewed", profileId="ann", source={**NOTHING, "scope": "web"}),
     ["events[0].source.scope is another one than the data source: it is not looked at."]),
]  # fmt: skip


@pytest.mark.parametrize(("one", "remarks"), TRACKED, ids=map(str, range(len(TRACKED))))
def test_what_became_of_an_event(
    client: httpx.Client, tracker: Tracker, one: dict[str, Any], remarks: list[str]
) -> None:
    answer = tracker.smile(one)
    assert answer.status_code == 200, answer.text
    assert explain(client, answer).remarks == remarks


def test_a_body_of_another_media_type(client: httpx.Client, tracker: Tracker) -> None:
    answer = tracker.send(SMILE, {"events": [event("Viewed", profileId="ann")]}, **{"Content-Type": "text/plain"})
    assert explain(client, answer).remarks == ["Content-Type is text/plain: the body was read as JSON all the same."]


@pytest.mark.parametrize("name", WITHOUT_EFFECT["context"])
def test_a_member_without_effect_is_remarked_on(client: httpx.Client, tracker: Tracker, name: str) -> None:
    wish = {"requireSegments": True}.get(name, [{"id": "one"}])
    answer = tracker.send(CONTEXT, {"events": [event("Viewed", profileId="ann")], name: wish})
    remarks = [f"{name} is accepted and has no effect: {WITHOUT_EFFECT['context'][name]}"]
    assert explain(client, answer).remarks == remarks


def test_a_refused_batch_is_not_told_what_became_of_it(client: httpx.Client, tracker: Tracker) -> None:
    assert explain(client, tracker.smile(event("Wept"))).remarks == []
