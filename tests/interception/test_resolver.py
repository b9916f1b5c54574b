"""Libraries that cannot be led are refused where they look for an address, or connect to one."""

import asyncio
import socket
from contextlib import suppress
from socket import getaddrinfo as taken_before

import httpcore
import pytest
import trio
import uvloop

from emulator.interception.policy import HostRefused

HOST = "demo.talon.one"
SENTENCE = (
    r"^demo\.talon\.one leads to the emulator, but this call comes from a library that cannot be led there within this "
    r"process\. Give the library the address of a real socket: the fixture emulator_server has one$"
)
NUMBERS_ONLY = socket.AI_NUMERICHOST  # so that no name server is asked where nothing refuses


def connect(host):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))  # from where nothing leaves the machine
        one.connect((host, 443))


def send(host):
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.sendto(b"x", (host, 443))


async def stream(host, port=443):
    await asyncio.open_connection(host, port)


WAYS = {
    "look up": lambda host: socket.getaddrinfo(host, 443, flags=NUMBERS_ONLY),
    "look up with what was imported before": lambda host: taken_before(host, 443, flags=NUMBERS_ONLY),
    "look octets up": lambda host: socket.getaddrinfo(host.encode(), 443, flags=NUMBERS_ONLY),
    "connect": lambda host: socket.create_connection((host, 443), 1),
    "asyncio": lambda host: asyncio.run(stream(host)),
    "uvloop": lambda host: uvloop.run(stream(host)),
    "trio": lambda host: trio.run(trio.open_tcp_stream, host, 443),
    "httpcore": lambda host: httpcore.request("GET", f"https://{host}/"),
}
STRAIGHT = {"connect a socket": connect, "send": send}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_whatever_is_not_led_is_refused_with_a_sentence(led, way):
    with pytest.raises(HostRefused, match=SENTENCE):
        way(HOST)
    assert len(led.refused) == 1


@pytest.mark.parametrize("host", ["Demo.Talon.One.", "ｄｅｍｏ.talon.one"])
def test_however_the_host_is_spelt(led, host):
    with pytest.raises(HostRefused, match=SENTENCE):
        socket.create_connection((host, 443))


def test_a_vendors_host_that_is_not_emulated_is_refused_as_everywhere(led):
    with pytest.raises(HostRefused, match=r"^api\.treasuredata\.com is a host of Treasure Data's"):
        socket.create_connection(("api.treasuredata.com", 443))


@pytest.mark.parametrize("look_up", [socket.gethostbyname, socket.gethostbyname_ex, socket.gethostbyaddr])
@pytest.mark.parametrize("host", [HOST, "api.treasuredata.com"])
def test_a_look_up_for_its_own_sake_has_no_result(led, look_up, host):
    """urllib on a Mac looks up every host, to find out whether it needs a proxy."""
    with pytest.raises(OSError, match=rf"^{host} ") as refused:
        look_up(host)
    assert isinstance(refused.value, HostRefused)
    assert led.refused == []


@pytest.mark.parametrize("way", [*WAYS.values(), *STRAIGHT.values()], ids=[*WAYS, *STRAIGHT])
def test_without_a_network_an_address_is_refused_as_well(lead_to, answering, way):
    with lead_to(answering, network="none"), pytest.raises(HostRefused, match=r"^192\.0\.2\.1 is not emulated"):
        way("192.0.2.1")


def test_the_addresses_of_a_host_that_may_be_called_are_no_strangers(lead_to, answering):
    with lead_to(answering, network="none", allowed=["emulator.example"]):
        with pytest.raises(HostRefused):
            connect("192.0.2.1")
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo("emulator.example", 80, flags=NUMBERS_ONLY)
        for way in STRAIGHT.values():
            with pytest.raises(OSError, match="Invalid argument"):
                way("192.0.2.1")
    with lead_to(answering, network="none"), pytest.raises(HostRefused):
        connect("192.0.2.1")


@pytest.mark.parametrize("network", ["vendors", "none"])
def test_this_machine_can_always_be_reached(lead_to, answering, real, tmp_path, network):
    with lead_to(answering, network=network):
        for host in ("127.0.0.1", "localhost", socket.gethostname()):
            with suppress(socket.gaierror):  # not every machine knows its own name
                socket.getaddrinfo(host, real)
        socket.create_connection(("127.0.0.1", real)).close()
        asyncio.run(_open_and_close("127.0.0.1", real))
        uvloop.run(_open_and_close("127.0.0.1", real))
        with socket.create_server(("", 0)) as listening:
            socket.create_connection(("0.0.0.0", listening.getsockname()[1])).close()
        with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as calling:
            listening.bind(str(tmp_path / "s"))
            listening.listen()
            calling.connect(str(tmp_path / "s"))
        assert socket.getaddrinfo(None, 80, flags=socket.AI_PASSIVE)


async def _open_and_close(host, port):
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("host", ["127.evil.example", "127.0.0.1.evil.example", "localhost.evil.example"])
def test_what_only_looks_like_this_machine_is_refused(lead_to, answering, host):
    with lead_to(answering, network="none"), pytest.raises(HostRefused, match="lets no call leave the machine"):
        socket.getaddrinfo(host, 80, flags=NUMBERS_ONLY)


def test_nothing_is_refused_when_the_policy_has_ended(lead_to, answering):
    with lead_to(answering), pytest.raises(HostRefused):
        socket.getaddrinfo(HOST, 443, flags=NUMBERS_ONLY)
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(HOST, 443, flags=NUMBERS_ONLY)
