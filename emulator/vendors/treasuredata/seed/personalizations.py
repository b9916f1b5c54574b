"""What a parent segment offers: personalizations, their sections, and what the sections carry."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from emulator.core.section import Section
from emulator.vendors.treasuredata.seed.conditions import EventRule, ProfileRule
from emulator.vendors.treasuredata.seed.words import Id, Name
from emulator.vendors.treasuredata.service.payloads import MOST_OUTPUT_NAME, PARTS

_OUTPUT_NAME = Field(
    description=f"The key in the answer: {MOST_OUTPUT_NAME} characters at most, and unique in the payload.",
    json_schema_extra={"maxLength": MOST_OUTPUT_NAME},
)


class KeyEventCriteria(Section):
    keyEventId: Id = Field(description="The key event that the event must be.")
    keyEventFilters: EventRule | None = Field(default=None, description="What its columns must be.")


class EntryCriteria(Section):
    name: str | None = Field(default=None, description="For people.")
    description: str | None = Field(default=None, description="For people.")
    keyEventCriteria: KeyEventCriteria = Field(description="Which events enter the section.")
    profileCriteria: ProfileRule | None = Field(
        default=None, description="What the profile must be, this event included."
    )
    acceptUnknownProfiles: bool | None = Field(
        default=None,
        description="Whether profiles without a batch profile enter; null leaves it to the setting unknown_profiles.",
    )


class AttributePayload(Section):
    realtimeAttributeId: Id = Field(description="Id of an attribute.")
    subAttributeIdentifier: Name | None = Field(
        default=None,
        description="Required for a list (an aggregation) and a counter with sub-durations (one of them); forbidden "
        "for single, plain counter and imported; of a look-up one column instead of the row.",
    )
    outputName: Name = _OUTPUT_NAME


class Text(Section):
    type: Literal["String"] = Field(default="String", description="The only type.")
    value: str = Field(
        description="Without {{ and }}.", json_schema_extra={"not": {"type": "string", "pattern": r"\{\{|\}\}"}}
    )


class StringBuilder(Section):
    outputName: Name = _OUTPUT_NAME
    values: list[Text] = Field(description="Joined into one text.")


class CatalogPayload(Section):
    catalogName: Name = Field(description="Name, identifier or id of a lookupCatalog attribute, or a catalog's name.")
    lookupAttributeId: Id = Field(description="A single attribute, or a list, of which every item is looked up.")
    lookupColumn: Name = Field(description="The column of the row that is sent.")
    outputName: Name = _OUTPUT_NAME


class SegmentReference(Section):
    id: Id = Field(description="Id of a batch segment.")


class SegmentPayload(Section):
    batchSegments: list[SegmentReference] = Field(description="Of these, those are sent that the profile is in.")


def _something(schema: dict[str, Any]) -> None:  # Any: JSON Schema
    """At least one part that is not blank, and none that is an empty list."""
    schema["anyOf"] = [
        {"required": [part], "properties": {part: {"type": "array"}}, "title": f"With {part}"} for part in PARTS
    ]
    schema["allOf"] = [{"properties": {part: {"minItems": 1} for part in PARTS}}]


class Definition(Section):
    model_config = ConfigDict(json_schema_extra=_something)

    attributePayload: list[AttributePayload] | None = Field(default=None, description="Attributes; null for none.")
    segmentPayload: SegmentPayload | None = Field(default=None, description="Batch segments.")
    stringBuilder: list[StringBuilder] | None = Field(default=None, description="Fixed texts; null for none.")
    catalogPayload: list[CatalogPayload] | None = Field(default=None, description="Look-ups; null for none.")


class ResponseNode(Section):
    type: Literal["ResponseNode"] = Field(default="ResponseNode", description="The only type.")
    name: str | None = Field(default=None, description="For people.")
    description: str | None = Field(default=None, description="For people.")
    definition: Definition = Field(description="At least one of attributes, texts and look-ups, and maybe segments.")


class PersonalizationSection(Section):
    id: Id | None = Field(default=None, description="For people.")
    name: Name = Field(description="The offer's key in the answer.")
    entryCriteria: EntryCriteria = Field(description="Who gets it, and when.")
    payload: dict[Name, ResponseNode] = Field(
        min_length=1, description="What it carries, by node id; the vendor's own are 32 hex digits."
    )
    includeSensitive: bool = Field(default=False, description="Whether callers on the server path see sensitive data.")


class RealtimePersonalization(Section):
    id: Id | None = Field(default=None, description="For people.")
    name: Name = Field(description="For people.")
    description: str | None = Field(default=None, description="For people.")
    sections: list[PersonalizationSection] = Field(description="Its offers: all that match are sent.")
