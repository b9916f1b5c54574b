"""The OpenAPI documents against the source documents' examples, and against the emulator itself.

That every answer of every other test is as its document says is checked by `tests/conftest.py`.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import orjson
import pytest
from jsonschema import Draft202012Validator

from emulator.control.openapi import document
from emulator.core.description import Example
from emulator.core.journal import Entry
from emulator.core.vendor import Vendor
from emulator.core.world import World
from emulator.vendors import VENDORS
from tests.described import Description
from tests.vendors.good_calls import GOOD_CALLS

Object = dict[str, Any]

every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.slug)
every_example = pytest.mark.parametrize(
    ("vendor", "example"),
    [
        pytest.param(vendor, example, id=f"{vendor.slug}-{example.operation}-{example.name}")
        for vendor in VENDORS
        for example in vendor.examples()
    ],
)


@pytest.fixture(scope="module")
def documents() -> Mapping[str, Object]:
    return {vendor.slug: document(vendor, "1.0") for vendor in VENDORS}


def operations(of: Object) -> list[Object]:
    return [operation for item in of["paths"].values() for operation in item.values()]


def schemas_in(value: Any) -> list[Any]:
    """Every schema that stands anywhere in a document."""
    if isinstance(value, list):
        return [schema for one in value for schema in schemas_in(one)]
    if not isinstance(value, dict):
        return []
    own = [value["schema"]] if isinstance(value.get("schema"), dict) else []
    return own + [schema for one in value.values() for schema in schemas_in(one)]


@every_vendor
def test_every_schema_is_one_of_json_schema_2020_12(vendor: Vendor, documents: Mapping[str, Object]) -> None:
    made = documents[vendor.slug]
    for schema in [*schemas_in(made["paths"]), *made["components"]["schemas"].values()]:
        Draft202012Validator.check_schema(schema)


@every_vendor
def test_every_refusal_and_every_accepted_body_has_a_shape(vendor: Vendor, documents: Mapping[str, Object]) -> None:
    for operation in operations(documents[vendor.slug]):
        for status, response in operation["responses"].items():
            for content in response.get("content", {}).values():
                assert content["schema"], (operation["operationId"], status)


@every_vendor
def test_every_failure_of_the_catalogue_is_in_the_document(vendor: Vendor, documents: Mapping[str, Object]) -> None:
    made = documents[vendor.slug]
    answers = [
        *[answer for operation in operations(made) for answer in operation["responses"].values()],
        *made["components"]["responses"].values(),
    ]
    told = {
        name
        for answer in answers
        for content in answer.get("content", {}).values()
        for name, shown in content.get("examples", {}).items()
        if "x-emulator-entry" in shown
    }
    assert told == set(vendor.catalogue)


@every_vendor
def test_every_guarded_operation_says_how_to_authenticate(vendor: Vendor, documents: Mapping[str, Object]) -> None:
    schemes = documents[vendor.slug]["components"]["securitySchemes"]
    for operation in operations(documents[vendor.slug]):
        named = [name for alternative in operation["security"] for name in alternative]
        assert set(named) <= set(schemes)
        assert not operation["x-emulator-guarded"] or (named and {} not in operation["security"])


@every_vendor
def test_every_entry_in_the_document_is_one_of_provenance(vendor: Vendor, documents: Mapping[str, Object]) -> None:
    entries = {entry.id: entry for entry in vendor.entries}

    def told(value: Any) -> list[Object]:
        if isinstance(value, list):
            return [one for item in value for one in told(item)]
        if not isinstance(value, dict):
            return []
        own = [value] if "x-emulator-entry" in value else []
        return own + [one for item in value.values() for one in told(item)]

    found = told(documents[vendor.slug])
    for one in found:
        entry = entries[one["x-emulator-entry"]]
        assert (one["x-emulator-provenance"], one["x-emulator-source"]) == (entry.level, entry.source)
    assert {one["x-emulator-entry"] for one in found} == set(entries)


@every_vendor
def test_every_example_in_a_document_is_as_its_own_schema_says(vendor: Vendor) -> None:
    complaints = Description(vendor).example_complaints()
    assert not complaints


# the examples, run ----------------------------------------------------------------------------------------------------


def url_of(vendor: Vendor, example: Example) -> tuple[str, str]:
    operation = next(one for one in vendor.routes if one.id == example.operation)
    path = operation.path
    for name in operation.names:
        path = path.replace(f"{{{name}}}", quote(example.path[name], safe=""))
    query = {name: str(value).lower() if isinstance(value, bool) else value for name, value in example.query.items()}
    return operation.method, path + (f"?{urlencode(query)}" if query else "")


@pytest.fixture
def prepared(client: httpx.Client, load: Callable[[Object], None]) -> Callable[[Vendor, Example], Mapping[str, str]]:
    """The world that an example is about, and the credential for it."""

    def prepare(vendor: Vendor, example: Example) -> Mapping[str, str]:
        return PREPARED[vendor.slug](client, load, example)

    return prepare


def _treasuredata(client: httpx.Client, load: Callable[[Object], None], example: Example) -> Mapping[str, str]:
    """The account and the token of the OpenAPI's own example."""
    key = "1/" + "a" * 40
    token = {"name": "t", "value": "6b6ea5f8df5845fa8e7962f9e1ba84a3"}
    load(
        {
            "treasuredata": {
                "account": {"id": "1", "api_keys": [{"value": key, "type": "write-only"}]},
                "reactors": [{"id": 2, "parent_segment_id": "394649"}],
                "personalization_services": [
                    {
                        "name": "web",
                        "public": example.operation == "personalizePublic",
                        "reactor": 2,
                        "tokens": [token],
                    }
                ],
                "parent_segments": [{"id": "394649", "realtime_setting": {"keyColumns": [{"name": "td_client_id"}]}}],
            }
        }
    )
    return {"Authorization": f"TD1 {key}"}


def _primedata(client: httpx.Client, load: Callable[[Object], None], example: Example) -> Mapping[str, str]:
    return GOOD_CALLS["primedata"].headers


def _algonomy(client: httpx.Client, load: Callable[[Object], None], example: Example) -> Mapping[str, str]:
    if example.operation == "createToken":
        return {}
    token = client.post(f"/algonomy{GOOD_CALLS['algonomy'].token_call.path}").json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def _talonone(client: httpx.Client, load: Callable[[Object], None], example: Example) -> Mapping[str, str]:
    """The demo world, with the profile or the closed session that the call is about."""
    key = {"Authorization": GOOD_CALLS["talonone"].headers["Authorization"]}
    for name in ("cust 1", "cust/1 é"):
        client.put(f"/talonone/v2/customer_profiles/{quote(name, safe='')}", json={}, headers=key)
    if example.operation in ("getCustomerSession", "reopenCustomerSession", "returnCartItems"):
        cart = [{"name": "Pizza", "sku": "pz-1", "quantity": 2, "price": 10.5}]
        body = {"customerSession": {"state": "closed", "cartItems": cart}}
        client.put("/talonone/v2/customer_sessions/s%201", json=body, headers=key)
    return key


PREPARED = {
    "treasuredata": _treasuredata,
    "primedata": _primedata,
    "algonomy": _algonomy,
    "talonone": _talonone,
}
REALMS = {"algonomy": "/qa"}


@every_example
def test_an_example_of_a_source_document_is_accepted(
    vendor: Vendor, example: Example, client: httpx.Client, prepared: Callable[[Vendor, Example], Mapping[str, str]]
) -> None:
    credential = prepared(vendor, example)
    method, path = url_of(vendor, example)
    headers = {**credential, **example.headers}
    content: bytes | None = None
    if example.body is not None:
        is_form = example.media_type == "application/x-www-form-urlencoded"
        content = urlencode(example.body).encode() if is_form else orjson.dumps(example.body)
        headers["Content-Type"] = example.media_type
    root = f"/{vendor.slug}{REALMS.get(vendor.slug, '')}"
    response = client.request(method, f"{root}{path}", content=content, headers=headers)
    unmatched = {200, 204} if example.operation.startswith("personalize") else {example.status}
    assert response.status_code in unmatched, response.text


# a tampered answer ----------------------------------------------------------------------------------------------------


@pytest.fixture
def accepted(client: httpx.Client, world: World) -> Entry:
    """A session of Talon.One's, as the journal has it."""
    call = GOOD_CALLS["talonone"]
    client.request(call.method, f"/talonone{call.path}", content=call.body, headers=dict(call.headers))
    return list(world.journal)[-1]


def tampered(entry: Entry, **members: Any) -> Entry:
    body = {**orjson.loads(entry.answer_body), **members}
    return entry._replace(answer_body=orjson.dumps({name: one for name, one in body.items() if one is not ...}))


@pytest.fixture(scope="module")
def talonone() -> Description:
    return Description(next(vendor for vendor in VENDORS if vendor.slug == "talonone"))


def test_an_answer_as_it_came_is_described(talonone: Description, accepted: Entry) -> None:
    assert talonone.complaint(accepted) is None


@pytest.mark.parametrize(
    "members",
    [
        {"effects": ...},
        {"effects": {}},
        {"more": 1},
        {"createdCoupons": [{"id": 1}]},
        {"customerSession": {"state": "opened"}},
        {
            "effects": [
                {
                    "campaignId": 1,
                    "rulesetId": 1,
                    "ruleIndex": 0,
                    "ruleName": "",
                    "effectType": "setDiscount",
                    "props": {"name": "x"},
                }
            ]
        },
    ],
    ids=["member gone", "wrong kind", "unknown member", "member of a member gone", "no such word", "wrong props"],
)
def test_an_answer_of_another_shape_is_noticed(talonone: Description, accepted: Entry, members: Object) -> None:
    assert talonone.complaint(tampered(accepted, **members)) is not None


def test_an_answer_of_another_kind_is_noticed(talonone: Description, accepted: Entry) -> None:
    told = [
        talonone.complaint(accepted._replace(status=202)),
        talonone.complaint(accepted._replace(answer_headers=[("content-type", "text/plain")])),
        talonone.complaint(accepted._replace(answer_body=b"")),
        talonone.complaint(
            accepted._replace(
                status=404,
                refusal="coupon_not_found",
                answer_body=b'{"message":"Not Found","StatusCode":404}',
            )
        ),
        talonone.complaint(
            accepted._replace(status=400, refusal="unknown_campaign", answer_body=b'{"message":"The submitted data"}')
        ),
        talonone.complaint(
            accepted._replace(
                status=405, refusal="method_not_allowed", answer_body=b'{"message":"No","StatusCode":405}'
            )
        ),
    ]
    assert told == [
        "status 202 is not in the document",
        "text/plain is not in the document for status 200",
        "a body of application/json is in the document, none came",
        "status 404 is not in the document",
        "the failure unknown_campaign is not in the document for status 400",
        "the header Allow is required and missing",
    ]
