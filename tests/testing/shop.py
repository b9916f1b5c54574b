"""What an inner test run prints, taken apart, and the shop whose tests it runs."""

import re
from collections.abc import Iterable
from textwrap import dedent, indent

import pytest

from tests.testing.conftest import Run

SHOP = """
    import httpx

    TALON_ONE = {"Authorization": "ApiKey-v1 " + "d1c2b3a4" * 8}
    SESSIONS = "https://demo.talon.one/v2/customer_sessions/"
    ALGONOMY = "https://qa-gateway.richrelevance.com/profile-command/v1/"

    def session(name, cart=(), **more):
        body = {"customerSession": {"profileId": "ana@example.com", "cartItems": list(cart)}}
        return httpx.put(SESSIONS + name, headers=TALON_ONE, json=body, **more)

    def look_up(name, headers=TALON_ONE):
        return httpx.get(SESSIONS + name, headers=headers)

    def token():
        fields = {"client_id": "5934de97c95e1ced", "client_secret": "2l9dr0jkink11ad49hg93it52d"}
        answer = httpx.post(ALGONOMY + "oauth2/token", data={"grant_type": "client_credentials", **fields})
        return answer.json()["access_token"]

    def opt_out(user, token):
        headers = {"Authorization": f"Bearer {token}"}
        url = ALGONOMY + f"4faeaf752ee40a0f/optOut/{user}"
        return httpx.put(url, headers=headers, json={"type": "optOut", "enableOptOut": True})
"""
IMPORTS = "import httpx, pytest\nfrom datetime import timedelta\nfrom shop import *"
_HEADER = re.compile(r"_{3,} (?:ERROR at (?:setup|teardown) of )?([\w.\[\]=() -]+?) _{3,}")
_END = re.compile(r"={3,} .* ?={3,}")
_SECTION = re.compile(r"-{3,} Calls to the emulator -{3,}")


def failures(result: pytest.RunResult) -> dict[str, list[str]]:
    """What is printed below the name of each test that failed."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in result.outlines:
        if header := _HEADER.fullmatch(line):
            lines = found[header[1]] = []
        elif _END.fullmatch(line):
            lines = []
        else:
            lines.append(line)
    return found


def why(lines: list[str]) -> str:
    """The exception's own words, or what a test was failed with."""
    end = next((number for number, line in enumerate(lines) if _SECTION.fullmatch(line)), len(lines))
    quoted = [line[4:] for line in lines[:end] if line.startswith("E   ")]
    return "\n".join(quoted or lines[:end]).rstrip()


def section(lines: list[str]) -> str:
    """Of a failure's report, the calls to the emulator."""
    begin = next(number for number, line in enumerate(lines) if _SECTION.fullmatch(line))
    return "\n".join(lines[begin + 1 :]).rstrip()


class Shop:
    """Runs tests of the shop's."""

    def __init__(self, run: Run, pytester: pytest.Pytester) -> None:
        self._run = run
        pytester.makepyfile(shop=SHOP)

    def test(self, source: str, *args: str) -> pytest.RunResult:
        return self._run("\n".join([IMPORTS, dedent(source)]), "--tb=short", *args)

    def each(self, bodies: Iterable[str], *args: str) -> list[str]:
        """Why each of these tests fails, and ``passed`` for one that does not. A body stands below ``emulator``."""
        functions = (
            f"def test_{number}(emulator):\n" + indent(dedent(body).strip("\n"), "    ")
            for number, body in enumerate(bodies)
        )
        sources = list(functions)
        found = failures(self._run("\n".join([IMPORTS, *sources]), "--tb=short", *args))
        return [why(found[name]) if (name := f"test_{number}") in found else "passed" for number in range(len(sources))]

    def why(self, source: str, *args: str) -> str:
        """Why the one test that fails does."""
        (lines,) = failures(self.test(source, *args)).values()
        return why(lines)

    def section(self, source: str, *args: str) -> str:
        (lines,) = failures(self.test(source, *args)).values()
        return section(lines)
