"""Explaining a call: what was checked, what stopped it, what was probably meant, and a command that works."""

import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from emulator.core.world import World
from emulator.server import Background
from tests.toy_server import KEY, toy_server

Explain = Callable[[httpx.Response], dict[str, Any]]
BEAR = {"price": 5}


@pytest.fixture
def explain(client: httpx.Client) -> Explain:
    def explained(answer: httpx.Response) -> dict[str, Any]:
        told = client.get(f"/_emulator/requests/{answer.headers['x-emulator-request-id']}/explain")
        assert told.status_code == 200, told.text
        return told.json()

    return explained


def pasted(curl: str) -> list[int]:
    """The statuses of the calls that a shell makes of a corrected command."""
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("the command is for bash and curl, which are not here")
    done = subprocess.run(["bash", "-c", curl], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("HTTP/1.1 ")]


def failed(explanation: dict[str, Any]) -> dict[str, Any]:
    (one,) = [check for check in explanation["checks"] if check["passed"] is False]
    return one


def test_every_refusal_says_where_it_is_explained(client: httpx.Client, server: Background, namespace: str) -> None:
    refused = client.get("/toybox/shelf/bear")
    url = refused.headers["x-emulator-explain"]
    assert url == f"{server.url}/ns/{namespace}/_emulator/requests/1/explain"
    assert httpx.get(url).json()["refusal"] == "stranger"
    assert client.get("/toybox/nowhere").headers["x-emulator-explain"].endswith("/requests/2/explain")


def test_an_accepted_call_has_no_such_header(client: httpx.Client) -> None:
    assert "x-emulator-explain" not in client.get("/toybox/shelf/bear", headers=KEY).headers


def test_the_address_is_the_one_that_the_caller_used(server: Background) -> None:
    default = httpx.get(f"{server.url}/shelf/bear", headers={"Host": "api.toybox.example:8080"})
    assert default.headers["x-emulator-explain"].startswith("http://api.toybox.example:8080/_emulator/requests/")


def test_checks_are_told_in_order_up_to_the_one_that_failed(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.put("/toybox/shelf/duck", json={"price": -1}, headers=KEY))
    assert [(check["name"], check["passed"]) for check in told["checks"]] == [
        ("path", True), ("method", True), ("key", True), ("pace", True), ("toy", False), ("shelf", None),
    ]  # fmt: skip
    assert (told["outcome"], told["refusal"]) == ("refused", "muddle")
    assert failed(told)["expected"] == "a toy with a price"
    assert failed(told)["got"] == "12 bytes"


def test_an_accepted_call_passes_all_of_them(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.get("/toybox/shelf/bear", headers=KEY))
    assert told["outcome"] == "accepted"
    assert [check["passed"] for check in told["checks"]] == [True] * 5
    assert (told["cause"], told["correction"], told["remarks"]) == (None, None, [])


def test_what_was_received_is_masked_to_its_last_four(client: httpx.Client, explain: Explain) -> None:
    answer = client.get("/toybox/shelf/bear?token=abcdefghijkl", headers={"Authorization": "Toy 0123456789abcdef"})
    told = explain(answer)
    text = json.dumps({key: value for key, value in told.items() if key != "correction"})
    assert "0123456789" not in text
    assert "abcdefgh" not in text
    assert failed(told)["got"] == "Authorization: Toy …cdef"


def test_a_key_without_its_scheme_word_is_recognised_and_mended(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.get("/toybox/shelf/bear", headers={"Authorization": "k-1"}))
    assert told["cause"] == "The key lacks its scheme word: Authorization: Toy and the key."
    assert pasted(told["correction"]["curl"]) == [200]


def test_a_refusal_without_a_better_idea_is_told_in_the_failures_own_words(
    client: httpx.Client, explain: Explain
) -> None:
    assert explain(client.get("/toybox/shelf/bear"))["cause"] == "No key, or an unknown one."


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("/shelf/bear/", "The path ends in a slash; Toybox's does not."),
        ("//shelf//bear", "The path has an empty segment: two slashes in a row."),
        ("/toybox/shelf/bear", "/toybox stands in the path twice."),
        ("/shelf%2Fbear", "The path's own slashes are percent-encoded: encode the values in it, not the path."),
        ("/shelve/bear", "The path has 'shelve' for 'shelf': getToy is GET /shelf/{name}."),
        ("/Shelf/bear", "The path has 'Shelf' for 'shelf': getToy is GET /shelf/{name}."),
    ],
)
def test_a_path_beside_an_operation_is_recognised_and_mended(
    client: httpx.Client, explain: Explain, path: str, cause: str
) -> None:
    told = explain(client.get(f"/toybox{path}", headers=KEY))
    assert (told["outcome"], told["refusal"], failed(told)["name"]) == ("not emulated", None, "path")
    assert told["cause"] == cause
    assert pasted(told["correction"]["curl"]) == [200]


def test_a_path_like_none_names_the_nearest_operation(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.get("/toybox/some/where/else/entirely", headers=KEY))
    assert told["cause"].startswith("Toybox has no such operation; the nearest is ")
    assert told["correction"] is None


def test_a_wrong_method_is_mended(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.post("/toybox/shelf/bear", json=BEAR, headers=KEY))
    assert (told["cause"], failed(told)["name"]) == (
        "The path is right, the method is not: it takes PUT or GET.", "method",
    )  # fmt: skip
    assert pasted(told["correction"]["curl"]) == [200]


def test_a_misspelt_member_is_named_and_renamed(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.put("/toybox/shelf/duck", json={"pryce": 5, "colours": ["red"]}, headers=KEY))
    assert told["cause"] == "pryce is not documented; did you mean price?"
    assert '{"price":5,"colours":["red"]}' in told["correction"]["curl"]
    assert pasted(told["correction"]["curl"]) == [200]


def test_all_misspelt_members_are_renamed_at_once(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.put("/toybox/shelf/duck", json={"pryce": 5, "colors": ["red"]}, headers=KEY))
    assert told["correction"]["says"] == "The same call with its price and colours put right."
    assert '{"price":5,"colours":["red"]}' in told["correction"]["curl"]


def test_a_misspelt_member_of_an_accepted_call_is_remarked_on(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.put("/toybox/shelf/duck", json={"price": 5, "colors": ["red"]}, headers=KEY))
    assert "colors is not documented; did you mean colours?" in told["remarks"]
    assert '"colours":["red"]' in told["correction"]["curl"]


def test_a_misspelt_parameter_is_remarked_on(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.get("/toybox/shelf/bear/twins?limt=3", headers=KEY))
    assert told["remarks"] == ["limt is not documented; did you mean limit?"]
    assert "?limit=3" in told["correction"]["curl"]


def test_a_member_without_effect_is_remarked_on(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.put("/toybox/shelf/duck", json={"price": 5, "colours": []}, headers=KEY))
    assert told["remarks"] == ["colours is accepted and has no effect: nobody looks at them."]
    told = explain(client.get("/toybox/shelf/bear/twins?limit=3", headers=KEY))
    assert told["remarks"] == ["limit is accepted and has no effect: there are only twins."]


def test_a_vendors_own_remarks_are_told(client: httpx.Client, explain: Explain) -> None:
    assert explain(client.put("/toybox/shelf/full", json=BEAR, headers=KEY))["remarks"] == ["The shelf is full."]


def test_an_id_that_was_encoded_twice_is_remarked_on_and_mended(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.put("/toybox/shelf/a%2520b", json=BEAR, headers=KEY))
    assert told["remarks"] == ["The path's value is 'a%20b' once decoded: it was encoded twice, if 'a b' is meant."]
    assert "/shelf/a%20b" in told["correction"]["curl"]
    assert pasted(told["correction"]["curl"]) == [200]


def test_a_limit_is_told_with_its_figures_and_what_brings_it_back(client: httpx.Client, explain: Explain) -> None:
    *_, last = [client.get("/toybox/shelf/bear", headers=KEY) for _ in range(6)]
    told = explain(last)
    assert (told["refusal"], failed(told)["name"]) == ("tired", "pace")
    assert told["cause"] == (
        "The limit calls was used up, 5 calls in 1 s: the call was right, and passes 1 s later at the latest."
    )
    assert "/_emulator/clock/advance" in told["correction"]["curl"]
    assert pasted(told["correction"]["curl"]) == [200]


def test_a_failure_that_the_call_asked_for_is_told_so(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.get("/toybox/shelf/bear", headers={**KEY, "X-Emulator-Fault": "fire"}))
    assert told["cause"] == "The call itself asked for this failure: X-Emulator-Fault: fire."
    assert [check["passed"] for check in told["checks"]] == [True, True, False, None, None, None]
    assert pasted(told["correction"]["curl"]) == [200]


def test_a_standing_fault_is_named_and_ended_first(client: httpx.Client, explain: Explain) -> None:
    client.post("/_emulator/faults", json={"vendor": "toybox", "fault": "fire", "times": 3})
    told = explain(client.get("/toybox/shelf/bear", headers=KEY))
    assert told["cause"] == ("A standing fault was arranged and struck: f1 fire. GET /_emulator/faults lists them.")
    assert pasted(told["correction"]["curl"]) == [200]
    assert client.get("/_emulator/faults").json()["faults"] == []


def test_a_fault_that_does_not_exist_is_explained_too(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.get("/toybox/shelf/bear", headers={**KEY, "X-Emulator-Fault": "fier"}))
    assert told["outcome"] == "misused"
    assert "did you mean fire?" in told["cause"]
    assert told["correction"]["says"] == "The same call, without the emulator's own headers."
    assert pasted(told["correction"]["curl"]) == [200]


def test_a_crash_is_told_to_be_ours(client: httpx.Client, explain: Explain) -> None:
    told = explain(client.put("/toybox/shelf/grenade", json=BEAR, headers=KEY))
    assert told["cause"] == "The emulator crashed: this is a defect of its own, and the journal has the traceback."
    assert told["correction"] is None


def test_a_call_that_would_pass_by_now_is_given_as_it_was(client: httpx.Client, explain: Explain) -> None:
    lost = client.get("/toybox/shelf/duck", headers=KEY)
    client.put("/toybox/shelf/duck", json=BEAR, headers=KEY)
    told = explain(lost)
    assert told["correction"]["says"] == "The very same call passes now: the world has changed since."
    assert pasted(told["correction"]["curl"]) == [200]


def test_the_command_for_a_call_over_tls_works_without_the_emulators_authority(tmp_path: Path) -> None:
    with toy_server(tmp_path, tls_port=0, ca_dir=tmp_path / "authority") as running:
        assert running.secure is not None
        trusted = ssl.create_default_context(cafile=str(running.secure.authority))
        refused = httpx.get(f"{running.secure.url}/toybox/shelf/bear", verify=trusted)
        told = httpx.get(refused.headers["x-emulator-explain"], verify=trusted).json()
        assert told["correction"]["curl"].startswith("curl -i -k -X GET https://")
        assert pasted(told["correction"]["curl"]) == [200]


def test_what_nobody_can_mend_has_no_correction(client: httpx.Client, explain: Explain) -> None:
    assert explain(client.get("/toybox/shelf/nothing", headers=KEY))["correction"] is None


def test_explaining_changes_nothing(client: httpx.Client, explain: Explain, world: World) -> None:
    refused = client.put("/toybox/shelf/duck/", json=BEAR, headers=KEY)
    before = client.get("/_emulator/state").json()
    limits = client.get("/_emulator/limits").json()
    for _ in range(2):
        explain(refused)
    assert client.get("/_emulator/state").json() == before
    assert client.get("/_emulator/limits").json() == limits
    assert client.get("/_emulator/requests").json()["total"] == 1
    assert client.post("/toybox/keys").json() == {"key": fresh_key(client)}


def fresh_key(client: httpx.Client) -> str:
    """The first key that a world of this seed makes."""
    client.post("/_emulator/reset")
    return client.post("/toybox/keys").json()["key"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"price":5,"colours":["it\'s", "$HOME `id` \\\\ !"]}',
        '{"price":5,"colours":["Zoë\n"]}'.encode(),
        b"\xff\x00'\n%d",
    ],
    ids=["quotes", "unicode", "octets"],
)
def test_a_body_survives_the_shell(client: httpx.Client, explain: Explain, body: bytes) -> None:
    client.patch("/_emulator/limits", json={"vendor": "toybox", "name": "calls", "enabled": False})
    asked = client.put("/toybox/shelf/duck", content=body, headers={**KEY, "X-Emulator-Fault": "fire"})
    correction = explain(asked)["correction"]
    if correction is None:
        assert client.put("/toybox/shelf/duck", content=body, headers=KEY).status_code == 400
        return
    assert pasted(correction["curl"]) == [200]
    recorded = client.get("/_emulator/requests?limit=1").json()["requests"][0]
    assert recorded["request"]["body"] == json.loads(body)


def test_an_awkward_path_survives_the_shell(client: httpx.Client, explain: Explain) -> None:
    path = "/toybox/shelf/%5B1-3%5D{a}'$x%2F..%2F%20"
    url = urlsplit(str(client.base_url))
    with socket.create_connection((url.hostname, url.port or 80), timeout=30) as connection:
        body = json.dumps(BEAR)
        connection.sendall(
            f"PUT {url.path.rstrip(chr(47))}{path} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Toy k-1\r\n"
            f"X-Emulator-Fault: fire\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
        )
        while connection.recv(65_536):
            pass
    told = client.get("/_emulator/requests/1/explain").json()
    assert pasted(told["correction"]["curl"]) == [200]
    assert client.get("/_emulator/requests").json()["requests"][-1]["path"] == path.removeprefix("/toybox")


def test_a_host_of_the_vendors_is_replaced_by_the_emulators_address(server: Background) -> None:
    refused = httpx.get(f"{server.url}/shelf/bear", headers={"Host": "api.toybox.example"})
    told = httpx.get(f"{server.url}/_emulator/requests/{refused.headers['x-emulator-request-id']}/explain").json()
    assert f"{server.url}/toybox/shelf/bear" in told["correction"]["curl"]
    assert pasted(told["correction"]["curl"]) == [200]


def test_a_realm_that_a_host_named_stays(server: Background) -> None:
    refused = httpx.get(f"{server.url}/shelf/bear", headers={"Host": "x.eu.toybox.example"})
    told = httpx.get(f"{server.url}/_emulator/requests/{refused.headers['x-emulator-request-id']}/explain").json()
    assert f"{server.url}/toybox/eu/shelf/bear" in told["correction"]["curl"]


def test_without_a_journal_nothing_is_promised(tmp_path: Path) -> None:
    with toy_server(tmp_path, journal=0) as running, httpx.Client(base_url=running.url) as client:
        refused = client.get("/toybox/shelf/bear")
        assert (refused.status_code, refused.headers["x-emulator-request-id"]) == (401, "1")
        assert "x-emulator-explain" not in refused.headers
        assert client.get("/_emulator/requests").json()["requests"] == []


def test_an_unknown_call_cannot_be_explained(client: httpx.Client) -> None:
    answer = client.get("/_emulator/requests/99/explain")
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("the journal has no call '99'")


def test_tls_on_the_plain_port_is_told_to_whoever_looks(server: Background, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url.replace("http:", "https:"))
    sentence = f"a client spoke TLS to {urlsplit(server.url).netloc}, which speaks plain HTTP: call http:// instead of"
    told = httpx.get(f"{server.url}/_emulator/requests").json()["misdirected"]
    assert told[-1]["says"].startswith(sentence)
    assert sentence in caplog.text
