"""``requests``, ``replay`` and ``explain``."""

import json
import re
import selectors
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from emulator.server import Background
from tests.cli.program import start

KEY = {"Authorization": "ApiKey-v1 d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4d1c2b3a4"}
SESSION = "/talonone/v2/customer_sessions/s-1"
SEARCH = "/primedata/pub/profiles/advanced-search"


@pytest.fixture
def calls(client) -> None:
    """One that is accepted, one that is refused, one of another vendor's."""
    assert client.put(SESSION, json={"customerSession": {}}, headers=KEY).status_code == 200
    assert client.put(SESSION, json={"customerSession": {}}).status_code == 401
    assert client.post(SEARCH, json={}).status_code == 401


def ids(told) -> list[str]:
    return [one["id"] for one in told["requests"]]


def test_requests_are_a_table_for_people(calls, talk) -> None:
    lines = talk("requests").stdout.splitlines()
    assert lines[0].split() == ["id", "at", "vendor", "operation", "call", "status", "ms", "why"]
    assert [line.split()[0] for line in lines[1:]] == ["1", "2", "3"]
    assert "PUT /v2/customer_sessions/s-1" in lines[2]
    assert lines[2].endswith("invalid_api_key")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (("--vendor", "primedata"), ["3"]),
        (("--operation", "updateCustomerSessionV2"), ["1", "2"]),
        (("--status", "4xx"), ["2", "3"]),
        (("--status", "200"), ["1"]),
        (("--since", "1"), ["2", "3"]),
        (("--limit", "1"), ["3"]),
        (("--vendor", "talonone", "--status", "4xx"), ["2"]),
    ],
)
def test_requests_are_filtered(calls, told, filters: tuple[str, ...], found: list[str]) -> None:
    assert ids(told("requests", *filters)) == found


def test_filters_may_stand_in_the_environment(calls, told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMULATOR_STATUS", "4xx")
    assert ids(told("requests")) == ["2", "3"]
    assert ids(told("requests", "--status", "2xx")) == ["1"]


def test_a_filter_that_cannot_be_is_refused(calls, talk) -> None:
    assert "write a status such as 404" in talk("requests", "--status", "9", exit_code=1).stderr
    assert "write a status such as 404" in talk("requests", "--status", "9", "--follow", exit_code=1).stderr


def test_requests_are_forgotten(calls, talk, told) -> None:
    assert talk("requests", "--clear").stdout.endswith("forgot all calls\n")
    assert ids(told("requests")) == []
    assert talk("requests").stdout == "no calls match\n"


def test_the_journal_becomes_a_file_that_is_played_again(calls, talk, told, tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    assert told("requests", "--export", str(file))["file"] == str(file)
    assert len([json.loads(line) for line in file.read_text().splitlines()]) >= 3
    report = told("replay", str(file))
    assert (report["calls"], report["same"], report["first_difference"]) == (3, True, None)
    assert "all the same" in talk("replay", str(file)).stdout


def test_an_answer_that_differs_is_exit_code_1_and_shown(calls, talk, tmp_path: Path) -> None:
    lines = talk("requests", "--export", "-").stdout.splitlines()
    place, call = next((n, json.loads(line)) for n, line in enumerate(lines) if '"invalid_api_key"' in line)
    call["answer"]["status"] = 418
    lines[place] = json.dumps(call)
    (tmp_path / "other.jsonl").write_text("\n".join(lines) + "\n")
    done = talk("replay", str(tmp_path / "other.jsonl"), exit_code=1)
    assert "the first that differs:" in done.stdout
    assert "418" in done.stdout
    assert json.loads(talk("replay", "--json", str(tmp_path / "other.jsonl"), exit_code=1).stdout)["same"] is False


def test_a_foreign_file_is_refused(talk) -> None:
    assert talk("replay", "-", stdin="no journal\n", exit_code=1).stderr


# As they come


@pytest.fixture
def follow(server: Background, namespace: str):
    """Starts following, and ends it with an interrupt."""
    started: list[subprocess.Popen[str]] = []

    def starter(*arguments: str) -> "subprocess.Popen[str]":
        process = start("requests", "--follow", *arguments, EMULATOR_URL=server.url, EMULATOR_NAMESPACE=namespace)
        started.append(process)
        return process

    yield starter
    for process in started:
        process.kill()
        process.communicate()


def following(client, process: "subprocess.Popen[str]") -> str:
    """Calls until the first one is shown: following has begun then."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while not ready.select(0.2):
            client.post(SEARCH, json={})
            assert process.poll() is None, process.communicate()
    return process.stdout.readline()


def test_new_calls_are_lines_as_they_come_until_interrupted(client, follow) -> None:
    process = follow()
    assert "searchProfiles" in following(client, process)
    client.put(SESSION, json={})
    line = ""
    while "updateCustomerSessionV2" not in line:
        line = process.stdout.readline()
        assert line
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=10)
    assert (process.returncode, complaints) == (0, "")


def test_new_calls_are_lines_of_json_for_programs_each_once_and_filtered(client, follow) -> None:
    process = follow("--json", "--vendor", "primedata")
    seen = [json.loads(following(client, process))]
    for _ in range(100):
        client.put(SESSION, json={})
        client.post(SEARCH, json={})
    client.post(SEARCH, json={"last": True})
    while seen[-1]["request"]["body"] != {"last": True}:
        seen.append(json.loads(process.stdout.readline()))
    assert {one["vendor"] for one in seen} == {"primedata"}
    numbers = [int(one["id"]) for one in seen]
    assert len(numbers) > 100
    assert numbers == sorted(set(numbers))


def test_a_reset_in_between_hides_no_call(client, follow) -> None:
    process = follow("--json")
    following(client, process)
    for number in range(3):
        client.post("/_emulator/reset")
        client.put(SESSION, json={"number": number})
        body = None
        while body != {"number": number}:
            body = json.loads(process.stdout.readline())["request"]["body"]


# Explained


def test_the_last_refused_call_is_explained(calls, talk) -> None:
    shown = talk("explain", "last").stdout
    assert shown.startswith("3  POST /pub/profiles/advanced-search\n  primedata, searchProfiles, at ")
    for title in ("received", "checks", "cause", "provenance: "):
        assert f"\n{title}" in shown
    assert re.search(r"✗ .* expected .*\n +got ", shown)


def test_a_call_is_explained_by_its_id(calls, talk, told) -> None:
    assert told("explain", "2")["refusal"] == "invalid_api_key"
    accepted = talk("explain", "1").stdout
    assert "200 accepted" in accepted
    assert "✓" in accepted
    assert "✗" not in accepted


def test_the_address_in_a_refusals_header_is_explained(client, calls, talk) -> None:
    address = client.put(SESSION, json={}).headers["X-Emulator-Explain"]
    assert "invalid_api_key" in talk("explain", address).stdout


def test_credentials_are_not_shown_again(calls, talk) -> None:
    received, _, _ = talk("explain", "1").stdout.partition("\nchecks")
    assert KEY["Authorization"] not in received


def test_a_corrected_call_can_be_copied(client, server: Background, talk) -> None:
    """From the first column on, and it works when pasted."""
    client.put(SESSION, json={"customerSession": {}}, headers={"Authorization": KEY["Authorization"].split()[1]})
    _, heading, curl = talk("explain", "last").stdout.partition("\ncorrected: ")
    assert heading
    command = curl.partition("\n")[2]
    assert command.startswith("curl ")
    assert shlex.split(command)[0] == "curl"


def test_nothing_to_explain_is_a_sentence(talk, client) -> None:
    client.put(SESSION, json={"customerSession": {}}, headers=KEY)
    assert "no call in the journal was refused" in talk("explain", "last", exit_code=1).stderr
    assert "the journal has no call '99'" in talk("explain", "99", exit_code=1).stderr


def test_what_fell_out_of_the_journal_before_it_was_shown_is_told(client, world, follow) -> None:
    world.journal._most_entries = 3
    process = follow()
    following(client, process)
    with world.turn:  # nobody can look meanwhile
        for _ in range(20):
            world.journal.record(next(iter(world.journal))._replace(id=world.journal.next_id()))
    assert "calls fell out of the journal before they could be shown" in process.stderr.readline()
