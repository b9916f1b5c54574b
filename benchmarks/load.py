"""A load generator: keep-alive connections that send one prepared request after the other."""

import asyncio
import time
from dataclasses import dataclass
from typing import cast

CONNECTIONS = 32


@dataclass(frozen=True)
class Shot:
    """One HTTP/1.1 request as bytes, and the status that every answer must have."""

    request: bytes
    status: int = 200


def shot(method: str, path: str, body: bytes, headers: dict[str, str], status: int = 200) -> Shot:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return Shot("\r\n".join([*lines, "", ""]).encode() + body, status)


class _Connection(asyncio.Protocol):
    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._fire()

    def _fire(self) -> None:
        if self._run.over:
            self._run.finished.set()
            self._transport.close()
            return
        self._transport.write(self._run.shot.request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        lowered = head.lower()
        start = lowered.find(b"content-length:")
        length = int(lowered[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
        if len(rest) < length:
            return
        self._buffer = b""
        status = int(head[9:12])
        if status != self._run.shot.status:
            self._run.wrong.append((status, rest))
        self._run.done += 1
        self._fire()

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.finished.set()


class _Run:
    def __init__(self, shot: Shot, most: int | None) -> None:
        self.shot = shot
        self.done = 0
        self.wrong: list[tuple[int, bytes]] = []
        self.finished = asyncio.Event()
        self.deadline = 0.0
        self.most = most

    @property
    def over(self) -> bool:
        return time.perf_counter() >= self.deadline or (self.most is not None and self.done >= self.most)


async def _fire_away(port: int, shot: Shot, seconds: float, most: int | None) -> float:
    run = _Run(shot, most)
    started = time.perf_counter()
    run.deadline = started + seconds
    loop = asyncio.get_running_loop()
    pairs = [await loop.create_connection(lambda: _Connection(run), "127.0.0.1", port) for _ in range(CONNECTIONS)]
    await run.finished.wait()
    elapsed = time.perf_counter() - started
    await asyncio.sleep(0.05)
    for transport, _ in pairs:
        transport.close()
    if run.wrong:
        status, body = run.wrong[0]
        raise SystemExit(f"{len(run.wrong)} of {run.done} answers were not {shot.status}: {status} {body[:300]!r}")
    return run.done / elapsed


def requests_per_second(port: int, shot: Shot, seconds: float, most: int | None = None) -> float:
    """Fire for that long, or until `most` answers have come. Stops the whole run at the first wrong status."""
    import uvloop

    return uvloop.run(_fire_away(port, shot, seconds, most))
