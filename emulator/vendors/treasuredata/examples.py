"""What Treasure Data's documents and clients show.

The guide and the OpenAPI have a request each and no answer; the answers are those of the clients: treasuredata-go-sdk
(the keys of an offer and of a batch segment) and td-js-sdk's PERSONALIZATION_2.md (the attributes).
"""

from emulator.core.description import Example, Examples
from emulator.vendors.treasuredata.contract import (
    BROWSER_MEDIA_TYPE,
    MEDIA_TYPE,
    MOBILE_MEDIA_TYPE,
    SINGLE_MEDIA_TYPE,
)
from emulator.vendors.treasuredata.errors import GUIDE, OPENAPI

_GUIDE_PATH = {"database": "personalization__database", "table": "preferences_table"}
_PAGE_PATH = {"database": "emu_db", "table": "pageviews"}
_OPENAPI_EVENT = {
    "time": 1700760737,
    "uuid": "5505C764-00FC-469B-8EEF-F85A0FC85794",
    "string": "hello",
    "number": 3,
}
_TOKEN = "1/2/6b6ea5f8df5845fa8e7962f9e1ba84a3"
_PAGE = {"Origin": "http://localhost:8081"}
_OFFERS = {
    "offers": {
        "welcome": {
            "attributes": {"first_name": "test", "nickname": "tet"},
            "batch_segments": [{"id": "55352"}],
        }
    }
}
_JS = "td-js-sdk 4.4.3 in Chromium"
_TRACKED = {"events": [{"utm_source": "x", "event_name": "view", "time": 1700760737}]}

EXAMPLES: Examples = (
    Example(
        operation="personalize",
        name="openapi_event",
        source=f"{OPENAPI}, the event and the token; the path from {GUIDE.partition(', Responses')[0]}",
        says="One event with columns of all kinds.",
        path=_GUIDE_PATH,
        headers={"WP13n-Token": _TOKEN},
        media_type=MEDIA_TYPE,
        body=_OPENAPI_EVENT,
        answer=_OFFERS,
    ),
    Example(
        operation="personalizePublic",
        name="signed_mode",
        source=f"{_JS}, fetchPersonalization",
        says="What the client for browsers sends of a visitor who may be known.",
        path=_PAGE_PATH,
        headers={**_PAGE, "WP13n-Token": _TOKEN},
        media_type=MEDIA_TYPE,
        body={"td_client_id": "c-1", "email": "a@example.com", "event_name": "view"},
        answer=_OFFERS,
    ),
    Example(
        operation="personalizePublic",
        name="no_data",
        source=f"{_JS}, fetchPersonalization",
        says="What it sends where the page has nothing to say.",
        path=_PAGE_PATH,
        headers={**_PAGE, "WP13n-Token": _TOKEN},
        media_type=MEDIA_TYPE,
        body={},
        status=204,
    ),
    Example(
        operation="personalizePublicPreflight",
        name="preflight",
        source=f"{_JS}, fetchPersonalization",
        says="The preflight of every personalization call.",
        path=_PAGE_PATH,
        headers={
            **_PAGE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,wp13n-token",
        },
        status=204,
    ),
    Example(
        operation="importRecords",
        name="add_record",
        source=f"{_JS}, addRecord",
        says="A record of an anonymous visitor.",
        path=_PAGE_PATH,
        query={"modified": "1795301611603", "time": "1700760737"},
        media_type=MEDIA_TYPE,
        body=_TRACKED,
        answer={"receipts": [{"success": True}]},
    ),
    Example(
        operation="importRecords",
        name="single_record",
        source="a public activation script",
        says="One record by itself.",
        path=_PAGE_PATH,
        media_type=SINGLE_MEDIA_TYPE,
        body=_OPENAPI_EVENT,
        answer={"receipts": [{"success": True, "uuid": "5505C764-00FC-469B-8EEF-F85A0FC85794"}]},
    ),
    Example(
        operation="importRecords",
        name="track_pageview",
        source=f"{_JS}, trackPageview with the global id switched on",
        says="The server fills in a placeholder.",
        path=_PAGE_PATH,
        media_type=BROWSER_MEDIA_TYPE,
        body={"events": [{"td_client_id": "c-1", "td_global_id": "td_global_id", "td_path": "/products/42"}]},
    ),
    Example(
        operation="importRecords",
        name="mobile_event",
        source="td-android-sdk, TDClientTest.java",
        says="What the clients for phones send where they track addresses.",
        path=_PAGE_PATH,
        media_type=MOBILE_MEDIA_TYPE,
        body={"events": [{"td_uuid": "u-1", "event": "open"}, {"td_uuid": "u-1", "event": "close"}]},
        answer={"receipts": [{"success": True}, {"success": True}]},
    ),
    Example(
        operation="importRecordsPreflight",
        name="preflight",
        source=f"{_JS}, trackEvent",
        says="The preflight of every call that stores records.",
        path=_PAGE_PATH,
        headers={
            **_PAGE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
        status=204,
    ),
)
