"""A page of another origin, in headless Chromium, tries whatever a page can against the control plane, and calls a
vendor as before. The page is at ``localhost``, the emulator at 127.0.0.1 (another site) and at another port of
``localhost`` (the same site)."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from emulator.server import Background
from emulator.settings import Options
from tests.browser import Browser, NoBrowserError

PAGE = """<!doctype html><title>Somebody else's page</title><body><script>
const settings = SETTINGS;
const control = path => settings.url + '/_emulator/' + path;
const tried = promise => promise.then(answer => answer.text().then(text => ({read: text, status: answer.status})),
                                      error => ({failed: error.name}));
const loaded = (tag, attributes) => new Promise(resolve => {
  const element = Object.assign(document.createElement(tag), attributes);
  element.onload = () => resolve('loaded');
  element.onerror = () => resolve('failed');
  document.body.append(element);
});
function posted(enctype) {
  const frame = Object.assign(document.createElement('iframe'), {name: 'sink-' + enctype});
  const form = Object.assign(document.createElement('form'),
                             {method: 'POST', action: control('clock/advance'), enctype: enctype, target: frame.name});
  form.append(Object.assign(document.createElement('input'), {name: '{"seconds":600,"x":"', value: '"}'}));
  document.body.append(frame, form);
  return new Promise(resolve => { frame.onload = () => resolve('answered'); form.submit(); });
}
async function runs() {
  const report = {}, order = '{"seconds":600}';
  report.read = await tried(fetch(control('state')));
  report.health = await tried(fetch(control('health')));
  report.opaque = await fetch(control('state'), {mode: 'no-cors'}).then(answer => answer.type, error => error.name);
  report.simple = await tried(fetch(control('clock/advance'), {method: 'POST', body: order}));
  report.blind = await fetch(control('clock/advance'), {method: 'POST', body: order, mode: 'no-cors'})
    .then(answer => answer.type, error => error.name);
  report.preflighted = await tried(fetch(control('clock/advance'),
    {method: 'POST', body: order, headers: {'Content-Type': 'application/json'}}));
  report.put = await tried(fetch(control('clock'), {method: 'PUT', body: '{"mode":"real"}'}));
  report.deleted = await tried(fetch(control('requests'), {method: 'DELETE'}));
  report.namespace = await tried(fetch(settings.url + '/ns/brought/_emulator/state'));
  report.header = await tried(fetch(control('state'), {headers: {'X-Emulator-Namespace': 'brought'}}));
  report.token = await tried(fetch(control('reset'), {method: 'POST', headers: {Authorization: 'Bearer guess'}}));
  report.beacon = navigator.sendBeacon(control('clock/advance'), order);
  report.form = await posted('text/plain');
  report.urlencoded = await posted('application/x-www-form-urlencoded');
  report.image = await loaded('img', {src: control('state')});
  report.script = await loaded('script', {src: control('state')});
  report.sheet = await loaded('link', {rel: 'stylesheet', href: control('state')});
  report.vendor = await tried(fetch(settings.url + '/treasuredata/public/personalization__database/preferences_table', {
    method: 'POST', body: '{"event_name":"view","product_name":"Trail Shoe","email":"ana@example.com"}',
    headers: {'Content-Type': 'application/vnd.treasuredata.v1+json', 'Authorization': 'TD1 ' + settings.key,
              'WP13n-Token': settings.token}}));
  return report;
}
runs().catch(error => ({broken: String(error.stack)})).then(report => {
  const request = new XMLHttpRequest();
  request.open('POST', '/report');
  request.send(JSON.stringify(report));
});
</script>"""
KEY = "1/abcdef0123456789012345678901230123456789"
TOKEN = "1/8/6b6ea5f8df5845fa8e7962f9e1ba84a3"
NOON = "2026-01-05T12:00:00Z"
FETCHED = ("read", "health", "simple", "preflighted", "put", "deleted", "namespace", "header", "token")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    options = Options(port=0, tls_port=0, ca_dir=tmp_path_factory.mktemp("authority"))
    with Background(options) as running:
        yield running


@pytest.fixture(scope="module", params=["127.0.0.1", "localhost"], ids=["another site", "the same site"])
def report(request: pytest.FixtureRequest, emulator: Background, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the page got to see, in a world whose clock stands still and whose journal is empty at first."""
    assert emulator.secure is not None
    try:
        browser = Browser(tmp_path_factory.mktemp("browser"), emulator.secure.authority)
    except NoBrowserError as error:
        pytest.skip(f"{error}, or ./run clients")
    with httpx.Client(base_url=f"{emulator.url}/_emulator") as control:
        control.post("/reset")
        control.put("/clock", json={"mode": "frozen", "now": NOON})
    settings = {"url": emulator.url.replace("127.0.0.1", request.param), "key": KEY, "token": TOKEN}
    found = browser.report({"/": PAGE.replace("SETTINGS", json.dumps(settings)).encode()})
    assert "broken" not in found, found["broken"]
    return found


@pytest.mark.parametrize("what", FETCHED)
def test_the_page_reads_nothing(report: Any, what: str) -> None:
    assert report[what] == {"failed": "TypeError"}


@pytest.mark.parametrize("what", ["image", "script", "sheet"])
def test_the_page_can_embed_nothing(report: Any, what: str) -> None:
    assert report[what] == "failed"


def test_the_page_changes_nothing(emulator: Background, report: Any) -> None:
    assert (report["form"], report["urlencoded"]) == ("answered", "answered")  # by refusals, in frames
    with httpx.Client(base_url=f"{emulator.url}/_emulator") as control:
        assert control.get("/clock").json() == {"mode": "frozen", "now": NOON}
        assert control.get("/namespaces").json()["namespaces"] == ["default"]


def test_the_page_calls_a_vendor_as_before(emulator: Background, report: Any) -> None:
    assert report["vendor"]["status"] == 200
    assert json.loads(report["vendor"]["read"])["offers"]["welcome_back"]["attributes"]["first_name"] == "Ana"
    with httpx.Client(base_url=f"{emulator.url}/_emulator") as control:
        found = control.get("/requests").json()["requests"]
    assert [one["status"] for one in found if one["method"] == "POST"] == [200]
