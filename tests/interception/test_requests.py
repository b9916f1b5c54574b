"""requests, and clients that others have built on it or on urllib3, with unchanged production URLs."""

import threading

import pytest
import requests
import talon_one
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient
from requests.adapters import HTTPAdapter
from requests_oauthlib import OAuth2Session
from talon_one.api.integration_api import IntegrationApi
from talon_one.exceptions import UnauthorizedException
from urllib3.util import Retry

from emulator.core.faults import Damage
from emulator.direct import Reply
from emulator.interception.policy import HostRefused
from tests.interception.conftest import DATE, KEY, SESSION, TALON

AUTHORIZED = {"Authorization": KEY}
CLIENT, SECRET, SITE = "5934de97c95e1ced", "2l9dr0jkink11ad49hg93it52d", "4faeaf752ee40a0f"
SERVICE = "https://qa-gateway.richrelevance.com/profile-command/v1"
OPT_OUT = {"type": "optOut", "enableOptOut": True}
BEFORE = requests.Session()
BEFORE.headers.update(AUTHORIZED)
TALON_ONE = talon_one.ApiClient(
    talon_one.Configuration(
        host=TALON, api_key={"api_key_v1": "d1c2b3a4" * 8}, api_key_prefix={"api_key_v1": "ApiKey-v1"}
    )
)


@pytest.fixture
def session():
    with requests.Session() as one:
        one.headers.update(AUTHORIZED)
        yield one


def replied(body=b"0123456789" * 100, **damage):
    return Reply(200, [DATE, (b"content-length", b"%d" % len(body))], body, Damage(**damage))


def test_a_session_that_was_built_before_is_led_as_well(led):
    assert requests.get(SESSION).status_code == 401
    for _ in range(2):
        assert BEFORE.put(SESSION, json={"customerSession": {}}).json()["effects"] == []


def test_an_answer_looks_as_from_the_network(led, session):
    answer = session.get(SESSION)
    assert (answer.status_code, answer.reason, answer.url) == (404, "Not Found", SESSION)
    assert answer.elapsed.total_seconds() > 0
    assert answer.headers["Content-Type"] == "application/json"
    with pytest.raises(requests.HTTPError, match="404 Client Error: Not Found for url"):
        answer.raise_for_status()


def test_uploads_without_a_known_length_come_whole(led, heard, session):
    answer = session.put(SESSION, data=iter([b'{"customerSession"', b": {}}"]))
    assert answer.status_code == 200
    headers = dict(heard()[0]["request"]["headers"])
    assert headers["transfer-encoding"] == "chunked"


def test_a_streamed_answer_is_read_in_the_callers_time(lead_to, answering, session):
    answering.reply = replied(slow_ms=50)
    with lead_to(answering), session.get(SESSION, stream=True) as answer:
        assert b"".join(answer.iter_content(7)) == answering.reply.body


def test_hooks_and_adapters_of_the_sessions_own_are_at_work(led, control, heard, session):
    seen = []
    session.hooks["response"].append(lambda answer, **_: seen.append(answer.status_code))
    session.mount(TALON, HTTPAdapter(max_retries=Retry(2, status_forcelist=[429, 503], allowed_methods=None)))
    control.add_fault("talonone", "service_unavailable", times=2)
    assert session.put(SESSION, json={"customerSession": {}}).status_code == 200
    assert seen == [200]
    assert [entry["status"] for entry in heard()] == [503, 503, 200]


def test_nothing_warns_of_certificates_that_nobody_verifies(led, session):
    assert session.get(SESSION, verify=False).status_code == 404


@pytest.mark.parametrize(
    ("damage", "error", "says"),
    [
        ({"drop": True}, requests.ConnectionError, "Remote end closed connection without response"),
        ({"truncate": True}, requests.exceptions.ChunkedEncodingError, r"IncompleteRead\(500 bytes read, 500 more"),
        ({"delay_ms": 60_000}, requests.ReadTimeout, r"Read timed out. \(read timeout=0.1\)"),
        ({"slow_ms": 600_000}, requests.ConnectionError, "Read timed out"),
    ],
)
def test_damage_raises_what_requests_raises(lead_to, answering, session, damage, error, says):
    answering.reply = replied(**damage)
    with lead_to(answering), pytest.raises(error, match=says) as raised:
        session.get(SESSION, timeout=(5, 0.1))
    assert type(raised.value) is error


@pytest.mark.parametrize("url", [SESSION, SESSION.replace("https", "http")])
def test_a_proxy_is_not_asked_for_a_vendors_host(led, session, monkeypatch, url):
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://user:secret@proxy.example:3128")
    assert session.get(url).status_code == 404
    assert session.get(url, proxies={"http": "https://other.example", "https": "https://other.example"}).ok is False


def test_a_proxy_is_asked_for_other_hosts(led, session, internet):
    through = {"http": f"http://proxy.example:{internet}"}
    assert session.get("http://shop.example/", proxies=through).text == "real"
    assert session.get(SESSION.replace("https", "http"), proxies=through).status_code == 404
    assert session.get("http://shop.example/", proxies=through).text == "real"


def test_a_proxy_that_is_reached_over_tls_is_asked_for_other_hosts(led, session, internet):
    with pytest.raises(requests.exceptions.ProxyError, match="appears to only use HTTP and not HTTPS"):
        session.get("http://shop.example/", proxies={"http": f"https://proxy.example:{internet}"})


def test_a_refused_host_is_told_with_its_sentence(led, session):
    with pytest.raises(HostRefused, match="Call one of these, or give this call an answer of your own"):
        session.get("https://api.treasuredata.com/v3/job/list")
    assert led.refused == [
        "api.treasuredata.com is a host of Treasure Data's that the emulator does not emulate; it emulates "
        "us01.p13n.in.treasuredata.com, eu01.p13n.in.treasuredata.com, ap01.p13n.in.treasuredata.com, "
        "ap02.p13n.in.treasuredata.com, ap03.p13n.in.treasuredata.com, us01.records.in.treasuredata.com, "
        "eu01.records.in.treasuredata.com, ap01.records.in.treasuredata.com, ap02.records.in.treasuredata.com, "
        "ap03.records.in.treasuredata.com. Call one of these, or give this call an answer of your own: mock the "
        "function that makes it"
    ]


def test_without_a_network_any_other_host_is_refused(lead_to, answering, session, real):
    with lead_to(answering, network="none"):
        with pytest.raises(HostRefused, match=r"shop\.example is not emulated, and this test lets no call leave"):
            session.get("https://shop.example/")
        assert session.get(f"http://127.0.0.1:{real}/").text == "real"


def test_threads_share_a_session(led, control):
    statuses = []
    threads = [
        threading.Thread(target=lambda: statuses.extend(BEFORE.get(SESSION).status_code for _ in range(10)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [404] * 80
    assert control.requests()["total"] == 80


def test_a_session_goes_from_the_real_host_to_the_emulator_and_back(lead_to, answering, session, internet):
    url = f"http://demo.talon.one:{internet}/"
    for _ in range(2):
        assert session.get(url).text == "real"
        with lead_to(answering):
            assert [session.get(url).text for _ in range(2)] == ["ok", "ok"]
    assert session.get(url).text == "real"


# Clients built on it


def test_the_talon_one_sdk_needs_no_other_host(led):
    api = IntegrationApi(TALON_ONE)
    session = talon_one.NewCustomerSessionV2.from_dict({
        "profileId": "ana@example.com", "couponCodes": ["SUMMER10"],
        "cartItems": [{"name": "Trail Shoe", "sku": "shoe-1", "quantity": 1, "price": 100}],
    })  # fmt: skip
    answer = api.update_customer_session_v2("s-1", talon_one.IntegrationRequest(customerSession=session))
    assert [effect.effect_type for effect in answer.effects] == [
        "setDiscount", "acceptCoupon", "setDiscount", "addFreeItem",
    ]  # fmt: skip


def test_the_talon_one_sdk_raises_what_it_raises(led):
    stranger = talon_one.ApiClient(talon_one.Configuration(host=TALON, api_key={"api_key_v1": "0"}))
    with pytest.raises(UnauthorizedException):
        IntegrationApi(stranger).get_customer_session("s-1")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_gets_a_token_and_opts_a_user_out(led, method):
    with AuthlibSession(CLIENT, SECRET, token_endpoint_auth_method=method) as session:
        session.fetch_token(f"{SERVICE}/oauth2/token", grant_type="client_credentials")
        assert session.put(f"{SERVICE}/{SITE}/optOut/u-1001", json=OPT_OUT).json() == {}


def test_requests_oauthlib_gets_a_token_and_opts_a_user_out(led):
    with OAuth2Session(client=BackendApplicationClient(CLIENT)) as session:
        session.fetch_token(f"{SERVICE}/oauth2/token", client_secret=SECRET, include_client_id=True)
        assert session.put(f"{SERVICE}/{SITE}/optOut/u-1001", json=OPT_OUT).json() == {}
