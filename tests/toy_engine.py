"""A container engine that only says so: its HTTP API to the extent that one image is started, found and removed.

What "runs" in its containers is an emulator of the test's own, at the port that each says its port is published on.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]


class Engine(ThreadingHTTPServer):
    """`created` are the containers as they were asked for, `removed` the ids of those that are gone; `refused` are the
    calls that this one has no answer to, such as one for an image that must be fetched."""

    def __init__(self, image: str, published: int) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.image = image
        self.published = published
        self.created: list[dict[str, Any]] = []
        self.removed: list[str] = []
        self.refused: list[str] = []

    def answer(self, method: str, path: str, body: Any) -> Answer:
        if path == "/version":
            return 200, {"Version": "28.0.0", "ApiVersion": "1.44", "MinAPIVersion": "1.24"}
        if path == f"/images/{self.image}/json":
            return 200, {"Id": "sha256:1", "RepoTags": [f"{self.image}:latest"]}
        if (method, path) == ("POST", "/containers/create"):
            self.created.append(body)
            return 201, {"Id": f"container-{len(self.created)}", "Warnings": []}
        if known := re.fullmatch(r"/containers/(container-\d+)(/start|/json)?", path):
            return self._container(method, known[1])
        self.refused.append(f"{method} {path}")
        return 404, {"message": f"no answer to {method} {path}"}

    def _container(self, method: str, name: str) -> Answer:
        if method == "GET":
            wanted = self.created[int(name.rpartition("-")[2]) - 1]
            published = [{"HostIp": "127.0.0.1", "HostPort": str(self.published)}]
            ports = dict.fromkeys(wanted["ExposedPorts"], published)
            state = {"Status": "running", "Running": True}
            return 200, {"Id": name, "State": state, "Config": wanted, "NetworkSettings": {"Ports": ports}}
        if method == "DELETE":
            self.removed.append(name)
        return 204, None


class _Call(BaseHTTPRequestHandler):
    server: Engine

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        path = re.sub(r"^/v[\d.]+", "", self.path.partition("?")[0])
        status, answer = self.server.answer(self.command, path, body)
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the names that its base looks for

    def log_message(self, format: str, *args: object) -> None:
        """It would be told on stderr."""


@contextmanager
def engine(image: str, published: int) -> Iterator[Engine]:
    with Engine(image, published) as one:
        thread = threading.Thread(target=one.serve_forever, name="engine")
        thread.start()
        try:
            yield one
        finally:
            one.shutdown()
            thread.join()
