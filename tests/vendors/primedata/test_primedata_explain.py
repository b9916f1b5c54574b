"""Why a call was refused: every check of every operation, its cause in a sentence, and a command that passes."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from emulator.core import cursor
from emulator.vendors.primedata.checks import CHECKLIST
from emulator.vendors.primedata.contract.tracking import MOST_BYTES
from tests.vendors.explained import Explanation, explain, pasted
from tests.vendors.primedata.tracking import ADDITIONS, CONTEXT, KEYS, SMILE, SOURCE, WRITE_KEY, event
from tests.vendors.primedata.workspace import EVENTS, KEY, PROFILES, Caller

PATHS = {"searchProfiles": PROFILES, "searchEvents": EVENTS, "smile": SMILE, "context": CONTEXT}
APP, APP_KEY = "IOS-2Q5OFD0h3NdANoqIJhHzTnto3ay", "2Q5OFGx0wJkLr8vYb7nCmAsDfEh"
EVENTS_OF_BOTH = [
    {"profile_id": who, "id": f"{who}-{n}", "event_name": "Viewed", "time_stamp": f"2024-01-0{n}T00:00:00Z"}
    for who in ("ann", "bob")
    for n in (1, 2)
]
OF_BOB = cursor.encode("1704153600000000000::bob-2")


@pytest.fixture
def ready(caller: Caller, workspace: Callable[..., None]) -> Caller:
    sources = [*ADDITIONS["sources"], {"id": APP, "write_key": APP_KEY, "name": "app"}]
    workspace(**{**ADDITIONS, "sources": sources}, events=EVENTS_OF_BOTH)
    return caller


@dataclass
class Attempt:
    """A call in the making."""

    operation: str
    value: dict[str, Any]
    headers: dict[str, str]
    after: bytes = b""

    @classmethod
    def of(cls, operation: str) -> "Attempt":
        if operation.startswith("search"):
            return cls(operation, {"identities": {"email": ["ann@shop.example"]}}, {"x-api-key": KEY})
        return cls(operation, {"events": [event("Viewed")]}, dict(KEYS))

    def send(self, client: httpx.Client) -> httpx.Response:
        content = json.dumps(self.value).encode() + self.after
        return client.post(PATHS[self.operation], content=content, headers=self.headers)


def _identity(name: str, *values: str) -> Callable[[Attempt], object]:
    return lambda attempt: attempt.value.update(identities={name: list(values)})


def _event(**changes: Any) -> Callable[[Attempt], object]:
    return lambda attempt: attempt.value["events"][0].update(changes)


def _headers(**headers: str) -> Callable[[Attempt], object]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda attempt: attempt.headers.update(named)


def _after(text: bytes) -> Callable[[Attempt], object]:
    return lambda attempt: setattr(attempt, "after", text)


MISTAKES: dict[tuple[str, str], tuple[Callable[[Attempt], object], str]] = {
    ("search", "API key"): (_headers(x_api_key=WRITE_KEY),
        f"The key is the write key of the data source {SOURCE} (shop), which tracks and does not search."),
    ("search", "body"): (lambda attempt: attempt.value.update(include="email"),
        'include is "email", and is to be a list: ["email"].'),
    ("searchProfiles", "fields"): (lambda attempt: attempt.value.update(type=["p_trait"]),
        "type has p_trait, which is the answer's word: it is asked for as ptrait."),
    ("searchEvents", "fields"): (lambda attempt: attempt.value.update(limit=500),
        "limit is 500: a page has at most 100 events, unless the setting limit_over_100 is clamp."),
    ("search", "names of identities"): (_identity("emial", "ann@shop.example"),
        "identities.emial is misspelt: the identity is email."),
    ("search", "profile"): (_identity("email", "anne@shop.example"),
        'Nobody has the email "anne@shop.example"; the nearest is "ann@shop.example".'),
    ("track", "data source"): (_headers(X_Client_Access_Token=APP_KEY),
        f"The write key is that of the data source {APP} (app), not of {SOURCE} (shop)."),
    ("track", "JSON"): (_after(b" and more"), "The body goes on after its JSON has ended."),
    ("track", "schema"): (_event(timeStamp=1700000000),
        'events[0].timeStamp is 1700000000, which is no whole moment: "2023-11-14T22:13:20Z" is.'),
    ("track", "scope"): (_event(scope=APP),
        f"events[0].scope is another data source, {APP}, and the keys are of {SOURCE}."),
    ("track", "event types"): (_event(eventType="viewed"),
        'events[0].eventType is "viewed"; the registered type is Viewed.'),
}  # fmt: skip
_LIMIT = "requests per second"
_NAMES = {operation: [check.name for check in CHECKLIST.operations[operation]] for operation in PATHS}
_EACH = [(operation, name) for operation, names in _NAMES.items() for name in names if name != _LIMIT]


def _mistake(operation: str, name: str) -> tuple[Callable[[Attempt], object], str]:
    kind = "search" if operation.startswith("search") else "track"
    return MISTAKES[operation, name] if (operation, name) in MISTAKES else MISTAKES[kind, name]


def spoiled(operation: str, names: list[str]) -> Attempt:
    attempt = Attempt.of(operation)
    for name in reversed(names):
        _mistake(operation, name)[0](attempt)
    return attempt


@pytest.mark.parametrize(("operation", "name"), _EACH, ids=[f"{one}-{name}" for one, name in _EACH])
def test_a_refusal_names_the_check_and_the_mistake_and_the_command_passes(
    client: httpx.Client, ready: Caller, operation: str, name: str
) -> None:
    told = explain(client, spoiled(operation, [name]).send(client))
    assert (told.failed, told.cause) == (name, _mistake(operation, name)[1])
    assert pasted(told.curl)[0] == 200


@pytest.mark.parametrize("operation", PATHS)
def test_the_checks_stand_in_the_order_in_which_they_are_made(
    client: httpx.Client, ready: Caller, operation: str
) -> None:
    left = [name for name in _NAMES[operation] if name != _LIMIT]
    while left:
        assert explain(client, spoiled(operation, left).send(client)).failed == left[0]
        left.pop(0)
    assert spoiled(operation, []).send(client).status_code == 200


def test_the_limit_stands_behind_the_key_and_before_everything_else(
    client: httpx.Client, ready: Caller, workspace: Callable[..., None]
) -> None:
    workspace(settings={"requests_per_second": 1})
    ready.world.clock.set("frozen")
    ready.profile(profile_id="ann")
    told = explain(client, ready.profile(profile_id=5))
    assert told.failed == _LIMIT
    assert told.got == "a limit of 1"


KEY_CAUSES = {
    "": "The header x-api-key is empty.",
    f"Bearer {KEY}": "The header x-api-key has the key alone, without a word in front of it.",
    KEY.lower(): "The key is written in another case: it is compared to the letter.",
    KEY[:10]: "The key is cut off: the whole of it has 16 characters.",
    "shop:secret": "The key was decoded from Base64: it is sent as it was issued.",
    "YzJodmNEcHpaV055WlhRPQ==": "The key was encoded in Base64: it is sent as it was issued.",
    f'"{KEY}"': "The key has quotation marks around it.",
    "${PRIMEDATA_KEY}": "The key is a placeholder that was never filled in.",
    SOURCE: f"The key is the id of the data source {SOURCE} (shop), which tracks and does not search.",
    "unheard-of": "This workspace has no key …d-of; GET /_emulator/vendors lists those that work.",
}


@pytest.mark.parametrize(("key", "cause"), KEY_CAUSES.items(), ids=map(str, range(len(KEY_CAUSES))))
def test_what_is_wrong_with_a_key(client: httpx.Client, ready: Caller, key: str, cause: str) -> None:
    told = explain(client, client.post(PROFILES, json={"profile_id": "ann"}, headers={"x-api-key": key}))
    assert (told.failed, told.cause) == ("API key", cause)
    assert pasted(told.curl)[0] == 200


@pytest.mark.parametrize(
    ("headers", "query", "cause"),
    [
        ({}, "", "The call has no header x-api-key."),
        ({"Authorization": f"Bearer {KEY}"}, "",
         "The key stands in the header authorization: it belongs in the header x-api-key."),
        ({}, f"?api_key={quote(KEY)}",
         "The key stands in the query parameter api_key: it belongs in the header x-api-key."),
        (KEYS, "", "The call has the keys of tracking: the searches take a key of their own, in the header x-api-key."),
    ],
    ids=["nowhere", "Authorization", "query", "tracking"],
)  # fmt: skip
def test_a_key_in_the_wrong_place(
    client: httpx.Client, ready: Caller, headers: dict[str, str], query: str, cause: str
) -> None:
    told = explain(client, client.post(f"{PROFILES}{query}", json={"profile_id": "ann"}, headers=headers))
    assert told.cause == cause
    assert pasted(told.curl)[0] == 200


def test_a_key_of_another_vendor(client: httpx.Client, load: Callable[[dict[str, Any]], None]) -> None:
    foreign = "ab" * 32
    shop = {"id": 7, "name": "Shop", "apiKeys": [{"key": foreign}]}
    load({"talonone": {"applications": [shop]}, "primedata": {"api_keys": [KEY]}})
    told = explain(client, client.post(PROFILES, json={"profile_id": "ann"}, headers={"x-api-key": foreign}))
    assert told.cause is not None
    assert told.cause.startswith("The key is Talon.One's")


ID, TOKEN = "X-Client-Id", "X-Client-Access-Token"
SOURCE_CAUSES: list[tuple[dict[str, str], str]] = [
    ({}, "The call has neither X-Client-Id nor X-Client-Access-Token: tracking takes a data source's id and its write "
         "key."),
    ({"x-api-key": KEY}, "The call has neither X-Client-Id nor X-Client-Access-Token and has one for the searches, "
                         "x-api-key: tracking takes a data source's id and its write key."),
    ({ID: SOURCE}, "The call has no header X-Client-Access-Token for the write key of the data source."),
    ({TOKEN: WRITE_KEY}, f"The call has no header X-Client-Id for the id of the data source, which is {SOURCE} where "
                         "this is the write key."),
    ({ID: WRITE_KEY, TOKEN: SOURCE}, "X-Client-Id and X-Client-Access-Token are swapped: the one is the data "
                                     "source's id, the other its write key."),
    ({ID: SOURCE, TOKEN: SOURCE}, "X-Client-Access-Token repeats the data source's id: it is for its write key."),
    ({ID: SOURCE, TOKEN: KEY}, "X-Client-Access-Token is a key for the searches: tracking takes the write key of "
                               f"{SOURCE} (shop)."),
    ({ID: SOURCE, TOKEN: f"Bearer {WRITE_KEY}"}, "The header X-Client-Access-Token has the write key alone, without a "
                                                 "word in front of it."),
    ({ID: SOURCE, TOKEN: WRITE_KEY[:12]}, "The write key is cut off: the whole of it has 27 characters."),
    ({ID: SOURCE, TOKEN: "unheard-of"}, f"The write key is not that of {SOURCE} (shop); GET /_emulator/vendors lists "
                                        "those that work."),
    ({ID: f"{SOURCE}x", TOKEN: "unheard-of"}, f"There is no data source of this id; the nearest is {SOURCE}."),
    ({ID: "web", TOKEN: WRITE_KEY}, f"X-Client-Id is not the id of the data source whose write key this is: {SOURCE}."),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "cause"), SOURCE_CAUSES, ids=map(str, range(len(SOURCE_CAUSES))))
def test_what_is_wrong_with_a_data_source(
    client: httpx.Client, ready: Caller, headers: dict[str, str], cause: str
) -> None:
    told = explain(client, client.post(SMILE, json={"events": [event("Viewed")]}, headers=headers))
    assert (told.failed, told.cause) == ("data source", cause)
    assert pasted(told.curl)[0] == 200


SEARCHES: dict[str, str] = {
    "{}": "The body says of nobody who is meant: it needs profile_id or identities.",
    '{"profileId": "ann"}': "profileId is misspelt: the member is profile_id.",
    '{"email": ["ann@shop.example"]}': "email stands in the wrong place: it belongs at identities.email.",
    '{"identities": {"email": "ann@shop.example"}}':
        'identities.email is "ann@shop.example", and is to be a list: ["ann@shop.example"].',
    '{"identities": {"phone_number": [0123456789]}}':
        'The number 0123456789 begins with a zero, which JSON does not allow: write "0123456789".',
    '{"profile_id": "ann", "profile_id": "bob"}': "profile_id stands twice in one object.",
    '{"profile_id": "ann", "limit": 10.0}': "limit is 10.0, and is to be a whole number: 10.",
    '{"profile_id": "ann", "x": NaN}': "The body has NaN or Infinity, for which JSON has no word.",
    "profile_id=ann": "The body is a form, not JSON.",
    '{"profile_id": "ann", "start": "yesterday"}': 'start is "yesterday", which is not ISO 8601.',
    '{"profile_id": "ann", "start": 1704067200000}':
        "start is 1704067200000, which is not ISO 8601: 2024-01-01T00:00:00Z is.",
    '{"profile_id": "ann", "end": "2024-01-01T00:00:00+0700"}':
        'end is "2024-01-01T00:00:00+0700", which is not ISO 8601: 2024-01-01T00:00:00+07:00 is.',
    '{"profile_id": "ann", "include": ["viewed"]}':
        'include has "viewed", which no event of this workspace is called; the nearest is Viewed.',
    '{"profile_id": "ann", "sort": "DESC"}': 'sort is "DESC": it is written "desc".',
    '{"profile_id": "ann", "limit": 0}': "limit is 0: it is at least 1.",
    '{"identities": {"email": []}}': "identities.email is empty: it has the values to look for.",
    '{"profile_id": "ann", "cursor": ""}':
        "The cursor is empty: that of a last page names nothing, and the first page needs none.",
    '{"profile_id": "ann", "cursor": "page-2"}':
        "The cursor is none that an answer has given: it is cursor.next of the page before, and nothing else.",
    json.dumps({"profile_id": "ann", "cursor": OF_BOB}):
        "The cursor is of another profile: it names an event of bob, and the call asks for ann.",
    json.dumps({"profile_id": "bob", "cursor": quote(cursor.encode("1704153600000000000::bob-2a")[:-1] + "=")}):
        "The cursor is percent-encoded, which is for URLs only: send cursor.next as it is.",
    json.dumps({"profile_id": "ann", "cursor": cursor.encode("1704153600000000000::zoe-2")}):
        "The cursor names the event zoe-2, which this world does not have.",
    json.dumps({"profile_id": "ann", "cursor": cursor.encode("1704153600000000001::ann-2")}):
        "The cursor names the event ann-2 at another time than that of this world.",
    '{"identities": {"zalo": ["1"]}}': "zalo is no identity of this workspace, which has phone_number, email.",
    '{"profile_id": "Ann"}': 'There is no profile "Ann"; the nearest is ann.',
    '{"profile_id": "ann%20"}': 'profile_id is "ann%20": the profile is ann, without encoding, quotes or spaces.',
    '{"profile_id": "ann@shop.example"}':
        'profile_id is a value of email: send identities, {"email": ["ann@shop.example"]}.',
    '{"identities": {"email": ["ANN@shop.example"]}}':
        'identities.email is "ANN@shop.example": values are compared to the letter, and there is "ann@shop.example".',
    '{"identities": {"phone_number": ["ann@shop.example"]}}':
        '"ann@shop.example" is a value of email, not of phone_number.',
    '{"identities": {"phone_number": ["+84 123 456 789"]}}':
        'identities.phone_number is "+84 123 456 789": values are compared to the letter, and there is "0123456789".',
    '{"identities": {"phone_number": ["777"]}}':
        "No profile has any of these values: one comes to be by a scenario, or by identify in a tracking call.",
}  # fmt: skip


@pytest.mark.parametrize(("body", "cause"), SEARCHES.items(), ids=map(str, range(len(SEARCHES))))
def test_what_is_wrong_with_a_search(client: httpx.Client, ready: Caller, body: str, cause: str) -> None:
    told = explain(client, ready.call(EVENTS, body))
    assert told.cause == cause
    assert pasted(told.curl)[0] == 200


def _smile(client: httpx.Client, body: Any) -> Explanation:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return explain(client, client.post(SMILE, content=content, headers=KEYS))


TRACKED: list[tuple[Any, str]] = [
    ([event("Viewed")], 'The body is a list of events: wrap it, {"events": […]}.'),
    (event("Viewed"), 'The body is an event itself: wrap it, {"events": [{…}]}.'),
    ({"event": [event("Viewed")]}, "event is misspelt: the member is events."),
    ({"events": []}, "events is []: the least number of items is 1."),
    ({"events": [event("Viewed", source=...)]}, "events[0].source is required and was not sent."),
    ({"events": [event("Viewed"), {**event("Viewed", eventType=...), "event_type": "Viewed"}]},
     "events[1].event_type is misspelt: the member is eventType."),
    ({"events": [event("identify")]}, 'events[0].target.itemType is "_", and is to be "analyticsUser".'),
    ({"events": [event("demo-check-out")]},
     "events[0].properties.total is required and was not sent, as registered for demo-check-out."),
    ({"events": [event("demo-check-out", {"total": "7"})]},
     'events[0].properties.total is "7", and is to be a number: 7, as registered for demo-check-out.'),
    ({"events": [event("Viewed", scope="web")]},
     f'events[0].scope is "web": it is the id of the data source that calls, {SOURCE}.'),
    ({"events": [event("updateIdentify")]},
     "events[0].eventType is updateIdentify, which is obsolete: the event is identify."),
    ({"events": [event("Wept")]},
     'events[0].eventType is "Wept", which nobody has registered: the workspace has Bought, Refunded, Viewed, '
     "demo-check-out."),
    (b"", "The body is empty."),
]  # fmt: skip


@pytest.mark.parametrize(("body", "cause"), TRACKED, ids=map(str, range(len(TRACKED))))
def test_what_is_wrong_with_what_is_tracked(client: httpx.Client, ready: Caller, body: Any, cause: str) -> None:
    told = _smile(client, body)
    assert told.cause == cause
    assert pasted(told.curl)[0] == 200


def test_a_body_that_is_too_large_cannot_be_mended(client: httpx.Client, ready: Caller) -> None:
    told = _smile(client, b" " * (MOST_BYTES + 1))
    assert (told.failed, told.told["correction"]) == ("JSON", None)
    assert told.cause == f"The body is larger than {MOST_BYTES} bytes: send fewer events at a time."
