"""The last gate, so that all fails closed: whatever asks Python's sockets for a host that leads to the emulator came
another way than those where it can be led, and is refused.

It is an audit hook, which hears of every look-up and connection, whoever has which function of ``socket`` in hand. Such
a hook cannot be taken off; there is one in a process, and it looks at nothing while no policy is in force.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any, TypeAlias

from emulator.interception.points import Point, policy
from emulator.interception.policy import Head, HostRefused, Policy, at_the_call, is_address, is_local, plain

__tracebackhide__ = at_the_call
_Ear: TypeAlias = Callable[[tuple[Any, ...]], None]
_INTERNET = 2  # host and port, at least
_through: Policy | None = None
"""Under which a host has been let through that is not this machine."""


class _NotLookedUp(HostRefused, OSError):
    """Of a look-up alone, which is no call yet: some ask whether a host has an address, as urllib does on a Mac before
    it chooses a proxy, and go on without one. So nobody needs to know of it."""

    def __init__(self, sentence: str) -> None:
        OSError.__init__(self, sentence)


class Gate:
    _installed = False

    def hold(self) -> None:
        if not Gate._installed:
            Gate._installed = True
            sys.addaudithook(_heard)

    def release(self) -> str | None:
        return None


def uvloop_points(uvloop: ModuleType) -> Iterator[Point]:
    """Of ``uvloop``, which has sockets of its own."""
    yield Point(uvloop.Loop, "create_connection", _connecting)
    yield Point(uvloop.Loop, "getaddrinfo", _looking_up)


def let_through(host: str) -> None:
    """From now on its addresses are no strangers, which ones it may have: whose an address is cannot be told, where a
    library remembers what it has looked up."""
    global _through  # noqa: PLW0603 - there is one policy in a process, and one gate
    if not (is_address(host) or is_local(host)):
        _through = policy()


def _connecting(original: Callable[..., Any]) -> Callable[..., Any]:
    async def create_connection(
        self: Any, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        _connected((self, (host, port)))
        return await original(self, protocol_factory, host, port, **options)

    return create_connection


def _looking_up(original: Callable[..., Any]) -> Callable[..., Any]:
    async def getaddrinfo(self: Any, host: Any, port: Any, **options: Any) -> Any:
        _called((host, port))
        return await original(self, host, port, **options)

    return getaddrinfo


def _called(args: tuple[Any, ...]) -> None:
    host, port = args[:2]
    _judge(_named(host), port)


def _connected(args: tuple[Any, ...]) -> None:
    if not isinstance(args[1], tuple) or len(args[1]) < _INTERNET:
        return  # a path of this machine, or what only its kernel knows
    host, port = args[1][:2]
    name = _named(host)
    if _through is None or _through is not policy() or not is_address(name):
        _judge(name, port)


def _looked_up(args: tuple[Any, ...]) -> None:
    chosen = policy()
    if chosen is None:
        return
    try:
        _judge(_named(args[0]), None)
    except HostRefused as refused:
        chosen.refused.remove(str(refused))
        raise _NotLookedUp(str(refused)) from None


_HEARD: Mapping[str, _Ear] = {
    "socket.getaddrinfo": _called,
    "socket.connect": _connected,
    "socket.sendto": _connected,
    "socket.gethostbyname": _looked_up,
    "socket.gethostbyaddr": _looked_up,
}


def _heard(event: str, args: tuple[Any, ...], listener: Callable[[str], _Ear | None] = _HEARD.get) -> None:
    """Called to the very end of the process, when a module's names may be gone."""
    hear = listener(event)
    if hear is not None:
        hear(args)


def _named(host: Any) -> str:
    """Empty for what asks for any address of this machine."""
    text = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host
    return plain(text) if isinstance(text, str) else ""


def _judge(host: str, port: Any) -> None:
    """Raises `HostRefused`."""
    chosen = policy()
    if chosen is None or not host:
        return
    if chosen.decide(Head("", host, port if isinstance(port, int) else None)) is None:
        let_through(host)
        return
    sentence = (
        f"{host} leads to the emulator, but this call comes from a library that cannot be led there within this "
        "process. Give the library the address of a real socket: the fixture emulator_server has one"
    )
    chosen.refused.append(sentence)
    raise HostRefused(sentence)
