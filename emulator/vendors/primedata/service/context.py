"""context: what smile does, and then what is known of the visitor."""

from typing import Any

import orjson

from emulator.core.errors import Json
from emulator.core.work import Work
from emulator.vendors.primedata.contract.tracking import Batch, Context
from emulator.vendors.primedata.errors import CONTEXT
from emulator.vendors.primedata.service.identities import find_profile
from emulator.vendors.primedata.service.tracking import track

_ALL = "*"


def load_context(work: Work, batch: Batch) -> Context:
    processed = track(work, batch)
    work.rely(CONTEXT)
    wishes = batch.content
    return {
        "profileId": processed["profileId"],
        "sessionId": batch.session_id,
        "profileProperties": _traits(work, processed["profileId"], wishes.get("requiredProfileProperties")),
        "sessionProperties": {} if isinstance(wishes.get("requiredSessionProperties"), list) else None,
        "profileSegments": [] if wishes.get("requireSegments") is True else None,
        "filteringResults": _by_id(wishes.get("filters"), False) if wishes.get("filters") else None,
        "processedEvents": processed["processedEvents"],
        "personalizations": _by_id(wishes.get("personalizations"), []),
        "trackedConditions": [],
        "anonymousBrowsing": False,
        "consents": {},
    }


def _traits(work: Work, profile_id: str | None, wanted: Json) -> dict[str, Json] | None:
    if not isinstance(wanted, list):
        return None
    row = find_profile(work, profile_id) if profile_id else None
    traits: dict[str, Json] = orjson.loads(row["trait"]) if row else {}
    return traits if _ALL in wanted else {name: value for name, value in traits.items() if name in wanted}


def _by_id(asked: Json, answer: Any) -> dict[str, Any]:  # Any: of the kind that the member has
    """The same answer for whatever is asked by an id."""
    asked = asked if isinstance(asked, list) else []
    return {one["id"]: answer for one in asked if isinstance(one, dict) and isinstance(one.get("id"), str)}
