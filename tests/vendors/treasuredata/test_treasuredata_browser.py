"""td-js-sdk 4.4.3 in headless Chromium, over TLS with the emulator's own certificate.

One page makes all the calls, one after the other; the tests look at what its callbacks were given, and at what the
browser put on the wire. The runs are named as in the recordings of the published build.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.server import Background
from emulator.settings import Options
from tests.browser import Browser, NoBrowserError

SDK = Path(__file__).parents[2] / "clients" / "node_modules" / "td-js-sdk" / "dist" / "td.js"
KEY = "1/abcdef0123456789012345678901230123456789"
TOKEN = "1/8/6b6ea5f8df5845fa8e7962f9e1ba84a3"
VIEW = {"event_name": "view", "product_name": "Trail Shoe"}

COMMON = """<!doctype html><title>Demo page</title><script>const settings = SETTINGS;</script>PRELUDE
<script src="/td.js"></script><script>
function client(host) {
  return new Treasure({database: 'personalization__database', writeKey: settings.key, host: host || settings.tls});
}
function offers(td, table, data, token) {
  const config = {endpoint: settings.tls + '/treasuredata', database: 'personalization__database', table: table,
                  token: token || settings.token};
  return new Promise(resolve => {
    setTimeout(() => resolve({silent: true}), 1500);
    td.fetchPersonalization(config, data, value => resolve({value: value}),
                            error => resolve({error: error.message, name: error.name}));
  });
}
function sent(call) {
  return new Promise(resolve => call(value => resolve({value: value}), error => resolve({error: error.message})));
}
async function runs() {
  const view = settings.view, report = {};
RUNS
  return report;
}
runs().catch(error => ({broken: String(error.stack)})).then(report => {
  const request = new XMLHttpRequest();
  request.open('POST', '/report');
  request.send(JSON.stringify(report));
});
</script>"""

RUNS = """
  const anonymous = client();
  report.A = await offers(anonymous, 'preferences_table', null);
  report.B = await offers(anonymous, 'preferences_table', {...view, td_client_id: 'c-1', td_ip: '10.0.0.1',
    td_global_id: 'g-1', email: 'ana@example.com', n: 3, list: ['a', 'b']});
  const signed = client();
  signed.setSignedMode();
  report.C = await offers(signed, 'preferences_table', {...view, td_client_id: 'c-1', email: 'ana@example.com'});
  const blocked = client();
  blocked.blockEvents();
  report.D = await offers(blocked, 'preferences_table', {email: 'blocked@example.com'});
  blocked.unblockEvents();
  report.E = await offers(anonymous, 'pageviews', view);
  report.F = await offers(anonymous, 'preferences_table', view, '1/8/00000000000000000000000000000000');
  const recorder = client(settings.tls + '/treasuredata/records');
  recorder.setSignedMode();
  report.tracked = await sent((ok, failed) => recorder.trackEvent('pageviews', {event_name: 'view'}, ok, failed));
  recorder.setAnonymousMode();
  report.added = await sent((ok, failed) =>
    recorder.addRecord('pageviews', {event_name: 'view', time: 1700760737}, ok, failed));
"""
WITHOUT_FETCH = "report.H = await offers(client(), 'preferences_table', null); report.fetch = 'fetch' in window;"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    options = Options(port=0, tls_port=0, ca_dir=tmp_path_factory.mktemp("authority"))
    with Background(options) as running:
        yield running


@pytest.fixture(scope="module")
def report(emulator: Background, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the client's callbacks were given, by run."""
    if not SDK.exists():
        pytest.skip("td-js-sdk is not installed (./run clients)")
    assert emulator.secure is not None
    try:
        browser = Browser(tmp_path_factory.mktemp("browser"), emulator.secure.authority)
    except NoBrowserError as error:
        pytest.skip(f"{error}, or ./run clients")
    host = emulator.secure.url.removeprefix("https://")
    settings = json.dumps({"tls": host, "key": KEY, "token": TOKEN, "view": VIEW})
    found: dict[str, Any] = {}
    for prelude, runs in (("", RUNS), ("<script>delete window.fetch;</script>", WITHOUT_FETCH)):
        page = COMMON.replace("SETTINGS", settings).replace("PRELUDE", prelude).replace("RUNS", runs)
        found |= browser.report({"/": page.encode(), "/td.js": SDK.read_bytes()})
        assert "broken" not in found, found["broken"]
    return found


@pytest.fixture(scope="module")
def wire(emulator: Background, report: Any) -> list[Any]:
    """The calls as they arrived, oldest first."""
    with httpx.Client(base_url=f"{emulator.url}/_emulator") as control:
        found = control.get("/requests?limit=1000").json()["requests"]
        return [control.get(f"/requests/{one['id']}").json() for one in found]


def bodies(wire: list[Any], path: str) -> list[Any]:
    return [one["request"]["body"] for one in wire if one["method"] == "POST" and one["path"].startswith(path)]


def test_run_a_an_event_without_data_is_taken(report: Any, wire: list[Any]) -> None:
    assert report["A"] == {"value": {}}
    assert bodies(wire, "/public/")[0] == {}


def test_run_b_an_anonymous_shopper_gets_offers_by_address(report: Any, wire: list[Any]) -> None:
    offers = report["B"]["value"]["offers"]
    assert offers["welcome_back"]["attributes"] == {"first_name": "Ana", "greeting": "Welcome back"}
    assert offers["recently_viewed"]["attributes"]["last_viewed"] == "Trail Shoe"
    assert bodies(wire, "/public/")[1] == {**VIEW, "email": "ana@example.com", "n": 3, "list": ["a", "b"]}


def test_run_c_a_signed_client_is_the_same_shopper(report: Any, wire: list[Any]) -> None:
    assert report["C"]["value"]["offers"]["recently_viewed"]["attributes"]["views"] == 2
    assert bodies(wire, "/public/")[2] == {**VIEW, "td_client_id": "c-1", "email": "ana@example.com"}


def test_run_d_a_blocked_client_sends_nothing(report: Any, wire: list[Any]) -> None:
    assert report["D"] == {"silent": True}
    assert not [one for one in bodies(wire, "/") if one.get("email") == "blocked@example.com"]


def test_run_e_an_answer_of_204_is_an_empty_object(report: Any) -> None:
    assert report["E"] == {"value": {}}


def test_run_f_a_refusal_reaches_the_error_callback_by_its_reason_phrase(report: Any) -> None:
    assert report["F"] == {"error": "Bad Request", "name": "Error"}


def test_run_h_the_same_works_without_fetch(report: Any) -> None:
    assert (report["H"], report["fetch"]) == ({"value": {}}, False)


def test_the_browser_asks_for_the_headers_that_the_recordings_show(wire: list[Any]) -> None:
    preflight = next(one for one in wire if one["method"] == "OPTIONS" and one["path"].startswith("/public/"))
    asked = dict(preflight["request"]["headers"])
    assert asked["access-control-request-method"] == "POST"
    assert asked["access-control-request-headers"] == "authorization,content-type,wp13n-token"
    assert asked["origin"].startswith("http://localhost:")
    assert "authorization" not in asked


def test_records_are_taken_from_the_same_client(report: Any, wire: list[Any]) -> None:
    assert report["tracked"]["value"] == {"receipts": [{"success": True}]}
    assert report["added"]["value"] == {"receipts": [{"success": True}]}
    tracked, added = bodies(wire, "/records/")
    assert tracked["events"][0]["td_version"] == "4.4.3"
    assert added["events"] == [{"event_name": "view", "time": 1700760737}]
