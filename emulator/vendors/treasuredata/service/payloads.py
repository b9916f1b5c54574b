"""Payloads: what a section that matches carries, and the rules that the vendor holds them to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from emulator.core.errors import Json, Level, Rule
from emulator.core.section import SectionError
from emulator.vendors.treasuredata.errors import CHOICE
from emulator.vendors.treasuredata.service.attributes import Attribute, Attributes
from emulator.vendors.treasuredata.service.lists import ListBuffer
from emulator.vendors.treasuredata.service.singles import Single

MOST_OUTPUT_NAME = 256
BLANK = "can't be blank: write null, or leave the key out"
PARTS = ("attributePayload", "stringBuilder", "catalogPayload")

NODES = Rule(
    "treasuredata.payload_nodes",
    Level.ASSUMED,
    f"vendor's examples show 32 hex digits as well as words; the rest is {CHOICE}",
    "A payload's node may have any id. Of several nodes the parts are joined, as if they were one: output names and "
    "segment ids must not repeat across them. Attributes come first, then texts, then what was looked up.",
)


@dataclass(frozen=True, slots=True)
class Output:
    name: str
    attribute: Attribute
    part: str | None


@dataclass(frozen=True, slots=True)
class CatalogOutput:
    """`attribute` is whose value, or whose items' ids, are looked up."""

    name: str
    catalog: str
    column: str
    attribute: Attribute
    sensitive: bool


@dataclass(slots=True)
class Payload:
    """`nodes` counts what it was joined from; `segments` is `None` where it has no segment part."""

    nodes: int
    outputs: list[Output] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    look_ups: list[CatalogOutput] = field(default_factory=list)
    segments: list[str] | None = None

    def names(self) -> Iterator[str]:
        yield from (output.name for output in self.outputs)
        yield from self.texts
        yield from (output.name for output in self.look_ups)


def payload(attributes: Attributes, nodes: Mapping[str, Json], path: str) -> Payload:
    """Raises `SectionError`."""
    made = Payload(len(nodes))
    for node_id, node in nodes.items():
        definition, above = node["definition"], f"{path}.{node_id}.definition"
        _check_parts(definition, above)
        for place, item in _items(made, definition, "attributePayload", above):
            part = item["subAttributeIdentifier"]
            made.outputs.append(
                Output(item["outputName"], *attributes.addressed(item["realtimeAttributeId"], part, place))
            )
        for place, item in _items(made, definition, "stringBuilder", above):
            made.texts[item["outputName"]] = _joined(item["values"], place)
        for place, item in _items(made, definition, "catalogPayload", above):
            made.look_ups.append(_look_up(attributes, item, place))
        if definition["segmentPayload"] is not None:
            made.segments = made.segments or []
            _add_segments(made.segments, definition["segmentPayload"], f"{above}.segmentPayload")
    return made


def _check_parts(definition: Json, path: str) -> None:
    for part in PARTS:
        if definition[part] == []:
            raise SectionError(f"{path}.{part}", BLANK)
    if not any(definition[part] for part in PARTS):
        raise SectionError(path, f"at least one of {', '.join(PARTS)} must say something")


def _items(made: Payload, definition: Json, part: str, path: str) -> Iterator[tuple[str, Json]]:
    """Each item with its path, once its outputName is found to be right."""
    for index, item in enumerate(definition[part] or ()):
        place, name = f"{path}.{part}[{index}]", item["outputName"]
        if len(name) > MOST_OUTPUT_NAME:
            raise SectionError(f"{place}.outputName", f"has {len(name)} characters, more than {MOST_OUTPUT_NAME}")
        if name in made.names():
            raise SectionError(
                f"{place}.outputName", f"{name!r} is already the outputName of another part of this payload"
            )
        yield place, item


def _joined(pieces: Sequence[Json], path: str) -> str:
    for index, piece in enumerate(pieces):
        if "{{" in piece["value"] or "}}" in piece["value"]:
            raise SectionError(f"{path}.values[{index}].value", "must have neither {{ nor }} in it")
    return "".join(piece["value"] for piece in pieces)


def _look_up(attributes: Attributes, item: Json, path: str) -> CatalogOutput:
    wanted = item["lookupAttributeId"]
    attribute = attributes.found(wanted, f"{path}.lookupAttributeId")
    if not isinstance(attribute.kind, Single | ListBuffer):
        raise SectionError(
            f"{path}.lookupAttributeId", f"{wanted!r} cannot be looked up: only single and list attributes can"
        )
    catalog, sensitive = attributes.catalog(item["catalogName"], item["lookupColumn"], path)
    return CatalogOutput(item["outputName"], catalog, item["lookupColumn"], attribute, sensitive or attribute.sensitive)


def _add_segments(segments: list[str], segment_payload: Json, path: str) -> None:
    for index, segment in enumerate(segment_payload["batchSegments"]):
        if segment["id"] in segments:
            raise SectionError(f"{path}.batchSegments[{index}].id", f"{segment['id']!r} is given twice")
        segments.append(segment["id"])
