"""PrimeData's switches for what no document settles."""

from typing import Literal

from pydantic import Field

from emulator.core.section import Settings
from emulator.vendors.primedata.contract.times import TimeFormat
from emulator.vendors.primedata.tables import Order


class PrimeDataSettings(Settings):
    time_format: TimeFormat = Field(
        default="colon",
        description="How time_stamp and sent_at are written: colon 2023:01:01T20:00:00Z, iso with hyphens.",
        json_schema_extra={"level": "inferred", "source": "Profile API 1.2, sample"},
    )
    limit_over_100: Literal["reject", "clamp"] = Field(
        default="reject",
        description="What a limit above 100 does: refuse the call, or count as 100.",
        json_schema_extra={"source": 'Profile API 1.2, limit ("at most 100"), read as Segment\'s "between 1 and 100"'},
    )
    default_order: Order = Field(
        default="arrival",
        description="Order of events without sort: as they arrived, or by time_stamp (asc, desc).",
        json_schema_extra={"source": 'Profile API 1.2, sort ("no order")'},
    )
    requests_per_second: int = Field(
        default=100,
        ge=0,
        description="Calls per key within any second; 0 is no limit.",
        json_schema_extra={"level": "inferred", "source": "Segment Profile API, Rate limit"},
    )
