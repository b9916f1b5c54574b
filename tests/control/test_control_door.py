"""Whom the control plane lets in: no page of another site's, nobody by a name that somebody could own, and where there
is a control token, only who has it. With headers as browsers and programs send them."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.app import Emulator
from emulator.control.problems import Call
from emulator.control.router import calls
from emulator.core.world import World
from emulator.server import Background
from emulator.settings import Options
from tests.toy_server import KEY, toy_server

TOKEN = "correct-horse-battery-staple"
EVIL = "http://evil.example"
PROBLEM = "application/problem+json"
OPEN = ("/_emulator/health", "/_emulator/ready")
EVERY_CALL = [pytest.param(call, id=f"{call.method} {call.path}") for call in calls()]


@pytest.fixture
def origin(server: Background) -> str:
    """The very origin that is called."""
    return server.url


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    with toy_server(tmp_path_factory.mktemp("locked"), control_token=TOKEN) as running:
        yield running


def refused(response: httpx.Response, status: int, *words: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM
    problem = response.json()
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    for word in words:
        assert word in problem["detail"], problem["detail"]
    assert not [name for name in response.headers if name.startswith("access-control-")]


def seen(world: World) -> Any:
    """Of what calls could change."""
    tables = [world.store.dump(table) for vendor in world.vendors for table in vendor.tables]
    return tables, world.clock.state, [fault.id for fault in world.faults], dict(world.snapshots), world.seed.name


# Pages


@pytest.mark.parametrize("call", EVERY_CALL)
def test_every_call_refuses_a_page_of_another_origin(client: httpx.Client, world: World, call: Call) -> None:
    before = seen(world)
    path = call.path.replace("{", "").replace("}", "")
    response = client.request(call.method, path, headers={"Origin": EVIL})
    refused(response, 403, EVIL, "from outside the page")
    assert response.json()["title"] == "Foreign page"
    assert seen(world) == before


@pytest.mark.parametrize("media_type", ["text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "text/yaml"])
def test_a_form_or_a_simple_fetch_of_another_site_changes_nothing(
    client: httpx.Client, world: World, media_type: str
) -> None:
    headers = {
        "Origin": EVIL,
        "Content-Type": media_type,
        "Referer": f"{EVIL}/",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
        "Sec-Fetch-User": "?1",
    }
    before = seen(world)
    for path in ("clock/advance", "reset", "faults"):
        content = '{"seconds":60,"vendor":"toybox","fault":"lost"}'
        refused(client.post(f"/_emulator/{path}", headers=headers, content=content), 403, EVIL)
    assert seen(world) == before


@pytest.mark.parametrize(
    "foreign",
    [
        "null",
        "",
        "http://localhost:{port}",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1",
        "http://127.0.0.1:1{port}",
        "http://127.0.0.1.evil.example:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "http://127.0.0.1:{port}/",
        "http://user@127.0.0.1:{port}",
        "http://127.0.0.1:{port}, http://evil.example",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "http://\xe4.example",
        "x" * 20_000,
    ],
)
def test_only_the_very_origin_that_is_called_is_no_foreigner(client: httpx.Client, origin: str, foreign: str) -> None:
    named = foreign.format(port=origin.rpartition(":")[2]).encode("latin-1")
    response = client.get("/_emulator/state", headers=[(b"Origin", named)])
    refused(response, 403, "a page of the origin")
    assert len(response.content) < 1_000


def test_one_foreigner_among_several_origins_is_enough(client: httpx.Client, origin: str) -> None:
    headers = [("Origin", origin), ("Origin", EVIL)]
    refused(client.post("/_emulator/reset", headers=headers), 403)
    refused(client.post("/_emulator/reset", headers=reversed(headers)), 403)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "Same-Origin", "elsewhere"])
@pytest.mark.parametrize("target", ["image", "script", "iframe", "empty", "style"])
def test_what_a_page_of_another_site_embeds_is_refused(client: httpx.Client, site: str, target: str) -> None:
    """Such calls have no Origin."""
    mode = "navigate" if target == "iframe" else "no-cors"
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": target}
    refused(client.get("/_emulator/state", headers=headers), 403, "a page of another site")
    refused(client.get("/_emulator/health", headers=headers), 403, "a page of another site")


def test_a_preflight_is_refused_and_grants_nothing(client: httpx.Client) -> None:
    asked = {
        "Origin": EVIL,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type,x-emulator-control-token",
        "Access-Control-Request-Private-Network": "true",
    }
    for path in ("clock", "state", "health", "nowhere", ""):
        refused(client.options(f"/_emulator/{path}", headers=asked), 403, EVIL)


def test_a_link_that_somebody_opens_in_a_window_is_followed(client: httpx.Client) -> None:
    opened = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/_emulator/clock", headers=opened).status_code == 200
    refused(client.post("/_emulator/reset", headers=opened), 403, "a page of another site")
    refused(client.get("/_emulator/clock", headers={**opened, "Origin": "null"}), 403)
    several = [*opened.items(), ("Sec-Fetch-Dest", "iframe")]
    refused(client.get("/_emulator/clock", headers=several), 403)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Mode": "cors", "Accept-Language": "*", "User-Agent": "node"},
        {"User-Agent": "Mozilla/5.0", "Referer": "http://elsewhere.example/"},
    ],
    ids=["a program", "a typed address", "a page of our own", "fetch in Node", "a program that poses as a browser"],
)
def test_programs_and_pages_of_our_own_are_let_in(client: httpx.Client, headers: dict[str, str]) -> None:
    assert client.get("/_emulator/clock", headers=headers).status_code == 200
    assert client.post("/_emulator/reset", headers=headers).status_code == 204


def test_a_page_of_our_own_names_its_origin_when_it_posts(client: httpx.Client, origin: str) -> None:
    own = {"Origin": origin, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    assert client.post("/_emulator/reset", headers=own).status_code == 204


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:4680", "http://localhost:4680"),
        ("LocalHost:4680", "http://localhost:4680"),
        ("localhost.:4680", "http://localhost.:4680"),
        ("localhost:80", "http://localhost"),
        ("localhost", "http://localhost:80"),
        ("[::1]:4680", "http://[::1]:4680"),
        ("[::1]", "http://[::1]"),
        ("a.toybox.localhost:4680", "http://a.toybox.localhost:4680"),
    ],
)
def test_an_origin_is_compared_as_browsers_write_it(server: Background, host: str, origin: str) -> None:
    url = f"{server.url}/_emulator/drills"
    assert httpx.get(url, headers={"Host": host, "Origin": origin}).status_code == 200
    refused(httpx.get(url, headers={"Host": host, "Origin": origin.replace("http:", "https:")}), 403)


def test_over_tls_the_origin_is_one_of_tls(tmp_path: Path) -> None:
    with toy_server(tmp_path, tls_port=0, ca_dir=tmp_path / "ca") as running:
        assert running.secure is not None
        with httpx.Client(verify=False) as client:
            url, foreign = running.secure.url, running.secure.url.replace("https:", "http:")
            assert client.post(f"{url}/_emulator/reset", headers={"Origin": url}).status_code == 204
            refused(client.post(f"{url}/_emulator/reset", headers={"Origin": foreign}), 403, foreign)


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Forwarded-For", "Forwarded", "X-Original-Host", "X-Host"])
def test_what_a_proxy_would_say_counts_for_nothing(client: httpx.Client, name: str) -> None:
    refused(client.post("/_emulator/reset", headers={"Origin": EVIL, name: "evil.example"}), 403, EVIL)


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_is_the_one_that_was_sent(client: httpx.Client, world: World, name: str) -> None:
    client.post("/_emulator/faults", json={"vendor": "toybox", "fault": "lost"})
    client.get("/_emulator/faults?vendor=toybox", headers={name: "DELETE"})
    client.post("/_emulator/faults", headers={name: "DELETE"}, content="_method=DELETE")
    assert [fault.id for fault in world.faults] == ["f1"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/_emulator", {}),
        ("/_emulator/nowhere", {}),
        ("/ns/by-path/_emulator/state", {}),
        ("/_emulator/state", {"X-Emulator-Namespace": "by-header"}),
        ("/_emulator/state", {"Host": "by-host.toybox.localhost"}),
        ("/_emulator/state", {"Host": "toybox.localhost"}),
        ("/_emulator/state", {"Host": "api.toybox.example"}),
        ("/ns/by-both/_emulator/state", {"Host": "x.eu.toybox.example"}),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "TRACE", "PROPFIND"])
def test_there_is_no_way_round_the_door(
    server: Background, locked: Background, method: str, path: str, headers: dict[str, str]
) -> None:
    foreign = httpx.request(method, server.url + path, headers={**headers, "Origin": EVIL})
    assert foreign.status_code == 403
    assert not [name for name in foreign.headers if name.startswith("access-control-")]
    assert httpx.request(method, locked.url + path, headers=headers).status_code == 401
    assert not {name for name in server.emulator.worlds.names() if name.startswith("by-")}
    assert not {name for name in locked.emulator.worlds.names() if name.startswith("by-")}


def test_no_other_page_may_embed_any_answer(client: httpx.Client, locked: Background) -> None:
    for response in (
        client.get("/_emulator/health"),
        client.get("/_emulator/state"),
        client.get("/_emulator/nowhere"),
        client.post("/_emulator/reset", headers={"Origin": EVIL}),
        httpx.get(f"{locked.url}/_emulator/state"),
    ):
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-frame-options"] == "DENY"


def test_vendors_are_called_from_pages_as_before(client: httpx.Client) -> None:
    headers = {**KEY, "Origin": EVIL, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    response = client.get("/toybox/shelf/bear", headers=headers)
    assert response.status_code == 200
    assert not {"x-frame-options", "cross-origin-resource-policy"} & set(response.headers)


# Names


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:4680",
        "evil.example",
        "EVIL.Example.",
        "127.0.0.1.evil.example:4680",
        "127.0.0.1:4680.evil.example",
        "localhost.evil.example",
        "toybox.localhost.evil.example",
        "evil-localhost.com",
        "api.toybox.example.com",
        "\xe4.example",
    ],
)
def test_by_a_name_that_somebody_could_own_nobody_is_let_in(server: Background, host: str) -> None:
    """A rebound page's GETs over plain HTTP look like a program's."""
    headers = [(b"Host", host.encode("latin-1"))]
    response = httpx.get(f"{server.url}/_emulator/state", headers=headers)
    refused(response, 403, host.lower().removesuffix(":4680").removesuffix("."), "--control-token", "--host")
    assert response.json()["title"] == "Foreign name"
    refused(httpx.post(f"{server.url}/_emulator/reset", headers=headers), 403)
    same_origin = [*headers, (b"Origin", b"http://" + host.lower().encode("latin-1"))]
    refused(httpx.post(f"{server.url}/_emulator/reset", headers=same_origin), 403)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:4680",
        "10.1.2.3:4680",
        "127.1",
        "[::1]:4680",
        "[fe80::1]",
        "LOCALHOST.:4680",
        "worker-3.toybox.localhost",
        "emulator:4680",
        "host.docker.internal:4680",
        "emulator.ci.svc.cluster.local",
        "api.toybox.example",
        "x.eu.toybox.example:443",
    ],
)
def test_by_an_address_or_a_name_that_nobody_can_own_it_is_reached(server: Background, host: str) -> None:
    assert httpx.get(f"{server.url}/_emulator/drills", headers={"Host": host}).status_code == 200


def test_the_names_that_it_is_told_are_its_own() -> None:
    options = Options(host="emulator.shop.example", tls_hosts=("secure.shop.example",))
    transport = httpx.ASGITransport(Emulator(options), raise_app_exceptions=False)
    assert _status(transport, "http://emulator.shop.example:4680/_emulator/nowhere") == 404
    assert _status(transport, "https://secure.shop.example/_emulator/nowhere") == 404
    assert _status(transport, "http://other.shop.example:4680/_emulator/nowhere") == 403


def _status(transport: httpx.ASGITransport, url: str) -> int:
    async def ask() -> int:
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.get(url)).status_code

    return asyncio.run(ask())


@pytest.mark.parametrize("path", OPEN)
def test_whether_it_lives_is_told_by_any_name(server: Background, path: str) -> None:
    assert httpx.get(server.url + path, headers={"Host": "emulator.shop.example"}).status_code == 200


def test_a_call_of_http_1_0_that_names_no_host_is_a_programs(server: Background) -> None:
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(b"GET /_emulator/clock HTTP/1.0\r\n\r\n")
        assert b" 200 " in connection.recv(65_536)


def test_of_two_hosts_each_is_looked_at(server: Background) -> None:
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(b"GET /_emulator/clock HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n\r\n")
        assert b" 200 " not in connection.recv(65_536).partition(b"\r\n")[0]


# The token


@pytest.mark.parametrize("call", EVERY_CALL)
def test_with_a_control_token_every_call_but_the_open_ones_asks_for_it(locked: Background, call: Call) -> None:
    path = call.path.replace("{", "").replace("}", "")
    response = httpx.request(call.method, locked.url + path)
    if path in (*OPEN, "/_emulator/ca.pem"):
        assert response.status_code in (200, 404)
        return
    refused(
        response,
        401,
        "the call carries none",
        "Authorization: Bearer TOKEN",
        "X-Emulator-Control-Token: TOKEN",
        "X-Emulator-Explain",
        "--control-token",
        "EMULATOR_CONTROL_TOKEN",
    )
    assert response.headers["www-authenticate"] == 'Bearer realm="martech-emulator"'
    assert response.json()["title"] == "Control token wanted"


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {TOKEN}"},
        {"Authorization": f"bearer  {TOKEN}"},
        {"X-Emulator-Control-Token": TOKEN},
        {"Authorization": "Basic dXNlcjpwYXNz", "X-Emulator-Control-Token": TOKEN},
        {"Authorization": f"Bearer {TOKEN}", "Host": "emulator.shop.example"},
    ],
)
def test_who_has_the_token_is_let_in(locked: Background, headers: dict[str, str]) -> None:
    assert httpx.post(f"{locked.url}/_emulator/reset", headers=headers).status_code == 204


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN.upper()}"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer"},
        {"X-Emulator-Control-Token": f"Bearer {TOKEN}"},
        {"X-Emulator-Control-Token": ""},
        {"Cookie": f"token={TOKEN}"},
        {"Authorization": b"Bearer \xff\xfe"},
    ],
)
def test_anything_else_is_another_token_or_none(locked: Background, headers: dict[str, Any]) -> None:
    response = httpx.post(f"{locked.url}/_emulator/reset?token={TOKEN}", headers=headers)
    refused(response, 401, "this emulator was started with --control-token")
    assert TOKEN not in response.text


def test_a_page_of_another_site_is_refused_with_the_token_too(locked: Background) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Origin": EVIL}
    refused(httpx.post(f"{locked.url}/_emulator/reset", headers=headers), 403, EVIL)


@pytest.mark.parametrize("path", OPEN)
def test_what_stays_open_is_for_reading_only(locked: Background, path: str) -> None:
    assert httpx.head(locked.url + path).status_code == 200
    refused(httpx.post(locked.url + path), 401)
    refused(httpx.get(f"{locked.url}{path}/"), 401)
    refused(httpx.get(f"{locked.url}/_emulator/%68ealth"), 401)


def test_vendors_never_ask_for_it_and_their_own_credentials_are_theirs(locked: Background) -> None:
    assert httpx.get(f"{locked.url}/toybox/shelf/bear", headers=KEY).status_code == 200
    refused_by_vendor = httpx.get(f"{locked.url}/toybox/shelf/bear", headers={"Authorization": f"Bearer {TOKEN}"})
    assert refused_by_vendor.headers["content-type"] != PROBLEM


def test_the_token_is_nowhere_to_be_read(locked: Background, capfd: pytest.CaptureFixture[str]) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    httpx.delete(f"{locked.url}/_emulator/requests", headers=bearer)
    for headers in (bearer, {**KEY, "X-Emulator-Control-Token": TOKEN}):
        httpx.get(f"{locked.url}/toybox/shelf/bear", headers=headers)
    with httpx.Client(base_url=f"{locked.url}/_emulator", headers=bearer) as control:
        journal = control.get("/requests").json()["requests"]
        told = [control.get(path).text for path in ("/", "/state", "/requests", "/requests/export", "/vendors")]
        told += [control.get(f"/requests/{one['id']}/explain").text for one in journal]
        control.post("/snapshots", json={"name": "now"})
        told += [control.get("/snapshots/now").content.decode("latin-1"), control.post("/nowhere").text]
    assert len(journal) == 2
    assert [text for text in told if TOKEN in text] == []
    assert TOKEN not in "".join(capfd.readouterr())
    assert TOKEN not in repr(locked.emulator.options)


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        ("", "the control token is empty"),
        ("two words", "cannot be sent in a header"),
        ("line\n", "cannot be sent in a header"),
        ("Zo\xeb", "cannot be sent in a header"),
        ("x" * 1_025, "up to 1024"),
    ],
)
def test_a_token_that_cannot_be_sent_is_refused_without_being_told(token: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        Emulator(Options(control_token=token))
    assert not token or token not in str(caught.value)


def test_every_sign_that_can_be_sent_may_be_in_a_token(tmp_path: Path) -> None:
    token = "".join(map(chr, range(0x21, 0x7F)))
    with toy_server(tmp_path, control_token=token) as running:
        response = httpx.get(f"{running.url}/_emulator/clock", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200
