"""What PrimeData's pages show: "Profile API", "Events Push API" and "Events Dynamics".

Corrected where a sample is not JSON: identity values are texts, and the cursor stands beside the data. Placeholders
stand for the demo world's data source.
"""

from emulator.core.description import Example, Examples

_PROFILE_ID = "2K7QRzns7Gpw4n4Q4RADtFpmhnm"
_OTHER_ID = "2Q5OFD0h3NdANoqIJhHzTnto3ay"
_CONNECTOR_ID = "30ShineMSSQL.BookingCompleted.17484563"
_BOOKED = {"at": "2023-05-21T11:48:23", "full_name": "ĐỨC", "phone_number": "0123456789"}
_TIMES = {"time_stamp": "2023:01:01T20:00:00Z", "sent_at": "2023:01:01T20:01:00Z", "input_schema_version": "0.1"}
_SOURCE = "JS-2Q5OFBvKq7zXgL1YhM0cNsTdWpR"
_KEYS = {"X-Client-Id": _SOURCE, "X-Client-Access-Token": "2Q5OFDPr3Yw6uEo9JtVxAbZkGm4"}
_NOTHING = {"itemId": "_", "itemType": "_", "scope": _SOURCE}
_EVENT = {"scope": _SOURCE, "timeStamp": "2021-10-15T18:49:00+07:00", "source": _NOTHING}
_TAKEN = {"processedEvents": 1, "profileId": None}

EXAMPLES: Examples = (
    Example(
        operation="searchProfiles",
        name="by_identity",
        source="Profile API 1.1",
        says="All that is known of who has a phone number.",
        body={"identities": {"phone_number": ["0123456789"]}},
        answer={
            "data": {
                "profile_id": _PROFILE_ID,
                "last_updated": "2020-01-01T00:00:00Z",
                "identity": {
                    "phone_number": ["0123456788", "0123456789"],
                    "email": ["mail@gmail.com"],
                    "clevertap_device_id": ["device_id"],
                    "crm_user_id": ["123"],
                },
                "trait": {"full_name": "Sơn", "address": "HN"},
                "p_trait": {"ltv": 12000, "last_time_purchased": "2023:01:01T20:00:00Z"},
            }
        },
    ),
    Example(
        operation="searchProfiles",
        name="chosen_properties",
        source="Profile API 1.1, type and include",
        says="Three properties of a known profile, whatever section they are in.",
        body={
            "profile_id": "2YhQlO5kmTIRCu22QrO9BmgwbIy",
            "type": ["trait", "ptrait", "identity"],
            "include": ["full_name", "phone_number", "ltv"],
        },
    ),
    Example(
        operation="searchEvents",
        name="by_profile_id",
        source="Profile API 1.2",
        says="Events of one profile; the event that the next page begins with is in the cursor.",
        body={"profile_id": _OTHER_ID, "include": ["BookingCompleted", "OrderCreated"], "sort": "asc", "limit": 12},
        answer={
            "data": [
                {
                    "properties": {
                        **_BOOKED,
                        "booking_completed_time": "2023-05-21T04:48:23Z",
                        "customer_id": "749547",
                    },
                    "id": _CONNECTOR_ID,
                    "profile_id": _OTHER_ID,
                    "event_name": "BookingCompleted",
                    **_TIMES,
                },
                {
                    "properties": {**_BOOKED, "order_date": "2023-05-21T04:48:23Z", "order_revenue": 749547},
                    "id": _CONNECTOR_ID,
                    "profile_id": _OTHER_ID,
                    "event_name": "OrderCreated",
                    **_TIMES,
                },
            ],
            "cursor": {
                "has_more": True,
                "next": "MTUxMzc1NTQzNjg2NzAwMDAwMDo6YWpzLTcyMWFhNzFjNDM2ZWJhOTUyYmI1ZmNiMzJlZWI3MWMzLWNsZWFu",
            },
        },
    ),
    Example(
        operation="smile",
        name="view",
        source="Events Push API, Sending events",
        says="One behavioural event.",
        headers=_KEYS,
        body={
            "sessionId": "45d01662-45ad-4f52-9d4f-ef77fde0b17a",
            "events": [
                {**_EVENT, "eventType": "view", "properties": {"url": "https://example.com"}, "target": _NOTHING}
            ],
        },
        answer=_TAKEN,
    ),
    Example(
        operation="smile",
        name="save_entity",
        source="Entities, Entity Creation API",
        says="An entity, which is ingested as an event.",
        headers=_KEYS,
        body={
            "sessionId": "45d01662-45ad-4f52-9d4f-ef77fde0b17a",
            "events": [
                {**_EVENT, "eventType": "SaveEntity", "properties": {"url": "https://example.com"}, "target": _NOTHING}
            ],
        },
        answer=_TAKEN,
    ),
    Example(
        operation="context",
        name="identify",
        source="Events Dynamics, The Flow, step 1",
        says="A visitor says who it is, and its session is bound to a profile.",
        headers=_KEYS,
        body={
            "events": [
                {
                    **_EVENT,
                    "eventType": "identify",
                    "sessionId": "a-session-id",
                    "target": {"itemType": "analyticsUser", "properties": {"email": "someone@gmail.com"}},
                }
            ]
        },
    ),
)
