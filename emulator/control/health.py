"""Liveness and readiness, answered before any framework is there to answer."""

from emulator.core.answers import Answer, json_answer
from emulator.core.errors import AGAIN_SOON


def answer(method: str, path: str, ready: bool, version: str) -> Answer | None:
    """The answer to ``GET /_emulator/health`` (200 as soon as the process lives) and ``GET /_emulator/ready``
    (200 once seeding is done, 503 before); `None` for any other call."""
    if method not in ("GET", "HEAD"):
        return None
    state = {"status": "ok" if ready else "starting", "ready": ready, "version": version}
    if path == "/_emulator/health":
        return json_answer({**state, "status": "ok"})
    if path == "/_emulator/ready":
        return json_answer(state) if ready else json_answer(state, 503, headers=[AGAIN_SOON])
    return None
