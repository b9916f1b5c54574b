"""What a test asserts of its calls, and what it is told when they were others."""

import pytest

from tests.testing.conftest import Run
from tests.testing.shop import Shop


@pytest.fixture
def shop(run: Run, pytester: pytest.Pytester) -> Shop:
    return Shop(run, pytester)


# what holds -----------------------------------------------------------------------------------------------------------

HOLDING = """
cart = [{"name": "x", "sku": "shoe-1", "quantity": 2, "price": 1.5}]
session("s-1", cart, params={"dry": "true", "a": ["1", "2"]})
session("7")
look_up("s-3")
"""
TRUE = """
assert_called("talonone", "updateCustomerSessionV2")
assert_called("talonone", "updateCustomerSessionV2", times=2)
assert_called("talonone", times=3)
assert_called_once("talonone", "getCustomerSession", status=404)
assert_called("talonone", status="4xx", times=1)
assert_called_once("talonone", customer_session_id="s-1")
assert_called_once("talonone", customerSessionId="s-1", dry=True, a=["1", 2])
assert_called_once("talonone", customer_session_id=7)
assert_called_once("talonone", customer_session_id=pytest.approx(7.1, abs=0.2))
assert_called_once("talonone", customer_session_id=ANY, dry="true")
assert_called("talonone", **{"customer_session.profile_id": "ana@example.com"}, times=2)
assert_called_once("talonone", **{"customerSession.cartItems[0].sku": "shoe-1"})
assert_called("talonone", body={"customerSession": {"cartItems": ANY}}, times=2)
assert_called_once("talonone", body={"customerSession": {"cartItems": []}})
assert_called_once("talonone", body={"customerSession": {"cartItems": [{"price": pytest.approx(1.5), "quantity": 2}]}})
assert_called_once("talonone", customer_session={"cartItems": [{"sku": "shoe-1"}]})
assert_called_once("talonone", path_parameters={"customer_session_id": "7"}, body={})
assert_called_once("talonone", query={"a": ["1", "2"], "dry": True})
assert_called("talonone", headers={"content-TYPE": "application/json", "Authorization": "ApiKey-v1 …b3a4"}, times=2)
assert_called("talonone", headers={"Authorization": ANY}, times=3)
assert_called("talonone", "getCustomerSession", times=1, customer_session_id="s-3")
assert_not_called("algonomy")
assert_not_called("talonone", "trackEventV2")
assert_not_called("talonone", customer_session_id="s-4")
assert_not_called("talonone", "updateCustomerSessionV2", body={"customerSession": {"cartItems": [{"quantity": True}]}})
assert_not_called("talonone", status=500)
assert_called("talonone", times=0, status=500)
assert_called_in_order(("talonone", "updateCustomerSessionV2"), ("talonone", "getCustomerSession", {"status": 404}))
assert_nothing_refused("algonomy")
"""


def test_what_was_called_holds(shop: Shop) -> None:
    asserted = [line for line in TRUE.split("\n") if line]
    said = shop.each(["from unittest.mock import ANY\n" + HOLDING + f"emulator.{line}" for line in asserted])
    assert dict(zip(asserted, said, strict=True)) == dict.fromkeys(asserted, "passed")


def test_the_calls_that_were_meant_are_handed_back(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            session("s-1"), session("s-2"), look_up("s-2")
            assert [call.id for call in emulator.assert_called("talonone", customer_session_id="s-2")] == ["2", "3"]
            assert emulator.assert_called_once("talonone", "getCustomerSession").status == 200
            first = ("talonone", "updateCustomerSessionV2", {"customer_session_id": "s-1"})
            calls = emulator.assert_called_in_order(first, ("talonone", "getCustomerSession"))
            assert [call.id for call in calls] == ["1", "3"]
            assert emulator.assert_not_called("algonomy") is None
    """).assert_outcomes(passed=1)


def test_forms_and_free_bodies_have_fields_too(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            token()
            event = {"td_client_id": "c-1", "Größe": 42, "table": "x"}
            httpx.post("https://us01.p13n.in.treasuredata.com/web/views", json=event)
            emulator.assert_called_once("algonomy", grant_type="client_credentials", clientId="5934de97c95e1ced")
            emulator.assert_called_once("algonomy", body={"grant_type": "client_credentials"})
            emulator.assert_called_once("treasuredata", "personalize", database="web", td_client_id="c-1", Größe=42)
            emulator.assert_not_called("treasuredata", "personalize", whatever=1)
            emulator.assert_called_once("treasuredata", body={"table": "x"}, path_parameters={"table": "views"})
    """).assert_outcomes(passed=1)


def test_failures_that_were_arranged_are_no_refusals(shop: Shop) -> None:
    shop.test("""
        def test_it(emulator):
            emulator.fail("talonone", "updateCustomerSessionV2", times=1)
            session("s-1"), look_up("s-1", headers={"X-Emulator-Fault": "rate_limited"})
            emulator.assert_nothing_refused()
    """).assert_outcomes(passed=1)


# what cannot be asked -----------------------------------------------------------------------------------------------

REFUSED = {
    'assert_called("algonmy")': "vendor: 'algonmy' is no vendor here; did you mean algonomy?",
    'assert_not_called("algonomy", "optout")': "operation: 'optout' is no operation here; did you mean optOut?",
    'requests("algonomy", "optout")': "operation: 'optout' is no operation here; did you mean optOut?",
    'assert_nothing_refused("algonmy")': "vendor: 'algonmy' is no vendor here; did you mean algonomy?",
    'assert_called("")': "vendor: '' is no name",
    "assert_called(7)": "vendor: 7 is no name",
    'assert_not_called("algonomy", "optOut", usrId="u-1")': "'usrId' is no field of optOut here; did you mean userId?",
    'assert_not_called("algonomy", "optOut", zz=1)': (
        "'zz' is no field of optOut here; known: apiKey, userId, type, enableOptOut"
    ),
    'assert_called("talonone", zz=1)': (
        "'zz' is no field of talonone here; name the operation, and its fields will be listed"
    ),
    'requests("talonone", "updateCustomerSessionV2", profile_id="ana")': (
        "'profile_id' is no field of updateCustomerSessionV2 here; did you mean customerSession.profileId? Say it as "
        "**{'customerSession.profileId': …}"
    ),
    'assert_called("talonone", "updateCustomerSessionV2", sku="a")': (
        "'sku' is no field of updateCustomerSessionV2 here; did you mean customerSession.cartItems[0].sku? Say it as "
        "**{'customerSession.cartItems[0].sku': …}"
    ),
    'assert_called("talonone", "updateCustomerSessionV2", **{"customerSession.profilId": "ana"})': (
        "'customerSession.profilId' is no field of updateCustomerSessionV2 here; did you mean "
        "customerSession.profileId?"
    ),
    'assert_not_called("talonone", "updateCustomerSessionV2", body={"customerSesion": {}})': (
        "body: 'customerSesion' is no member in updateCustomerSessionV2 here; did you mean customerSession?"
    ),
    'assert_not_called("talonone", "updateCustomerSessionV2", body={"customerSession": {"profilId": 1}})': (
        "body.customerSession: 'profilId' is no member in updateCustomerSessionV2 here; did you mean profileId?"
    ),
    'assert_not_called("talonone", "getCustomerSession", body={"x": 1})': (
        "body: 'x' is no member in getCustomerSession here; known: none"
    ),
    'assert_not_called("talonone", "updateCustomerSessionV2", query={"dri": 1})': (
        "query: 'dri' is no name in updateCustomerSessionV2 here; did you mean dry?"
    ),
    'assert_not_called("algonomy", "optOut", path_parameters={"user": 1})': (
        "path_parameters: 'user' is no name in optOut here; did you mean userId?"
    ),
    'assert_called("talonone", query="dry")': "query: 'dry' is no mapping of names to values",
    'assert_called("talonone", headers={1: 2})': "headers: {1: 2} is no mapping of names to values",
    'assert_called("talonone", times=-1)': "times: write how often, a whole number from 0 on; found -1",
    'assert_called("talonone", times=True)': "times: write how often, a whole number from 0 on; found True",
    'assert_called("talonone", times="2")': "times: write how often, a whole number from 0 on; found '2'",
    'assert_called("talonone", status=99)': "status: write a status such as 404, or a class such as '4xx'; found 99",
    'requests("talonone", status="4x")': "status: write a status such as 404, or a class such as '4xx'; found '4x'",
    'requests("talonone", status=True)': "status: write a status such as 404, or a class such as '4xx'; found True",
    'assert_called_in_order("talonone")': (
        'a step is a tuple such as ("algonomy", "optOut", {"user_id": "u-1"}); found \'talonone\''
    ),
    'assert_called_in_order(("talonone", "getCustomrSession"))': (
        "operation: 'getCustomrSession' is no operation here; did you mean getCustomerSession?"
    ),
    'assert_called_in_order(("talonone", "getCustomerSession", {"sessionId": "s-1"}))': (
        "'sessionId' is no field of getCustomerSession here; did you mean customerSessionId?"
    ),
}


def test_what_no_call_can_be_told_by_is_refused_in_a_sentence(shop: Shop) -> None:
    said = shop.each(f"emulator.{question}" for question in REFUSED)
    assert dict(zip(REFUSED, said, strict=True)) == {
        question: f"emulator.client.Refused: {sentence}" for question, sentence in REFUSED.items()
    }


UNDECIDED = {
    """
    look_up("s-1")
    emulator.assert_not_called("talonone", headers={"Authorization": TALON_ONE["Authorization"]})
    """: "headers.Authorization: the journal masks credentials, so nobody can tell whether call 1 had 'ApiKey-v1 "
    "d1c2b3a4d1c2b3a4d1c2b3a4d1c2… (76 characters); ask for 'ApiKey-v1 …b3a4', which is all that it shows",
    """
    token()
    emulator.assert_called("algonomy", "createToken", client_secret="2l9dr0jkink11ad49hg93it52d")
    """: "body.client_secret: the journal masks credentials, so nobody can tell whether call 1 had "
    "'2l9dr0jkink11ad49hg93it52d'; ask for '…t52d', which is all that it shows",
    """
    httpx.post("https://us01.p13n.in.treasuredata.com/web/views", json={"table": "x"})
    emulator.assert_called("treasuredata", table="views")
    """: "table: call 1 (POST /web/views) has it twice, as path_parameters.table ('views') and body.table ('x'); say "
    "which is meant, such as path_parameters={'table': 'views'}",
    """
    httpx.post("https://us01.p13n.in.treasuredata.com/web/views", json={"user_id": 1, "userId": 2})
    emulator.requests("treasuredata", user_Id=2)
    """: "user_Id: call 1 (POST /web/views) has it twice, as body.user_id (1) and body.userId (2); say which is meant, "
    "such as body={'userId': 2}",
}


def test_what_cannot_be_decided_is_not_guessed(shop: Shop) -> None:
    said = shop.each(UNDECIDED)
    assert dict(zip(UNDECIDED, said, strict=True)) == {
        body: f"emulator.client.Refused: {sentence}" for body, sentence in UNDECIDED.items()
    }


def test_a_failed_assertion_points_at_the_tests_line(shop: Shop) -> None:
    result = shop.test(
        """
        def test_it(emulator):
            emulator.assert_called("talonone")
        """,
        "--tb=long",
    )
    file = "test_a_failed_assertion_points_at_the_tests_line.py"
    end = ["E       AssertionError: talonone was not called: the test made no call to the emulator", "", f"{file}:6: *"]
    result.stdout.fnmatch_lines([">       emulator.assert_called(*)", *end], consecutive=True)
