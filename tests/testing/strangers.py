"""What may be at an address besides an emulator: nobody, somebody else, or something that stands before one."""

import http.client
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Talker(threading.Thread):
    """Listens, reads, and answers every call alike, or never."""

    def __init__(self, answer: bytes | None) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self._answer = answer
        self._kept: list[socket.socket] = []

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self._kept.append(connection)
            if self._answer is not None:
                connection.recv(65_536)
                connection.sendall(self._answer)
                connection.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self._kept:
            connection.close()
        self.join()


def answer_of(status: str, body: str) -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return (head + body).encode()


class Proxy:
    """Passes calls below ``/emu``, or all, on to an emulator. One that keeps no Host says its own; `change` may alter
    an answer's body by the path that was called."""

    def __init__(
        self, url: str, *, keeps_host: bool = True, change: Callable[[str, bytes], bytes] = lambda _, body: body
    ) -> None:
        authority = urlsplit(url).netloc

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def passed_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
                if not keeps_host:
                    headers["host"] = authority
                there = http.client.HTTPConnection(authority)
                there.request(self.command, self.path.removeprefix("/emu"), body, headers)
                answer = there.getresponse()
                content = change(self.path, answer.read())
                there.close()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name not in ("content-length", "date", "connection"):
                        self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.passed_on)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
