"""A small world for the Personalization API: one shop, one key, one token, and what a test says it offers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from emulator.core.faults import Fault, parse_damage
from emulator.core.world import World
from emulator.vendors.treasuredata import VENDOR

KEY = "1/" + "a" * 40
TOKEN = "0123456789abcdef0123456789abcdef"
MEDIA_TYPE = "application/vnd.treasuredata.v1+json"
VIEWS = "/treasuredata/shop_db/views"
NOW = 1_767_603_600
"""2026-01-05T09:00:00Z, at which the tests' worlds stand still."""

Json = dict[str, Any]


def shop(**parts: Any) -> Json:
    """A parent segment with tables `views` and `carts`, key events of the same names, and more by `parts`."""
    return {
        "id": "100",
        "realtime_setting": {
            "keyColumns": [{"name": "client"}, {"name": "email"}],
            "eventTables": [{"database": "shop_db", "table": table} for table in ("views", "carts")],
            "extLookupKey": "email",
        },
        "realtime_key_events": [
            {"name": table, "databaseName": "shop_db", "tableName": table} for table in ("views", "carts")
        ],
        **parts,
    }


def section(name: str = "offer", event: str = "views", **parts: Any) -> Json:
    """A section that anybody enters. `attributes` are ``{outputName: id}`` or ``{outputName: (id, part)}``."""
    attributes = [
        {
            "outputName": output,
            **dict(zip(("realtimeAttributeId", "subAttributeIdentifier"), _pair(wanted), strict=False)),
        }
        for output, wanted in parts.pop("attributes", {}).items()
    ]
    texts = [
        {"outputName": output, "values": [{"type": "String", "value": text}]}
        for output, text in parts.pop("texts", {} if attributes else {"text": "hello"}).items()
    ]
    segments = parts.pop("segments", None)
    definition = {
        "attributePayload": attributes or None,
        "stringBuilder": texts or None,
        "segmentPayload": None if segments is None else {"batchSegments": [{"id": one} for one in segments]},
    }
    criteria = {"keyEventCriteria": {"keyEventId": event}, "acceptUnknownProfiles": True, **parts.pop("criteria", {})}
    return {
        "name": name,
        "entryCriteria": criteria,
        "payload": {"node": {"type": "ResponseNode", "definition": definition}},
        **parts,
    }


def _pair(wanted: Any) -> tuple[Any, ...]:
    return wanted if isinstance(wanted, tuple) else (wanted,)


def sections(*made: Json) -> list[Json]:
    return [{"name": "personalization", "sections": list(made)}]


def column(name: str, operator: str, array: Any = None, **operands: Any) -> Json:
    """A rule with one test of one column."""
    test = {"type": "Column", "column": name, "operator": {"type": operator, **operands}, "arrayMatching": array}
    return {"type": "And", "conditions": [test]}


def about(attribute: str, operator: str, **operands: Any) -> Json:
    """A rule with one test of one attribute of the profile."""
    test = {"type": "RealtimeAttribute", "realtimeAttributeId": attribute, "operator": {"type": operator, **operands}}
    return {"type": "And", "conditions": [test]}


@dataclass
class Shop:
    """The shop as its backend sees it."""

    client: httpx.Client
    world: World
    plant: Callable[[Json], None]
    headers: dict[str, str] = field(
        default_factory=lambda: {
            "Authorization": f"TD1 {KEY}",
            "WP13n-Token": f"1/8/{TOKEN}",
            "Content-Type": MEDIA_TYPE,
        }
    )

    def open(self, segment: Mapping[str, Any] | None = None, **parts: Any) -> None:
        """Start anew with this parent segment; `parts` replace parts of the section."""
        self.plant({"clock": "2026-01-05T09:00:00Z", "seed": "shop", "treasuredata": whole(segment, **parts)})

    def send(
        self, event: Any = None, path: str = VIEWS, *, body: bytes | None = None, **headers: Any
    ) -> httpx.Response:
        """A POST of the event; a header given as None is left out, `_` in its name is a dash."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {name.lower(): value for name, value in {**self.headers, **named}.items()}
        content = orjson.dumps({} if event is None else event) if body is None else body
        sent = {name: value for name, value in merged.items() if value is not None}
        return self.client.post(path, content=content, headers=sent)

    def offers(self, event: Json, table: str = "views") -> Json:
        """All offers that the event earns."""
        response = self.send(event, f"/treasuredata/shop_db/{table}")
        assert response.status_code == 200, response.text
        return response.json()["offers"]

    def attributes(self, event: Json, table: str = "views", section: str = "offer") -> Json:
        return self.offers(event, table)[section]["attributes"]

    def enters(self, event: Json, table: str = "views") -> bool:
        """Whether any section matches."""
        response = self.send(event, f"/treasuredata/shop_db/{table}")
        assert response.status_code in (200, 204), response.text
        return response.status_code == 200

    def stored(self, table: str) -> list[Json]:
        found = next(one for one in VENDOR.tables if one.name == f"treasuredata_{table}")
        return self.world.store.dump(found)

    def break_with(self, fault: str, **about: Any) -> Fault:
        """A standing fault."""
        damage = parse_damage(fault, VENDOR.catalogue)
        standing = Fault(id=self.world.faults.new_id(), vendor="treasuredata", text=fault, damage=damage, **about)
        self.world.faults.add(standing)
        return standing

    def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds * 1_000_000)


def whole(segment: Mapping[str, Any] | None = None, **parts: Any) -> Json:
    """A section of a scenario with one parent segment, and everything needed to call its reactor."""
    return {
        "account": {"id": "1", "api_keys": [{"value": KEY}]},
        "reactors": [{"id": 8, "parent_segment_id": "100"}],
        "personalization_services": [{"name": "backend", "reactor": 8, "tokens": [{"name": "server", "value": TOKEN}]}],
        "parent_segments": [segment or shop()],
        **parts,
    }
