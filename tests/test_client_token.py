"""The control token on the way: who carries it, where it is asked for, and what is said where it is not had."""

import traceback
from collections.abc import Iterator

import httpx
import pytest

from emulator.app import Emulator
from emulator.client import Client, EmulatorError, Refused, TokenWanted
from emulator.direct import Call, DirectClient, answer
from emulator.server import Background
from emulator.settings import Options

TOKEN = "correct-horse-battery-staple"


@pytest.fixture(scope="module")
def locked() -> Iterator[Background]:
    with Background(Options(port=0, scenario="empty", control_token=TOKEN)) as running:
        yield running


def test_a_client_with_the_token_does_whatever_one_does(locked: Background) -> None:
    client = Client(locked.url, "mine", token=TOKEN)
    client.set_clock("frozen", "2026-01-05T09:00:00Z")
    assert client.seed(b"name: own\n")["name"] == "own"
    client.save_snapshot("one")
    client.import_snapshot("two", client.export_snapshot("one"))
    assert client.export_requests() is not None
    client.delete_namespace("mine")


@pytest.mark.parametrize(("token", "had"), [(None, "none was given"), ("another-one", "another one was given")])
def test_without_it_a_sentence_says_how_to_give_it(locked: Background, token: str | None, had: str) -> None:
    client = Client(locked.url, token=token)
    with pytest.raises(TokenWanted) as caught:
        client.reset()
    assert str(caught.value) == (
        f"the emulator at {locked.url} asks for its control token, and {had}: --control-token TOKEN, or the variable "
        "EMULATOR_CONTROL_TOKEN"
    )
    assert (caught.value.status, caught.value.sentences) == (401, [str(caught.value)])
    assert isinstance(caught.value, Refused)
    assert isinstance(caught.value, EmulatorError)
    assert client.health()["ready"]


def test_a_token_that_nobody_asks_for_does_no_harm(server: Background) -> None:
    assert Client(server.url, token=TOKEN).clock()["now"]


@pytest.mark.parametrize("token", ["", "two words", "line\n", "Zoë"])
def test_a_token_that_cannot_be_sent_is_told_at_once_and_not_repeated(token: str) -> None:
    with pytest.raises(ValueError, match="the control token") as caught:
        Client(token=token)
    assert not token or token not in "".join(traceback.format_exception_only(caught.value))


def test_it_is_given_to_programs_apart_from_what_may_be_shown(locked: Background) -> None:
    client = Client(locked.url, token=TOKEN)
    assert TOKEN not in str(client.environment())
    assert client.access() == {"EMULATOR_CONTROL_TOKEN": TOKEN}
    assert Client(locked.url).access() == {}


def test_who_is_in_the_process_has_it_and_calls_that_only_pass_through_have_not() -> None:
    emulator = Emulator(Options(scenario="empty", control_token=TOKEN))
    emulator.prepare()
    assert DirectClient(emulator).clock()["mode"] == "real"
    assert DirectClient(emulator, "mine").seed(b"name: own\n")["name"] == "own"
    reply = answer(emulator, Call("GET", "http", "localhost", "/_emulator/state"))
    assert (reply.status, dict(reply.headers)[b"www-authenticate"]) == (401, b'Bearer realm="martech-emulator"')
    emulator.finish()


def test_a_page_is_refused_in_process_as_over_a_socket(locked: Background) -> None:
    call = Call("GET", "http", "localhost", "/_emulator/state", headers=[(b"origin", b"http://evil.example")])
    direct = answer(locked.emulator, call)
    sent = httpx.get(f"{locked.url}/_emulator/state", headers={"Host": "localhost", "Origin": "http://evil.example"})
    assert (direct.status, direct.body) == (sent.status_code, sent.content)
    assert [name for name, _ in direct.headers] == [name for name, _ in sent.headers.raw]
