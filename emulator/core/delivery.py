"""An answer's way to its caller: whole and at once, or as a fault would have it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any, TypeAlias

from emulator.core.answers import Answer
from emulator.core.faults import Damage

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

CLOSE = "emulator.close"
"""Scope extension: a callable that closes the connection; our servers offer it, so that `drop` can be honoured."""
ENDING = "emulator.ending"
"""Scope extension: an `asyncio.Event` that is set when the server has no more time. Whatever waits then waits no more,
and is sent while there is somebody to send it."""

_FEWEST_PIECES = 10
_PIECE_MS = 100


async def send_answer(answer: Answer, send: Send) -> None:
    await _begin(answer, send)
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


async def deliver(answer: Answer, damage: Damage, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the answer with the damage done to it. Every wait ends when the caller goes away, or the server."""
    if damage.delay_ms and await _gone_within(damage.delay_ms / 1_000, scope, receive):
        return
    if damage.drop or (damage.truncate and not answer.body):  # without a body the headers alone would look whole
        await _close(scope, receive)
        return
    if not (damage.truncate or damage.slow_ms):
        await send_answer(answer, send)
        return
    body = answer.body[: len(answer.body) // 2] if damage.truncate else answer.body
    await _begin(answer, send)
    if not await _trickled(body, damage.slow_ms, scope, receive, send):
        return
    if damage.truncate:
        await _close(scope, receive)
    else:
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _begin(answer: Answer, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.status != 204:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})


async def _trickled(body: bytes, slow_ms: int, scope: Scope, receive: Receive, send: Send) -> bool:
    """Whether the caller stayed to the last piece. Without time to spend there is one piece."""
    parts = list(pieces(body, slow_ms))
    for piece in parts:
        if slow_ms and await _gone_within(slow_ms / 1_000 / len(parts), scope, receive):
            return False
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    return True


def pieces(body: bytes, slow_ms: int) -> Iterator[bytes]:
    """As many as come every tenth of a second, of about the same size: a client that waits for the next one, and not
    for all, waits on."""
    count = min(len(body), max(_FEWEST_PIECES, slow_ms // _PIECE_MS)) if slow_ms else 1
    for number in range(count):
        yield body[len(body) * number // count : len(body) * (number + 1) // count]


async def _close(scope: Scope, receive: Receive) -> None:
    """Close the connection and wait until it is gone, so that the server does not answer in our place."""
    close = scope.get("extensions", {}).get(CLOSE)
    if close is None:
        raise ConnectionResetError("a fault closes this connection")
    close()
    await _gone(receive)


async def _gone_within(seconds: float, scope: Scope, receive: Receive) -> bool:
    """Wait, but no longer than for the caller to go away: whether that happened."""
    ending: asyncio.Event | None = scope.get("extensions", {}).get(ENDING)
    gone = asyncio.ensure_future(_gone(receive))
    waits = [gone] if ending is None else [gone, asyncio.ensure_future(_set(ending))]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            await gone
        return gone.done()
    finally:
        for wait in waits:
            wait.cancel()


async def _set(event: asyncio.Event) -> None:
    await event.wait()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
