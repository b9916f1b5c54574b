"""Conditions as a scenario writes them: any object here, for service/criteria.py reads them and names errors by path.

To an editor they are described in full, from the table that they are compiled from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from emulator.core.errors import Json
from emulator.vendors.treasuredata.service.criteria import GROUPS, IS_NULL, QUANTIFIERS
from emulator.vendors.treasuredata.service.operators import OPERATORS

_ARRAY_MATCHING: Mapping[str, Json] = {
    "description": "How many elements of a list must pass: any (also null), all, or so many.",
    "anyOf": [
        {"enum": [None, "any", "all"]},
        *(
            {
                "type": "object",
                "properties": {bound: {"type": "integer", "minimum": 0}},
                "required": [bound],
                "additionalProperties": False,
            }
            for bound in QUANTIFIERS
        ),
    ],
}


@dataclass(frozen=True, slots=True, eq=False)
class _Described:
    """The JSON Schema of rules whose tests are of one kind, `leaf`, with `keys` of its own, the first one required."""

    name: str
    leaf: str
    keys: Mapping[str, Mapping[str, Json]]

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        condition, operator = f"{__name__}.{self.name}Condition", f"{__name__}.Operator"
        return handler(
            core_schema.definitions_schema(
                core_schema.union_schema([core_schema.definition_reference_schema(condition), _shape({})]),
                [
                    core_schema.union_schema([self._group(condition), self._test(operator)], ref=condition),
                    core_schema.union_schema([_operator(name) for name in (*OPERATORS, IS_NULL)], ref=operator),
                ],
            )
        )

    def _group(self, condition: str) -> CoreSchema:
        conditions = core_schema.list_schema(core_schema.definition_reference_schema(condition))
        return _shape(
            {
                "type": (core_schema.literal_schema(list(GROUPS)), "All of the conditions, or any of them."),
                "conditions": (conditions, "Groups and tests; of none, the group is true."),
                "description": (core_schema.nullable_schema(core_schema.str_schema()), None),
            },
            optional=("description",),
        )

    def _test(self, operator: str) -> CoreSchema:
        own = {key: (_written(schema), None) for key, schema in self.keys.items()}
        return _shape(
            {
                "type": (core_schema.literal_schema([self.leaf]), "A test of one value."),
                **own,
                "operator": (core_schema.definition_reference_schema(operator), "What is asked of the value."),
                "arrayMatching": (_written(_ARRAY_MATCHING), None),
            },
            optional=(*list(self.keys)[1:], "arrayMatching"),
        )


def _operator(name: str) -> CoreSchema:
    known = OPERATORS.get(name)
    operands = known.operands if known else {}
    optional = [key for key, operand in operands.items() if not operand.required]
    own: dict[str, _Member] = {key: (_written(operand.schema), None) for key, operand in operands.items()}
    if known is None:
        own, optional = {"rightValue": (_written({"description": "Means nothing here."}), None)}, ["rightValue"]
    says = known.says if known else "There is no value."
    return _shape(
        {
            "type": (core_schema.literal_schema([name]), says),
            "not": (core_schema.bool_schema(), "Negates the operator; not what is absent or null."),
            **own,
        },
        optional=("not", *optional),
    )


_Member: TypeAlias = tuple[CoreSchema, str | None]
"""What is under a key, with a description."""


def _shape(members: Mapping[str, _Member], optional: tuple[str, ...] | list[str] = ()) -> CoreSchema:
    """An object with these keys and no others."""
    return core_schema.typed_dict_schema(
        {
            key: core_schema.typed_dict_field(
                schema,
                required=key not in optional,
                metadata={"pydantic_js_updates": {"description": says}} if says else None,
            )
            for key, (schema, says) in members.items()
        },
        extra_behavior="forbid",
    )


def _written(schema: Mapping[str, Json]) -> CoreSchema:
    return core_schema.any_schema(metadata={"pydantic_js_updates": dict(schema)})


EventRule: TypeAlias = Annotated[
    dict[str, Any],  # Any: the rule's own language
    _Described("Event", "Column", {"column": {"type": "string", "minLength": 1, "description": "Of the event."}}),
]
"""A rule about an event's columns."""
ProfileRule: TypeAlias = Annotated[
    dict[str, Any],  # Any: as above
    _Described(
        "Profile",
        "RealtimeAttribute",
        {
            "realtimeAttributeId": {"type": ["string", "integer"], "description": "Id of an attribute."},
            "subAttributeIdentifier": {
                "type": ["string", "null"],
                "description": "An aggregation of a list, a sub-duration of a counter, a column of a look-up.",
            },
        },
    ),
]
"""A rule about a profile's attributes."""
