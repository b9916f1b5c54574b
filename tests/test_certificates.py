"""TLS: the same emulator on a second port, with certificates of a local authority."""

import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

from emulator.app import Emulator
from emulator.client import Client, Refused
from emulator.control.authority import Tls
from emulator.direct import DirectClient
from emulator.server import Background
from emulator.settings import Options


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    with Background(Options(port=0, tls_port=0, ca_dir=tmp_path_factory.mktemp("authority"))) as one:
        yield one


@pytest.fixture(scope="module")
def trusting(running: Background) -> ssl.SSLContext:
    """What a careful client uses: strict as Python 3.13 is, and trusting our authority alone."""
    assert running.secure is not None
    context = ssl.create_default_context(cafile=str(running.secure.authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def port(running: Background) -> int:
    assert running.secure is not None
    return int(running.secure.url.rsplit(":", 1)[1])


def presented(running: Background, context: ssl.SSLContext, name: str | None) -> Any:
    """The certificate that a client gets which names that host."""
    raw = socket.create_connection(("127.0.0.1", port(running)), timeout=10)
    with context.wrap_socket(raw, server_hostname=name) as connection:
        return connection.getpeercert()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_client_that_trusts_the_authority_reaches_the_emulator(running, trusting, host) -> None:
    answer = httpx.get(f"https://{host}:{port(running)}/_emulator/health", verify=trusting)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.parametrize(
    "host",
    [
        "us01.p13n.in.treasuredata.com", "qa-gateway.richrelevance.com", "yourbaseurl.talon.one", "a.b.talon.one",
        "talonone.localhost", "worker-3.talonone.localhost",
    ],
)  # fmt: skip
def test_a_host_that_a_client_names_has_a_certificate_of_its_own(running, trusting, host) -> None:
    assert presented(running, trusting, host)["subjectAltName"] == (("DNS", host),)


def test_a_certificate_says_all_that_strict_clients_ask_for(running, trusting) -> None:
    raw = socket.create_connection(("127.0.0.1", port(running)), timeout=10)
    with trusting.wrap_socket(raw, server_hostname="live.primedata.ai") as connection:
        found = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True))
    assert found.not_valid_after_utc - found.not_valid_before_utc < timedelta(days=398)
    said = {one.oid._name: one for one in found.extensions}
    assert {name for name, one in said.items() if one.critical} == {"basicConstraints", "keyUsage"}
    assert set(said) == {
        "basicConstraints", "keyUsage", "extendedKeyUsage", "subjectAltName", "subjectKeyIdentifier",
        "authorityKeyIdentifier",
    }  # fmt: skip
    assert said["keyUsage"].value.digital_signature


def test_a_host_that_is_no_vendors_is_not_vouched_for_and_that_is_told_once(running, trusting, caplog) -> None:
    for _ in range(2):
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            presented(running, trusting, "bank.example")
    assert [record.getMessage() for record in caplog.records] == [
        "martech-emulator: a client asks over TLS for bank.example, which is neither a vendor's host nor localhost, "
        "and will refuse the certificate: if that is a name of this machine, start with --tls-host bank.example"
    ]


def test_names_and_addresses_of_the_machine_can_be_added(tmp_path: Path) -> None:
    hosts = ("emulator", "db_1.test", "192.168.0.5", "::2")
    with Background(Options(port=0, tls_port=0, ca_dir=tmp_path, tls_hosts=hosts)) as one:
        assert one.secure is not None
        context = ssl.create_default_context(cafile=str(one.secure.authority))
        for name in ("emulator", "db_1.test"):
            assert presented(one, context, name)["subjectAltName"] == (("DNS", name),)
        assert ("IP Address", "192.168.0.5") in presented(one, context, "192.168.0.5")["subjectAltName"]
        presented(one, context, "::2")


def test_a_client_that_does_not_trust_the_authority_refuses(running) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        presented(running, ssl.create_default_context(), "localhost")


def test_an_unchanged_production_address_works(running, trusting) -> None:
    with httpx.Client(verify=trusting) as client:
        answer = client.post(
            f"https://127.0.0.1:{port(running)}/personalization__database/preferences_table",
            headers={"Host": "us01.p13n.in.treasuredata.com"},
            extensions={"sni_hostname": "us01.p13n.in.treasuredata.com"},
        )
    assert answer.json() == {"message": "Unauthorized"}


def test_vendors_see_that_a_call_came_over_tls(running, trusting) -> None:
    with httpx.Client(base_url=f"https://127.0.0.1:{port(running)}/ns/tls", verify=trusting) as client:
        client.patch("/_emulator/settings", json={"vendor": "algonomy", "settings": {"require_https": True}})
        grant = {"grant_type": "client_credentials", "client_id": "5934de97c95e1ced", "client_secret": "wrong"}
        secure = client.post("/algonomy/qa/profile-command/v1/oauth2/token", data=grant)
        plain = httpx.post(f"{running.url}/ns/tls/algonomy/qa/profile-command/v1/oauth2/token", data=grant)
    assert secure.json()["error"] == "invalid_client"
    assert "https" in plain.json()["error_description"].lower()


def test_plain_http_on_the_tls_port_is_cut_and_does_no_harm(running, trusting) -> None:
    with socket.create_connection(("127.0.0.1", port(running)), timeout=10) as connection:
        connection.sendall(b"GET /_emulator/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not connection.recv(1_000).startswith(b"HTTP")
    assert httpx.get(f"https://localhost:{port(running)}/_emulator/ready", verify=trusting).status_code == 200


# What clients are to trust, over plain HTTP


def test_the_certificate_to_trust_is_handed_out(running) -> None:
    assert running.secure is not None
    for path in ("/_emulator/ca.pem", "/ns/w-3/_emulator/ca.pem"):
        answer = httpx.get(running.url + path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-pem-file")
        assert answer.content == running.secure.authority.read_bytes()
    assert httpx.head(f"{running.url}/_emulator/ca.pem").headers["content-length"] == str(len(answer.content))
    assert Client(running.url).authority() == answer.content
    assert DirectClient(running.emulator).authority() == answer.content


def test_the_index_tells_where_tls_is_spoken(running, server) -> None:
    index = httpx.get(running.url).json()
    assert index["tls"] == {"port": port(running), "ca": "/_emulator/ca.pem"}
    assert "GET /_emulator/ca.pem" in [one["call"] for one in index["calls"]]
    plain = httpx.get(server.url).json()
    assert plain["tls"] is None
    assert "GET /_emulator/ca.pem" not in [one["call"] for one in plain["calls"]]


def test_without_tls_there_is_no_certificate_to_trust(server) -> None:
    answer = httpx.get(f"{server.url}/_emulator/ca.pem")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == (
        "this emulator speaks no TLS, and has no authority to trust: start it with --tls-port"
    )
    with pytest.raises(Refused, match="start it with --tls-port"):
        DirectClient(server.emulator).authority()


def test_the_certificate_to_trust_can_only_be_read(running) -> None:
    assert httpx.post(f"{running.url}/_emulator/ca.pem").status_code == 405


def test_the_certificate_to_trust_is_handed_out_before_the_scenario_is_loaded() -> None:
    starting = Emulator(Options(), vendors=())
    starting.tls = Tls(443, b"certificate")
    assert DirectClient(starting).authority() == b"certificate"
