"""A headless Chromium that trusts one more authority, runs one page, and hands back what the page's script reports.

Everything is served from this machine, and every other name is unknown to the browser.
"""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PATIENCE = 30
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE *.localhost",
)  # fmt: skip


class NoBrowserError(Exception):
    """There is no browser to be had here; the message says what is missing."""


class Browser:
    """`home` is an empty directory, for the browser's own files and its list of trusted authorities."""

    def __init__(self, home: Path, authority: Path) -> None:
        chromium = next((path for name in _CHROMIUM if (path := shutil.which(name))), None)
        certutil = shutil.which("certutil")
        if chromium is None or certutil is None:
            lacking = "Chromium" if chromium is None else "certutil"
            raise NoBrowserError(f"{lacking} is not installed (on Debian: apt install chromium libnss3-tools)")
        self._chromium = chromium
        self._home = home
        trusted = f"sql:{home / '.pki' / 'nssdb'}"
        (home / ".pki" / "nssdb").mkdir(parents=True)
        subprocess.run([certutil, "-d", trusted, "-N", "--empty-password"], check=True, capture_output=True)
        trust = [certutil, "-d", trusted, "-A", "-t", "C,,", "-n", "emulator", "-i", str(authority)]
        subprocess.run(trust, check=True, capture_output=True)

    def report(self, files: Mapping[str, bytes], page: str = "/") -> Any:
        """What the page POSTs to ``/report``, as JSON. `files` are served by their paths."""
        with _site(files) as site:
            profile = self._home / "profile"
            command = [self._chromium, *_QUIET, f"--user-data-dir={profile}", f"http://localhost:{site.port}{page}"]
            environment = {**os.environ, "HOME": str(self._home)}
            with (self._home / "chromium.log").open("wb") as log:
                process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            try:
                assert site.reported.wait(PATIENCE), f"the page never reported:\n{self._said()}"
            finally:
                process.kill()
                process.wait()
            return json.loads(site.report)

    def _said(self) -> str:
        return (self._home / "chromium.log").read_text(errors="replace")[-4_000:]


class _Site:
    def __init__(self) -> None:
        self.port = 0
        self.report = b""
        self.reported = threading.Event()


@contextmanager
def _site(files: Mapping[str, bytes]) -> Iterator[_Site]:
    site = _Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path.partition("?")[0])
            self.send_response(404 if content is None else 200)
            self.send_header("content-type", "text/javascript" if self.path.endswith(".js") else "text/html")
            self.end_headers()
            self.wfile.write(content or b"")

        def do_POST(self) -> None:
            site.report = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(204)
            self.end_headers()
            site.reported.set()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
