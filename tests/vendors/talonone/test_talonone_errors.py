"""Refusals: their words, their places, and that each can be asked for."""

import pytest

KEY = "ab" * 32
SESSION = "/talonone/v2/customer_sessions/s-1"
PROFILE = "/talonone/v2/customer_profiles/p-1"
HEADERS = {"Authorization": f"ApiKey-v1 {KEY}"}


def problem(title, details, pointer):
    return {"title": title, "details": details, "source": {"pointer": pointer}}


@pytest.mark.proves("talonone.error.unknown_attribute")
def test_the_documented_body_for_an_attribute_that_nobody_has_defined(client, shop):
    response = client.put(PROFILE, json={"attributes": {"MyAttribute": 1}}, headers=HEADERS)
    assert response.status_code == 400
    assert response.content == (
        b'{"message":"The submitted data was invalid","errors":[{"title":"Unknown","details":'
        b'"The attribute \\"MyAttribute\\" is not defined on CustomerProfile entities.",'
        b'"source":{"pointer":"/attributes/MyAttribute"}}],"StatusCode":400}'
    )


@pytest.mark.proves("talonone.error.invalid_attribute_type")
def test_the_documented_body_for_a_wrong_attribute_type(client, shop):
    response = client.put(PROFILE, json={"attributes": {"Name": False}}, headers=HEADERS)
    assert response.content == (
        b'{"message":"The submitted data was invalid","errors":[{"title":"Invalid type","details":'
        b'"Value of \\"Name\\" attribute (false) is not a string",'
        b'"source":{"pointer":"/attributes/Name"}}],"StatusCode":400}'
    )


@pytest.mark.proves("talonone.error.enum")
def test_the_documented_body_for_a_bad_state(client, shop):
    response = client.put(SESSION, json={"customerSession": {"state": "gone"}}, headers=HEADERS)
    assert response.status_code == 400
    assert response.content == (
        b'{"message":"The submitted data was invalid","errors":[{"title":"enum","details":'
        b'"state must be one of the following: \\"open\\", \\"closed\\", \\"cancelled\\"",'
        b'"source":{"pointer":"/customerSession/state"}}]}'
    )


def test_a_session_body_is_refused_without_a_status_code_and_with_pointers_below_customer_session(shop):
    body = shop.refused(attributes={"MyAttribute": 1, "City": 3, "a/b~c": 4}, additionalCosts={"tax": {"price": 1}})
    assert body == {
        "message": "The submitted data was invalid",
        "errors": [
            problem(
                "Unknown",
                'The attribute "MyAttribute" is not defined on CustomerSession entities.',
                "/customerSession/attributes/MyAttribute",
            ),
            problem(
                "Invalid type", 'Value of "City" attribute (3) is not a string', "/customerSession/attributes/City"
            ),
            problem(
                "Invalid type",
                'Value of "a/b~c" attribute (4) is not a string',
                "/customerSession/attributes/a~1b~0c",
            ),
            problem("Unknown", 'The additional cost "tax" is not defined.', "/customerSession/additionalCosts/tax"),
        ],
    }


def test_attributes_of_a_cart_item_are_checked_where_they_stand(shop, cart):
    items = cart(1, 2)
    items[1]["attributes"] = {"color": "red", "size": 4}
    details = 'The attribute "size" is not defined on CartItem entities.'
    assert shop.refused(cartItems=items)["errors"] == [
        problem("Unknown", details, "/customerSession/cartItems/1/attributes/size")
    ]


ITEM = {"name": "Item", "sku": "sku", "quantity": 1, "price": 1}


def item(**members):
    return {"cartItems": [{name: value for name, value in {**ITEM, **members}.items() if value != "left out"}]}


@pytest.mark.parametrize(
    ("members", "title", "details", "place"),
    [
        pytest.param(
            item(sku="left out"),
            "required",
            "sku is required",
            "/cartItems/0/sku",
            marks=pytest.mark.proves("talonone.error.schema_violation"),
        ),
        (item(price="left out"), "required", "price is required", "/cartItems/0/price"),
        (item(quantity="left out"), "required", "quantity is required", "/cartItems/0/quantity"),
        (item(name=""), "minLength", "String length must be greater than or equal to 1", "/cartItems/0/name"),
        (item(sku=""), "minLength", "String length must be greater than or equal to 1", "/cartItems/0/sku"),
        (item(quantity=0), "minimum", "Must be greater than or equal to 1", "/cartItems/0/quantity"),
        (item(quantity=1.5), "type", "Invalid type. Expected: integer, given: number", "/cartItems/0/quantity"),
        (item(quantity="1"), "type", "Invalid type. Expected: integer, given: string", "/cartItems/0/quantity"),
        (item(quantity=True), "type", "Invalid type. Expected: integer, given: boolean", "/cartItems/0/quantity"),
        (item(price="1"), "type", "Invalid type. Expected: number, given: string", "/cartItems/0/price"),
        (item(price=1e16), "maximum", "Must be less than or equal to 1000000000000000", "/cartItems/0/price"),
        (item(weight=[]), "type", "Invalid type. Expected: number, given: array", "/cartItems/0/weight"),
        (
            item(quantity=10_001),
            "maximum",
            "The sum of all quantities must be less than or equal to 10000",
            "/cartItems",
        ),
        ({"cartItems": [ITEM] * 1001}, "maxItems", "Array must have at most 1000 items", "/cartItems"),
        ({"cartItems": {}}, "type", "Invalid type. Expected: array, given: object", "/cartItems"),
        ({"cartItems": [1]}, "type", "Invalid type. Expected: object, given: integer", "/cartItems/0"),
        ({"identifiers": ["a"] * 6}, "maxItems", "Array must have at most 5 items", "/identifiers"),
        (
            {"couponCodes": ["x" * 101]},
            "maxLength",
            "String length must be less than or equal to 100",
            "/couponCodes/0",
        ),
        (
            {"referralCode": "x" * 101},
            "maxLength",
            "String length must be less than or equal to 100",
            "/referralCode",
        ),
        ({"couponCodes": "ONE"}, "type", "Invalid type. Expected: array, given: string", "/couponCodes"),
        ({"couponCodes": [None]}, "type", "Invalid type. Expected: string, given: null", "/couponCodes/0"),
        ({"profileId": 7}, "type", "Invalid type. Expected: string, given: integer", "/profileId"),
        ({"attributes": []}, "type", "Invalid type. Expected: object, given: array", "/attributes"),
        (
            {"additionalCosts": {"shipping": 5}},
            "type",
            "Invalid type. Expected: object, given: integer",
            "/additionalCosts/shipping",
        ),
        (
            {"additionalCosts": {"shipping": {}}},
            "required",
            "price is required",
            "/additionalCosts/shipping/price",
        ),
        (
            {"state": "partially_returned"},
            "enum",
            'state must be one of the following: "open", "closed", "cancelled"',
            "/state",
        ),
    ],
)
def test_a_body_that_breaks_its_schema_is_refused_by_keyword(shop, members, title, details, place):
    body = shop.refused(**members)
    assert body["message"] == "The submitted data was invalid"
    assert body["errors"] == [problem(title, details, f"/customerSession{place}")]


def test_an_unknown_part_of_the_answer_is_refused(client, shop):
    content = {"customerSession": {}, "responseContent": ["coupons", "weather"]}
    error = client.put(SESSION, json=content, headers=HEADERS).json()["errors"][0]
    assert (error["title"], error["source"]) == ("enum", {"pointer": "/responseContent/1"})
    assert error["details"].startswith('responseContent must be one of the following: "customerSession", ')


@pytest.mark.parametrize(
    ("path", "content", "title", "details", "pointer"),
    [
        (SESSION, b"{}", "required", "customerSession is required", "/customerSession"),
        (
            SESSION,
            b'{"customerSession":null}',
            "type",
            "Invalid type. Expected: object, given: null",
            "/customerSession",
        ),
        (SESSION, b"[]", "type", "Invalid type. Expected: object, given: array", ""),
        (PROFILE, b"7", "type", "Invalid type. Expected: object, given: integer", ""),
        (
            PROFILE,
            b'{"attributes":3}',
            "type",
            "Invalid type. Expected: object, given: integer",
            "/attributes",
        ),
    ],
)
def test_a_body_of_another_shape_is_refused(client, shop, path, content, title, details, pointer):
    response = client.put(path, content=content, headers=HEADERS)
    assert response.status_code == 400
    assert response.json()["errors"] == [problem(title, details, pointer)]
    assert ("StatusCode" in response.json()) is (path == PROFILE)


@pytest.mark.parametrize("path", [SESSION, PROFILE])
@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"a":1,}', b"null null", b'{"attributes":"\\ud800"}'])
@pytest.mark.proves("talonone.error.malformed_json")
def test_what_is_not_json_is_refused(client, shop, path, content):
    response = client.put(path, content=content, headers=HEADERS)
    assert response.status_code == 400
    body = response.json()
    assert body["message"] == "The submitted data was invalid"
    assert [(one["title"], one["source"]) for one in body["errors"]] == [("Malformed JSON", {"pointer": ""})]
    assert body.get("StatusCode") == (400 if path == PROFILE else None)


@pytest.mark.parametrize("path", [SESSION, PROFILE])
def test_what_is_not_json_is_told_in_the_same_words_everywhere(client, shop, path):
    (error,) = client.put(path, content=b"{", headers=HEADERS).json()["errors"]
    assert error["details"] == "EOF while parsing an object at line 1 column 1"


def test_numbers_that_json_does_not_know_are_refused(client, shop):
    response = client.put(PROFILE, content=b'{"attributes":{"Age":NaN}}', headers=HEADERS)
    assert response.json()["errors"][0]["title"] == "Invalid type"
    price = b'{"customerSession":{"cartItems":[{"name":"a","sku":"b","quantity":1,"price":Infinity}]}}'
    assert client.put(SESSION, content=price, headers=HEADERS).json()["errors"][0]["title"] == "type"


def test_members_that_nobody_knows_are_ignored(client, shop):
    body = {"customerSession": {"colour": 1, "cartItems": [{**ITEM, "colour": 2}]}, "colour": 3}
    assert client.put(SESSION, json=body, headers=HEADERS).status_code == 200
    assert client.put(PROFILE, json={"colour": 1}, headers=HEADERS).status_code == 200


def test_the_content_type_does_not_matter(client, shop):
    headers = {**HEADERS, "Content-Type": "text/plain"}
    assert client.put(SESSION, content=b'{"customerSession":{}}', headers=headers).status_code == 200


@pytest.mark.parametrize("value", ["1", "t", "T", "TRUE", "true", "True"])
def test_dry_in_every_spelling_of_true_stores_nothing(shop, value):
    shop.session("s-1", dry=value)
    assert shop.session("s-1", "customerSession")["customerSession"]["updateCount"] == 1


@pytest.mark.parametrize("value", ["0", "f", "F", "FALSE", "false", "False"])
def test_dry_in_every_spelling_of_false_stores(shop, value):
    shop.session("s-1", dry=value)
    assert shop.session("s-1", "customerSession")["customerSession"]["updateCount"] == 2


@pytest.mark.parametrize("value", ["maybe", "yes", "tRUE", "2", ""])
@pytest.mark.proves("talonone.error.invalid_query_parameter")
def test_dry_of_anything_else_is_refused(client, shop, value):
    response = client.put(SESSION, params={"dry": value}, json={"customerSession": {}}, headers=HEADERS)
    assert response.status_code == 400
    assert response.json() == {
        "message": "The submitted data was invalid",
        "errors": [
            {
                "title": "type",
                "details": f'Invalid type. Expected: boolean, given: "{value}"',
                "source": {"parameter": "dry"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ("invalid_api_key", 401, b'{"message":"Invalid API key","StatusCode":401}'),
        pytest.param(
            "too_many_requests_for_profile",
            409,
            b'{"message":"Too many requests are updating this profile at the same time","errors":[],"StatusCode":409}',
            marks=pytest.mark.proves("talonone.error.too_many_requests_for_profile"),
        ),
        pytest.param(
            "too_many_requests_for_session",
            409,
            b'{"message":"Too many requests are updating this session at the same time","errors":[],"StatusCode":409}',
            marks=pytest.mark.proves("talonone.error.too_many_requests_for_session"),
        ),
        (
            "unknown_attribute",
            400,
            b'{"message":"The submitted data was invalid","errors":[{"title":"Unknown","details":"The attribute '
            b'\\"MyAttribute\\" is not defined on CustomerSession entities.",'
            b'"source":{"pointer":"/attributes/MyAttribute"}}]}',
        ),
        (
            "invalid_attribute_type",
            400,
            b'{"message":"The submitted data was invalid","errors":[{"title":"Invalid type","details":"Value of '
            b'\\"Name\\" attribute (false) is not a string","source":{"pointer":"/attributes/Name"}}]}',
        ),
        (
            "enum",
            400,
            b'{"message":"The submitted data was invalid","errors":[{"title":"enum","details":"state must be one of '
            b'the following: \\"open\\", \\"closed\\", \\"cancelled\\"","source":{"pointer":"/state"}}]}',
        ),
        pytest.param(
            "not_found",
            404,
            b'{"message":"Not Found","StatusCode":404}',
            marks=pytest.mark.proves("talonone.error.not_found"),
        ),
        pytest.param(
            "rate_limited",
            429,
            b'{"message":"Too Many Requests","StatusCode":429}',
            marks=pytest.mark.proves("talonone.error.rate_limited"),
        ),
        pytest.param(
            "internal_error",
            500,
            b'{"message":"Internal Server Error","StatusCode":500}',
            marks=pytest.mark.proves("talonone.error.internal_error"),
        ),
        pytest.param(
            "bad_gateway",
            502,
            b'{"message":"Bad Gateway","RequestUUID":"3f0e4d1c-8a51-4c0e-9d61-2f7b5a9c1e08"}',
            marks=pytest.mark.proves("talonone.error.bad_gateway"),
        ),
        pytest.param(
            "service_unavailable",
            503,
            b'{"message":"Service Unavailable","RequestUUID":"3f0e4d1c-8a51-4c0e-9d61-2f7b5a9c1e08"}',
            marks=pytest.mark.proves("talonone.error.service_unavailable"),
        ),
        pytest.param(
            "body_too_large",
            413,
            b'{"message":"Request Entity Too Large","StatusCode":413}',
            marks=pytest.mark.proves("talonone.error.body_too_large"),
        ),
    ],
)
def test_a_failure_can_be_asked_for_by_name_and_changes_nothing(client, shop, fault, status, body):
    content = b'{"customerSession":{},"responseContent":["customerSession"]}'
    response = client.put(SESSION, content=content, headers={**HEADERS, "X-Emulator-Fault": fault})
    assert (response.status_code, response.content) == (status, body)
    assert response.headers["content-type"] == "application/json"
    assert client.put(SESSION, content=content, headers=HEADERS).json()["customerSession"]["updateCount"] == 1


def test_every_failure_of_the_catalogue_has_its_words_filled_in(client, shop, server):
    vendor = next(vendor for vendor in server.emulator.vendors if vendor.slug == "talonone")
    for failure in vendor.failures:
        response = client.put(SESSION, headers={**HEADERS, "X-Emulator-Fault": failure.name})
        assert response.status_code == failure.status
        assert response.json()["message"]
        assert not any(f"{{{word}}}" in response.text for word in failure.example)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v2/customer_sessions/s-1", "PUT, GET"),
        ("DELETE", "/v2/customer_sessions/s-1", "PUT, GET"),
        ("GET", "/v2/customer_sessions/s-1/returns", "POST"),
        ("POST", "/v2/customer_sessions/s-1/reopen", "PUT"),
        ("GET", "/v1/customer_sessions/s-1", "PUT"),
        ("GET", "/v2/customer_profiles/p-1", "PUT"),
        ("POST", "/v1/customer_profiles/p-1", "PUT"),
        ("PUT", "/v1/customer_profiles/p-1/inventory", "GET"),
        ("GET", "/v1/customer_data/p-1", "DELETE"),
        ("PUT", "/v1/referrals", "POST"),
        ("GET", "/v1/events", "POST"),
        ("PUT", "/v2/events", "POST"),
        ("PUT", "/v1/coupon_reservations/CODE", "POST, DELETE"),
    ],
)
@pytest.mark.proves("talonone.error.method_not_allowed")
def test_another_method_is_refused(client, shop, method, path, allowed):
    response = client.request(method, f"/talonone{path}", headers=HEADERS)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)
    assert response.content == b'{"message":"Method Not Allowed","StatusCode":405}'


@pytest.mark.parametrize("path", ["/v2/customer_sessions/%zz", "/v2/customer_profiles/%ff"])
@pytest.mark.proves("talonone.error.malformed_path")
def test_a_path_that_is_not_encoded_text_is_refused(client, shop, path):
    assert client.put(f"/talonone{path}", content=b"{}", headers=HEADERS).status_code == 400


@pytest.mark.parametrize(
    "path", ["/v1/audiences", "/v1/customer_sessions/", "/v2/customer_sessions/", "/v2/customer_sessions/a/b", "/"]
)
def test_everything_else_is_not_emulated_yet(client, shop, path):
    response = client.put(f"/talonone{path}", content=b"{}", headers=HEADERS)
    assert (response.status_code, response.headers["x-emulator-unimplemented"]) == (501, "true")
