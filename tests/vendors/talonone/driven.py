"""Clients that run in a process of their own: one line of JSON to it, one line back."""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

CLIENTS = Path(__file__).parents[2] / "clients"
KEY = "d1c2b3a4" * 8


class Driven:
    """A script of tests/clients. An order is answered with what became of its calls, as the client's caller sees it."""

    def __init__(self, command: Sequence[str], directory: Path, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def do(self, order: Mapping[str, Any]) -> list[dict[str, Any]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            _, errors = self._process.communicate()
            raise AssertionError(f"the client's process has ended: {errors}")
        outcomes: list[dict[str, Any]] = json.loads(line)
        return outcomes

    def against(self, url: str) -> Callable[..., list[dict[str, Any]]]:
        """``drive(call, …, key=…)``: the calls against the vendor at that address."""

        def drive(*calls: Mapping[str, Any], key: str = KEY) -> list[dict[str, Any]]:
            return self.do({"url": url, "key": key, "calls": calls})

        return drive

    def end(self) -> None:
        self._process.communicate()


def model(name: str, **value: Any) -> dict[str, Any]:
    """A model of the client's own."""
    return {"$model": name, "value": value}


def values(outcomes: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Of calls that were all accepted."""
    assert [outcome for outcome in outcomes if "value" not in outcome] == []
    return [outcome["value"] for outcome in outcomes]
