"""Options of a process, the same for command line, environment and tests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

LogFormat = Literal["json", "text", "off"]

HERE = Path(__file__).parent
DEFAULT_URL = "http://127.0.0.1:4680"
"""Where an emulator is that was started without options."""
TOKEN_HEADER = "x-emulator-control-token"
TOKEN_VARIABLE = "EMULATOR_CONTROL_TOKEN"
_TOKEN = re.compile(r"[!-~]{1,1024}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`fixtures` is searched before the scenarios that come with the product. `overrides` are vendor settings that
    replace the defaults wherever a scenario does not set them itself: ``{"algonomy": {"require_https": True}}``.
    `tls_hosts` are names and addresses that certificates are good for besides the vendors' and this machine's.
    `data_dir` keeps every namespace's state; without one it goes with the process. `control_token` is what control
    calls then have to carry. `log_format` is that of a line per call."""

    host: str = "127.0.0.1"
    port: int = 4680
    also_port: int | None = None
    tls_port: int | None = None
    tls_hosts: tuple[str, ...] = ()
    ca_dir: Path = Path("~/.martech-emulator")
    scenario: str = "demo"
    fixtures: Path | None = None
    unimplemented: Literal["emulator", "vendor"] = "emulator"
    fail_on: Literal["observed", "inferred", "assumed"] | None = None
    bare: bool = False
    data_dir: Path | None = None
    control_token: str | None = field(default=None, repr=False)
    log_format: LogFormat = "off"
    max_namespaces: int = 256
    max_body: int | None = None
    journal: int = 1_000
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def checked_token(token: str) -> str:
    """A control token that can stand in a header. Raises `ValueError` for any other, without telling it."""
    if not token:
        raise ValueError("the control token is empty, which would ask for nothing: name one, or leave the option out")
    if not _TOKEN.fullmatch(token):
        raise ValueError(
            "the control token cannot be sent in a header: write up to 1024 ASCII letters, digits and signs, no blanks"
        )
    return token


def scenario_directories(options: Options) -> list[Path]:
    """Where scenario files lie: the user's directory, then ours, in a checkout or in an installed package."""
    ours = next((path for path in (HERE.parent / "fixtures", HERE / "fixtures") if path.is_dir()), None)
    return [path for path in (options.fixtures, ours) if path is not None]
