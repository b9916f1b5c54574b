"""What a test is told when its calls were others than it asserts: whole messages."""

from textwrap import dedent

import pytest

from tests.testing.conftest import Run
from tests.testing.shop import Shop


@pytest.fixture
def shop(run: Run, pytester: pytest.Pytester) -> Shop:
    return Shop(run, pytester)


MESSAGES = {
    """
    emulator.assert_called("algonomy", "optOut")
    """: """
    AssertionError: algonomy optOut was not called: the test made no call to the emulator
    """,
    """
    look_up("s-1")
    emulator.assert_called("algonomy", "optOut")
    """: """
    AssertionError: algonomy optOut was not called; the test made 1 call:

    #  vendor    operation           call                  outcome
    1  talonone  getCustomerSession  GET /v…_sessions/s-1  404 session_not_…
    """,
    """
    opt_out("u-2", token())
    opt_out("u-22", "old")
    emulator.assert_called("algonomy", "optOut", user_id="u-1", times=1)
    """: """
    AssertionError: algonomy optOut with user_id='u-1' was not called; the nearest of 3 calls:

    call 2  PUT /profile-command/v1/4faeaf752ee40a0f/optOut/u-2: 200
      path_parameters.userId
        expected  'u-1'
        got       'u-2'

    call 3  PUT /profile-c…1/4faeaf752ee40a0f/optOut/u-22: 401 invalid_token
      path_parameters.userId
        expected  'u-1'
        got       'u-22'
      The token has 3 characters: the gateway's have 32.
    """,
    """
    opt_out("u-1", token())
    opt_out("u-1", token())
    emulator.assert_called_once("algonomy", "optOut", user_id="u-1")
    """: """
    AssertionError: algonomy optOut with user_id='u-1' was called twice, not once:

    #  operation  call                                               outcome
    2  optOut     PUT /profile-com…d/v1/4faeaf752ee40a0f/optOut/u-1  200
    4  optOut     PUT /profile-com…d/v1/4faeaf752ee40a0f/optOut/u-1  200
    """,
    """
    opt_out("u-1", token())
    opt_out("u-2", token())
    emulator.assert_called("algonomy", "optOut", user_id="u-1", times=2)
    """: """
    AssertionError: algonomy optOut with user_id='u-1' was called once, not twice:

    #  operation  call                                               outcome
    2  optOut     PUT /profile-com…d/v1/4faeaf752ee40a0f/optOut/u-1  200

    the nearest of 3 other calls:

    call 4  PUT /profile-command/v1/4faeaf752ee40a0f/optOut/u-2: 200
      path_parameters.userId
        expected  'u-1'
        got       'u-2'
    """,
    """
    opt_out("u-1", token())
    emulator.assert_not_called("algonomy", "optOut")
    """: """
    AssertionError: algonomy optOut was called once, not at all:

    #  operation  call                                               outcome
    2  optOut     PUT /profile-com…d/v1/4faeaf752ee40a0f/optOut/u-1  200
    """,
    """
    look_up("s-1")
    emulator.assert_not_called()
    """: """
    AssertionError: the emulator was called once, not at all:

    #  vendor    operation           call                  outcome
    1  talonone  getCustomerSession  GET /v…_sessions/s-1  404 session_not_…
    """,
    """
    opt_out("u-1", token())
    emulator.assert_called("algonomy", "optOut", status=409)
    """: """
    AssertionError: algonomy optOut with status=409 was not called; the nearest of 2 calls:

    call 2  PUT /profile-command/v1/4faeaf752ee40a0f/optOut/u-1: 200
      status
        expected  409
        got       200
    """,
    """
    httpx.put(ALGONOMY + "4faeaf752ee40a0f/opt-out/u-1", headers={"Authorization": f"Bearer {token()}"}, json={})
    emulator.assert_called("algonomy", "optOut", user_id="u-1")
    """: """
    AssertionError: algonomy optOut with user_id='u-1' was not called; the nearest of 2 calls:

    call 2  PUT /profile-command/v1/4faeaf752ee40a0f/opt-out/u-1: 501
      The path has 'opt-out' for 'optOut': optOut is PUT
      /profile-command/v1/{apiKey}/optOut/{userId}.
    """,
    """
    httpx.put("https://demo.talon.one/v1/customer_sessions/s-1", headers=TALON_ONE, json={"profileId": "ana"})
    emulator.assert_called("talonone", "updateCustomerSessionV2", customer_session_id="s-1")
    """: """
    AssertionError: talonone updateCustomerSessionV2 with customer_session_id='s-1' was not called; the only call:

    call 1  PUT /v1/customer_sessions/s-1: 200
      operation
        expected  'updateCustomerSessionV2'
        got       'updateCustomerSession'
    """,
    """
    session("s-1", [{"sku": "a", "quantity": 1, "name": "A", "price": 1}])
    cart = [{"sku": "b", "quantity": "1"}]
    emulator.assert_called("talonone", body={"customerSession": {"cartItems": cart, "state": "closed"}})
    """: """
    AssertionError: talonone with body={'customerSession': {'cartItems': [{'sku': … (86 characters) was not called; \
the only call:

    call 1  PUT /v2/customer_sessions/s-1: 200
      body.customerSession.cartItems[0].sku
        expected  'b'
        got       'a'
      body.customerSession.cartItems[0].quantity
        expected  '1'
        got       1
      body.customerSession.state
        expected  'closed'
        got       (not sent)
    """,
    """
    session("s-1")
    emulator.assert_called("talonone", body={"customerSession": {"cartItems": [{"sku": "b"}]}})
    """: """
    AssertionError: talonone with body={'customerSession': {'cartItems': [{'sku': 'b'}]}} was not called; the only \
call:

    call 1  PUT /v2/customer_sessions/s-1: 200
      body.customerSession.cartItems
        expected  [{'sku': 'b'}]
        got       []
    """,
    """
    session("s-1")
    more = {"headers": {"X-A": "1"}, "query": {"dry": True}, "path_parameters": {"customer_session_id": "x"}}
    emulator.assert_called("talonone", **more, status="5xx")
    """: """
    AssertionError: talonone with path_parameters={'customer_session_id': 'x'}, query={'dry': True}, headers={'X-A': \
'1'} and status=5xx was not called; the only call:

    call 1  PUT /v2/customer_sessions/s-1: 200
      path_parameters.customer_session_id
        expected  'x'
        got       's-1'
      query.dry
        expected  True
        got       (not sent)
      headers.X-A
        expected  '1'
        got       (not sent)
      status
        expected  '5xx'
        got       200
    """,
    """
    session("ü" * 100)
    emulator.assert_called("talonone", customer_session_id="ä" * 1_000)
    """: """
    AssertionError: talonone with customer_session_id='äääääääääääääääääää… (1,002 characters) was not called; the \
only call:

    call 1  PUT /v2/customer_se…C3%BC%C3%BC%C3%BC%C3%… (626 characters): 200
      path_parameters.customerSessionId
        expected  'äääääääääääääääääääääääääääääääääää… (1,002 characters)
        got       'üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü… (102 characters)
    """,
    """
    httpx.put(SESSIONS + "s", headers=TALON_ONE, content=b"x" * 100_000)
    emulator.assert_called("talonone", body={"customerSession": {"profileId": "a"}})
    """: """
    AssertionError: talonone with body={'customerSession': {'profileId': 'a'}} was not called; the only call:

    call 1  PUT /v2/customer_sessions/s: 400 malformed_json
      body
        expected  {'customerSession': {'profileId': 'a'}}
        got       'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… (64,514 characters)
      (of its body the journal has kept the beginning only)
      Something in the body fails at JSON: the journal has kept too little
      of it to tell what.
    """,
    """
    headers = {**TALON_ONE, "Content-Encoding": "gzip"}
    httpx.put(SESSIONS + "s", headers=headers, content=gzip.compress(b"{}", mtime=0))
    emulator.assert_called("talonone", body={"customerSession": {"profileId": "a"}})
    """: """
    AssertionError: talonone with body={'customerSession': {'profileId': 'a'}} was not called; the only call:

    call 1  PUT /v2/customer_sessions/s: 400 malformed_json
      body
        expected  {'customerSession': {'profileId': 'a'}}
        got       '\\x1f�\\x08\\x00\\x00\\x00\\x00\\x00\\x02\\x03�… (69 characters)
      (its body is compressed, and the journal has it so)
      The body is packed with gzip, and no Content-Encoding says so.
    """,
    """
    session("s-1")
    look_up("s-1")
    session("s-2")
    again = ("talonone", "updateCustomerSessionV2", {"customer_session_id": "s-1"})
    emulator.assert_called_in_order(("talonone", "getCustomerSession"), again, ("algonomy", "optOut"))
    """: """
    AssertionError: talonone updateCustomerSessionV2 with customer_session_id='s-1' was not called after call 2, as \
the 3 steps in order want it:

      1. talonone getCustomerSession: call 2
      2. talonone updateCustomerSessionV2 with customer_session_id='s-1':
         not found
      3. algonomy optOut: not looked for

    #  vendor    operation                call                       outcome
    1  talonone  updateCustomerSessionV2  PUT /v2/…mer_sessions/s-1  200
    2  talonone  getCustomerSession       GET /v2/…mer_sessions/s-1  200
    3  talonone  updateCustomerSessionV2  PUT /v2/…mer_sessions/s-2  200
    """,
    """
    emulator.assert_called_in_order(("algonomy", "createToken"), ("algonomy", "optOut"))
    """: """
    AssertionError: algonomy createToken was not called, as the 2 steps in order want it:

      1. algonomy createToken: not found
      2. algonomy optOut: not looked for

    the test made no call to the emulator
    """,
    """
    look_up("s-1")
    opt_out("u-1", "old")
    httpx.get("https://demo.talon.one/v2/nothing")
    emulator.assert_nothing_refused()
    """: """
    AssertionError: 3 of 3 calls were refused:

    #  vendor    operation           call                  outcome
    1  talonone  getCustomerSession  GET /v…_sessions/s-1  404 session_not_…
    2  algonomy  optOut              PUT /p…0f/optOut/u-1  401 invalid_token
    3  talonone  -                   GET /v2/nothing       501

    call 1  GET /v2/customer_sessions/s-1: 404 session_not_found
      There is no session 's-1': it exists once an update that is no dry run
      has named it.

    call 2  PUT /profile-c…v1/4faeaf752ee40a0f/optOut/u-1: 401 invalid_token
      The token has 3 characters: the gateway's have 32.

    call 3  GET /v2/nothing: 501
      Talon.One has no such operation; the nearest is POST /v2/events.
    """,
    """
    for number in range(23):
        look_up(f"s-{number}")
    emulator.assert_called("talonone", times=1)
    """: """
    AssertionError: talonone was called 23 times, not once:

    #   operation           call                       outcome
    … 3 earlier calls
    4   getCustomerSession  GET /v2/…mer_sessions/s-3  404 session_not_found
    5   getCustomerSession  GET /v2/…mer_sessions/s-4  404 session_not_found
    6   getCustomerSession  GET /v2/…mer_sessions/s-5  404 session_not_found
    7   getCustomerSession  GET /v2/…mer_sessions/s-6  404 session_not_found
    8   getCustomerSession  GET /v2/…mer_sessions/s-7  404 session_not_found
    9   getCustomerSession  GET /v2/…mer_sessions/s-8  404 session_not_found
    10  getCustomerSession  GET /v2/…mer_sessions/s-9  404 session_not_found
    11  getCustomerSession  GET /v2/…er_sessions/s-10  404 session_not_found
    12  getCustomerSession  GET /v2/…er_sessions/s-11  404 session_not_found
    13  getCustomerSession  GET /v2/…er_sessions/s-12  404 session_not_found
    14  getCustomerSession  GET /v2/…er_sessions/s-13  404 session_not_found
    15  getCustomerSession  GET /v2/…er_sessions/s-14  404 session_not_found
    16  getCustomerSession  GET /v2/…er_sessions/s-15  404 session_not_found
    17  getCustomerSession  GET /v2/…er_sessions/s-16  404 session_not_found
    18  getCustomerSession  GET /v2/…er_sessions/s-17  404 session_not_found
    19  getCustomerSession  GET /v2/…er_sessions/s-18  404 session_not_found
    20  getCustomerSession  GET /v2/…er_sessions/s-19  404 session_not_found
    21  getCustomerSession  GET /v2/…er_sessions/s-20  404 session_not_found
    22  getCustomerSession  GET /v2/…er_sessions/s-21  404 session_not_found
    23  getCustomerSession  GET /v2/…er_sessions/s-22  404 session_not_found
    """,
    """
    for number in range(9):
        look_up("s-1")
    emulator.assert_called("talonone", customer_session_id="s-2")
    """: """
    AssertionError: talonone with customer_session_id='s-2' was not called; the nearest of 9 calls:

    calls 1, 2 and 7 more  GET /v2/…omer_sessions/s-1: 404 session_not_found
      path_parameters.customerSessionId
        expected  's-2'
        got       's-1'
      There is no session 's-1': it exists once an update that is no dry run
      has named it.
    """,
    """
    for number in range(1_003):
        look_up("s-1")
    emulator.assert_called("talonone", times=1_000)
    """: """
    AssertionError: nobody can tell whether talonone was called 1,000 times: 3 earlier calls fell out of the \
journal. Ask sooner, or make it forget what has been looked at: emulator.control.clear_requests()
    """,
    """
    for number in range(1_003):
        look_up("s-1")
    emulator.assert_not_called("algonomy")
    """: """
    AssertionError: nobody can tell whether algonomy was called at all: 3 earlier calls fell out of the journal. Ask \
sooner, or make it forget what has been looked at: emulator.control.clear_requests()
    """,
    """
    for number in range(1_001):
        look_up("s-1")
    emulator.assert_called("talonone", "getCustomerSession", customer_session_id="s-2")
    """: """
    AssertionError: talonone getCustomerSession with customer_session_id='s-2' was not called; the nearest of 1,000 \
calls:

    calls 2, 3 and 998 more  GET /v2…mer_sessions/s-1: 404 session_not_found
      path_parameters.customerSessionId
        expected  's-2'
        got       's-1'
      There is no session 's-1': it exists once an update that is no dry run
      has named it.

    (1 call before these fell out of the journal.)
    """,
    """
    session("s-1", params={"dry": "1\\n2\\u202e"})
    emulator.assert_called("talonone", dry=True)
    """: """
    AssertionError: talonone with dry=True was not called; the only call:

    call 1  PUT /v2/cus…ions/s-1?dry=1\\n2\\u202e: 400 invalid_query_parameter
      query.dry
        expected  True
        got       '1\\n2\\u202e'
      dry is '1\\n2\\u202e': a boolean is true or false.
    """,
    """
    class Odd:
        def __repr__(self):
            raise ValueError("no")
    session("s-1")
    emulator.assert_called("talonone", customer_session_id=Odd())
    """: """
    AssertionError: talonone with customer_session_id=<Odd whose repr raises ValueError> was not called; the only \
call:

    call 1  PUT /v2/customer_sessions/s-1: 200
      path_parameters.customerSessionId
        expected  <Odd whose repr raises ValueError>
        got       's-1'
    """,
    """
    token()
    emulator.assert_called("algonomy", "createToken", client_secret="wrong")
    """: """
    AssertionError: algonomy createToken with client_secret='wrong' was not called; the only call:

    call 1  POST /profile-command/v1/oauth2/token: 200
      body.client_secret
        expected  'wrong'
        got       '…t52d'
    """,
    """
    names = "couponCodes referralCode state identifiers loyaltyCards attributes evaluableCampaignIds cartItems"
    session("s-1")
    emulator.assert_called("talonone", body={"customerSession": dict.fromkeys([*names.split(), "profileId"], 1)})
    """: """
    AssertionError: talonone with body={'customerSession': {'couponCodes': 1, 're… (183 characters) was not called; \
the only call:

    call 1  PUT /v2/customer_sessions/s-1: 200
      body.customerSession.couponCodes
        expected  1
        got       (not sent)
      body.customerSession.referralCode
        expected  1
        got       (not sent)
      body.customerSession.state
        expected  1
        got       (not sent)
      body.customerSession.identifiers
        expected  1
        got       (not sent)
      body.customerSession.loyaltyCards
        expected  1
        got       (not sent)
      body.customerSession.attributes
        expected  1
        got       (not sent)
      body.customerSession.evaluableCampaignIds
        expected  1
        got       (not sent)
      body.customerSession.cartItems
        expected  1
        got       []
      and 1 more difference
    """,
}


def test_what_was_called_otherwise_is_told_with_its_near_misses(shop: Shop) -> None:
    said = dict(zip(MESSAGES, shop.each("import gzip\n" + dedent(body) for body in MESSAGES), strict=True))
    assert said == {body: dedent(message).strip() for body, message in MESSAGES.items()}


def test_a_message_fits_a_terminal_of_80_columns() -> None:
    for message in MESSAGES.values():
        headline, *lines = dedent(message).strip().split("\n")
        assert [line for line in lines if len(line) > 72] == [], headline
