"""The explanation of a call, asked for where its answer says; and its corrected command, run as whoever reads it
would."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

_STATUS = re.compile(r"^HTTP/[0-9.]+ ([0-9]{3})", re.MULTILINE)


@dataclass(frozen=True)
class Explanation:
    told: dict[str, Any]

    @property
    def failed(self) -> str | None:
        """The name of the check that the call did not pass; those before it are told as passed, those after not."""
        names = [row["name"] for row in self.told["checks"] if row["passed"] is False]
        assert len(names) <= 1
        verdicts = [row["passed"] for row in self.told["checks"]]
        if names:
            place = verdicts.index(False)
            assert set(verdicts[:place]) <= {True}
            assert set(verdicts[place + 1 :]) <= {None}
        return names[0] if names else None

    @property
    def got(self) -> str:
        """What the failed check found."""
        return str(next(row["got"] for row in self.told["checks"] if row["passed"] is False))

    @property
    def cause(self) -> str | None:
        cause: str | None = self.told["cause"]
        return cause

    @property
    def remarks(self) -> list[str]:
        remarks: list[str] = self.told["remarks"]
        return remarks

    @property
    def curl(self) -> str:
        assert self.told["correction"] is not None, f"no correction for {self.cause!r}"
        return str(self.told["correction"]["curl"])


def explain(client: httpx.Client, response: httpx.Response | str) -> Explanation:
    """By the answer's id, or by the id itself. A refusal also says where to ask."""
    entry_id = response if isinstance(response, str) else response.headers["x-emulator-request-id"]
    asked = client.get(f"/_emulator/requests/{entry_id}/explain")
    assert asked.status_code == 200, asked.text
    return Explanation(asked.json())


def pasted(curl: str) -> tuple[int, str]:
    """Status and body of what the command is answered."""
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("there is no curl here to paste the command into")
    done = subprocess.run(["bash", "-c", curl], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{curl}\n{done.stderr}"
    head, _, body = done.stdout.rpartition("\n\n")
    return int(_STATUS.findall(head)[-1]), body
