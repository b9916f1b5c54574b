"""The control client: what it asks for, and what it raises."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from emulator.client import Client, NotAnEmulator, Refused, Unreachable, base_url_variable
from emulator.server import Background


@pytest.fixture
def control(server: Background, namespace: str) -> Client:
    return Client(server.url, namespace)


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Something on a port that answers whatever it is asked with these bytes, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_each_namespace_is_spoken_of_by_itself(server: Background, control: Client) -> None:
    control.set_clock("frozen", "2026-01-05T09:00:00Z")
    assert control.clock()["now"] == "2026-01-05T09:00:00Z"
    assert Client(server.url).namespaces()["most"] == 100_000
    assert Client(f"{server.url}/ns/{control.namespace}/").clock() == control.clock()


def test_where_a_program_finds_things(server: Background, control: Client) -> None:
    assert control.base_url("talonone") == f"{server.url}/ns/{control.namespace}/talonone"
    assert Client(server.url).base_url("talonone") == f"{server.url}/talonone"
    assert base_url_variable("talonone") == "TALONONE_BASE_URL"
    assert control.environment(["talonone"]) == {
        "TALONONE_BASE_URL": control.base_url("talonone"),
        "EMULATOR_URL": server.url,
        "EMULATOR_NAMESPACE": control.namespace,
    }


def test_a_scenario_is_given_as_text_or_as_a_mapping(control: Client) -> None:
    assert control.seed(b"name: text\n")["name"] == "text"
    assert control.seed({"name": "mapping"})["name"] == "mapping"
    assert control.scenarios()["current"] == "mapping"
    control.reset()
    assert control.scenarios()["current"] == "mapping"
    control.reset(scenario="empty")
    assert control.state("primedata")["scenario"] == "empty"


def test_a_refusal_has_its_problem_and_a_sentence_for_each_thing(control: Client) -> None:
    with pytest.raises(Refused) as caught:
        control.seed({"name": "bad", "clok": 1, "sed": 2})
    assert caught.value.status == 400
    assert caught.value.sentences == [
        "clok: unknown key, did you mean clock?",
        "sed: unknown key, did you mean seed?",
    ]
    assert caught.value.problem["title"] == "Bad scenario"
    assert str(caught.value) == caught.value.problem["detail"]


def test_switches_are_told_and_changed_until_a_reset(control: Client) -> None:
    before = control.settings("primedata")["primedata"]
    assert control.change_settings("primedata", time_format="iso") == {**before, "time_format": "iso"}
    assert control.settings()["primedata"]["time_format"] == "iso"
    with pytest.raises(Refused, match=r"settings\.tim_format: unknown key, did you mean time_format\?"):
        control.change_settings("primedata", tim_format="iso")
    control.reset()
    assert control.settings("primedata")["primedata"] == before


def test_how_things_are_known_and_what_is_not_good_enough(control: Client) -> None:
    assumed = control.provenance("primedata", kind="choice", level="assumed")
    assert {entry["level"] for entry in assumed["entries"]} == {"assumed"}
    assert control.trust("assumed") == {"fail_on": "assumed"}
    assert control.provenance()["fail_on"] == "assumed"
    assert control.trust(None) == {"fail_on": None}
    assert control.provenance()["fail_on"] is None


def test_a_vendor_is_described(control: Client) -> None:
    assert control.openapi("talonone")["openapi"] == "3.1.0"
    with pytest.raises(Refused, match="'talonon' is no vendor here; did you mean talonone"):
        control.openapi("talonon")


def test_a_namespace_is_forgotten(server: Background, control: Client) -> None:
    control.clock()
    control.delete_namespace(str(control.namespace))
    assert control.namespace not in Client(server.url).namespaces()["namespaces"]
    with pytest.raises(Refused, match="is no namespace here"):
        control.delete_namespace(str(control.namespace))


@pytest.mark.parametrize("name", ["..", ".", "a b?c#d", "ä%2F"])
def test_a_strange_name_stays_a_name(control: Client, name: str) -> None:
    with pytest.raises(Refused) as caught:
        control.remove_fault(name)
    assert f"{name!r} is no standing fault here" in str(caught.value)


@pytest.mark.parametrize("url", ["", "4680", "ftp://x", "http://", "http://x?y", "http://x#y", "http://x:99999"])
def test_what_is_no_address_is_told_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Client(url)


def test_nobody_there_is_told_with_how_to_start_one() -> None:
    with pytest.raises(Unreachable, match="refused; start one: martech-emulator serve --port 1"):
        Client("http://127.0.0.1:1").health()


def test_a_server_that_says_nothing_is_not_waited_for_without_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Unreachable, match=r"does not answer within 0\.1 seconds"):
            Client(url, timeout=0.1).health()


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
    ],
)
def test_something_else_is_told_from_an_emulator(answer: bytes) -> None:
    with answering(answer) as url, pytest.raises(NotAnEmulator, match="is no emulator"):
        Client(url).health()


def test_a_connection_that_is_closed_is_told() -> None:
    with answering(b"") as url, pytest.raises(Unreachable, match="closed connection without response"):
        Client(url).health()


def test_no_proxy_is_asked_whatever_the_environment_says(control: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert control.health()["ready"] is True


def test_a_name_that_a_client_cannot_trust_says_which_file_to_trust(tmp_path) -> None:
    from emulator.settings import Options

    with Background(Options(port=0, tls_port=0, ca_dir=tmp_path)) as running:
        assert running.secure is not None
        with pytest.raises(Unreachable, match=r"SSL_CERT_FILE names the ca\.pem to trust"):
            Client(running.secure.url).health()


def test_a_call_over_tls_with_a_trusted_authority(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    from emulator.settings import Options

    with Background(Options(port=0, tls_port=0, ca_dir=tmp_path)) as running:
        assert running.secure is not None
        monkeypatch.setenv("SSL_CERT_FILE", str(running.secure.authority))
        assert Client(running.secure.url).health()["ready"] is True


def test_many_may_use_one_at_once(control: Client) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                control.reset()
                control.clock()
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
