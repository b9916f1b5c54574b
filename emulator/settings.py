"""Options of a process, the same for command line, environment and tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parent
DEFAULT_URL = "http://127.0.0.1:4680"
"""Where an emulator is that was started without options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`fixtures` is searched before the scenarios that come with the product. `overrides` are vendor settings that
    replace the defaults wherever a scenario does not set them itself: ``{"algonomy": {"require_https": True}}``."""

    host: str = "127.0.0.1"
    port: int = 4680
    tls_port: int | None = None
    ca_dir: Path = Path("~/.martech-emulator")
    scenario: str = "demo"
    fixtures: Path | None = None
    unimplemented: Literal["emulator", "vendor"] = "emulator"
    fail_on: Literal["observed", "inferred", "assumed"] | None = None
    bare: bool = False
    max_namespaces: int = 256
    max_body: int | None = None
    journal: int = 1_000
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def scenario_directories(options: Options) -> list[Path]:
    """Where scenario files lie: the user's directory, then ours, in a checkout or in an installed package."""
    ours = next((path for path in (HERE.parent / "fixtures", HERE / "fixtures") if path.is_dir()), None)
    return [path for path in (options.fixtures, ours) if path is not None]
