"""Whether an emulator is ready, asked with next to nothing imported: whoever runs a container asks all the time.

What is learnt here is yes, and never why not. Whoever hears no asks again by `emulator.client`, which has the words.
"""

import os
import socket
import time

SENTENCE = "martech-emulator ready on {}"
_PORT = "4680"
_ASKED_OTHERWISE = ("EMULATOR_URL", "EMULATOR_WAIT", "EMULATOR_JSON")
_HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_MOST_PORT = 65_535
_MOST_DIGITS = 5
_GLANCES = 20
"""In a second."""
_PATIENCE = 1.0
_MOST = 4_096
"""Octets of an answer that are worth reading."""


def seconds_asked(arguments: list[str]) -> int | None:
    """How long ``ready`` or ``ready --wait 2s`` would wait; any other arguments are for the command line to read."""
    if any(name in os.environ for name in _ASKED_OTHERWISE):
        return None
    match arguments:
        case ["ready"]:
            return 0
        case ["ready", "--wait", text] if text.removesuffix("s").isdecimal() and len(text) <= _MOST_DIGITS:
            return int(text.removesuffix("s"))
    return None


def ready_within(seconds: int) -> str | None:
    """The URL of the emulator that the environment tells of, if it is ready in time."""
    host = started_with("--host") or os.environ.get("EMULATOR_HOST") or "127.0.0.1"
    port = started_with("--port") or os.environ.get("EMULATOR_PORT") or _PORT
    if not (port.isascii() and port.isdecimal() and 0 < int(port) <= _MOST_PORT):
        return None
    for glance in range(seconds * _GLANCES + 1):
        time.sleep(1 / _GLANCES if glance else 0)
        if _says_yes(_HERE.get(host, host), int(port)):
            return url_of(host, int(port))
    return None


def url_of(host: str, port: int) -> str:
    """Where a client on this machine finds an emulator that listens there."""
    here = _HERE.get(host, host)
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def started_with(option: str) -> str | None:
    """What an option of a container's first process is, where that is an emulator: of ``docker run IMAGE serve --port
    80`` the environment of a health check says nothing."""
    try:
        with open("/proc/1/cmdline", encoding="utf-8", errors="replace") as line:
            words = line.read().rstrip("\0").split("\0")
    except OSError:
        return None
    if "serve" not in words or not any(word.endswith("emulator") for word in words):
        return None
    found = None
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == option:
            found = following
        elif word.startswith(f"{option}="):
            found = word.removeprefix(f"{option}=")
    return found


def _says_yes(host: str, port: int) -> bool:
    """Connected to as the server binds, and not by `create_connection`, which loads tables of Unicode first."""
    answer = b""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as connection:
            connection.settimeout(_PATIENCE)
            connection.connect((host, port))
            connection.sendall(b"GET /_emulator/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            while len(answer) < _MOST and (piece := connection.recv(_MOST)):
                answer += piece
    except (OSError, UnicodeError):  # a name can be one that cannot be looked up
        return False
    return answer.startswith(b"HTTP/1.1 200 ") and b'"ready":true' in answer
