"""The JSON Schema of a scenario, for editors: made from the models that a scenario is checked with.

``martech-emulator schema`` prints it, ``GET /_emulator/scenarios/schema.json`` answers it, and the scenarios that come
with the product name it in their first line.
"""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from pydantic_core import CoreSchema

_ABOUT = (
    "A world that an emulator of four marketing vendors starts with: what is said here, and one key per vendor in that "
    "vendor's own configuration language. Where a scenario extends another one, keys that the other has may be missing."
)


class _Generator(GenerateJsonSchema):
    """Without the titles that only repeat a key's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> dict[str, Any]:
        made = super().generate(schema, mode)
        return {"$schema": self.schema_dialect, **made, "title": "Scenario", "description": _ABOUT}


def scenario_schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(schema_generator=_Generator)
