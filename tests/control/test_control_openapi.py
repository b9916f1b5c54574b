"""The OpenAPI documents: valid, and true to the descriptors."""

import subprocess
import sys
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NotRequired, Self

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, Field, PlainValidator, TypeAdapter
from typing_extensions import Annotated, TypedDict  # noqa: UP035 - pydantic wants this TypedDict before Python 3.12

from emulator.control.openapi import document
from emulator.core.answers import Answer, empty_answer
from emulator.core.description import Example, Parameter
from emulator.core.errors import Level
from emulator.core.request import Request
from emulator.core.routes import Query, Routes
from emulator.core.vendor import Vendor
from emulator.core.work import Work
from emulator.vendors import VENDORS
from tests.toy_vendor import LOST, STRANGER, TIRED, VENDOR

Object = dict[str, Any]


@pytest.mark.parametrize("vendor", [VENDOR, *VENDORS], ids=lambda vendor: vendor.slug)
def test_every_vendors_document_is_valid_openapi(vendor: Vendor) -> None:
    OpenAPIV31SpecValidator(document(vendor, "1.0")).validate()


@pytest.mark.parametrize("vendor", [VENDOR, *VENDORS], ids=lambda vendor: vendor.slug)
def test_every_operation_is_in_the_document_with_its_provenance(vendor: Vendor) -> None:
    described = [one for item in document(vendor, "1.0")["paths"].values() for one in item.values()]
    told = {(one["x-emulator-operation"], one["x-emulator-provenance"]) for one in described}
    assert told == {(operation.id, operation.level.value) for operation in vendor.routes}


def test_a_document_is_served_as_json(client: httpx.Client) -> None:
    answer = client.get("/_emulator/openapi/toybox.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["info"]["title"] == "Toybox: Toy API"
    assert answer.content == client.get("/_emulator/openapi/toybox.json").content


def test_a_document_of_nobody_is_404(client: httpx.Client) -> None:
    answer = client.get("/_emulator/openapi/toybx.json")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == "'toybx' is no vendor here; did you mean toybox?"


def test_its_servers_are_where_the_vendor_answers() -> None:
    urls = [server["url"] for server in document(VENDOR, "1.0")["servers"]]
    assert urls == [
        "/toybox", "/toybox/eu", "/toybox/us", "/ns/{namespace}/toybox", "/ns/{namespace}/toybox/eu",
        "/ns/{namespace}/toybox/us",
    ]  # fmt: skip


class Colour(BaseModel):
    name: str = Field(description="As the box says.")


class Paint(BaseModel):
    colours: list[Colour]
    odd: Annotated[Any, PlainValidator(lambda value: value)] = None


class Shown(TypedDict):
    id: str
    colour: Colour


class Page(Query):
    limit: int = Field(10, ge=1)
    after: str


class OwnWay(BaseModel):
    """Reads itself, and can be described all the same."""

    size: int

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls(size=len(request.body))


@dataclass
class Dry:
    """Reads itself, from the query."""

    dry: bool = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls()


class Mystery:
    """Reads itself, and nobody knows how."""

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls()


class Lid(BaseModel):
    size: int


class Crate(BaseModel):
    lid: Lid


class Told:
    """Reads itself, and says what it wants to see."""

    bodies: ClassVar[Object] = {
        "application/vnd.crate+json": TypeAdapter(Crate).json_schema(),
        "application/vnd.lid+json": Lid,
    }
    needs_body = False

    @classmethod
    def from_request(cls, request: Request) -> Self:
        return cls()


class ToyRefusal(TypedDict):
    no: str
    toy: NotRequired[str]


ROUTES = Routes()


@ROUTES.get("/hidden", "hidden", catch=True)
@ROUTES.get("/files/{rest:path}", "getFile", guarded=False)
@ROUTES.operation("*", "/any", "any")
@ROUTES.delete("/v1/pots/{name}", "dropPot", status=204, answer=Shown)
@ROUTES.get("/v2/pots/{pot}", "getPot")
@ROUTES.get("/v1/pots/{pot}", "getPot", failures=(LOST,), level=Level.INFERRED, source="manual 9", says="Finds a pot.")
def _plain(work: Work) -> Answer:
    return empty_answer()


@ROUTES.post(
    "/pots",
    "addPot",
    status=201,
    answer=Shown,
    also={204: "Already there."},
    headers={"Location": "/pots/1"},
    parameters=(Parameter(name="X-Hand", says="left or right", required=True),),
    security=("left",),
    failures=(STRANGER,),
)
def _paint(work: Work, page: Page, paint: Paint) -> Answer:
    return empty_answer()


@ROUTES.post("/own", "ownWay")
@ROUTES.get("/own", "ownWayToo")
def _own(work: Work, own: OwnWay) -> Answer:
    return empty_answer()


@ROUTES.post("/mystery", "mystery")
def _mystery(work: Work, mystery: Mystery) -> Answer:
    return empty_answer()


@ROUTES.post("/told", "told")
def _told(work: Work, told: Told, query: Dry) -> Answer:
    return empty_answer()


SCHEMES = {
    "left": {"type": "apiKey", "in": "header", "name": "Authorization"},
    "right": {"type": "http", "scheme": "basic"},
}
EXAMPLES = (
    Example(
        operation="addPot",
        name="blue",
        source="manual 7",
        says="A blue pot.",
        query={"after": "p-1"},
        headers={"X-Hand": "left"},
        body={"colours": [{"name": "blue"}]},
        status=201,
        answer={"id": "p-2", "colour": {"name": "blue"}},
    ),
    Example(operation="dropPot", name="first", source="manual 8", says="The first.", path={"name": "p-1"}, status=204),
)


@pytest.fixture(scope="module")
def paints() -> Object:
    shapes = (ToyRefusal,)
    vendor = replace(VENDOR, routes=ROUTES, security=SCHEMES, examples=lambda: EXAMPLES, refusals=shapes)
    made = document(vendor, "1.0")
    OpenAPIV31SpecValidator(made).validate()
    return made


def test_path_parameters_are_strings_that_are_required(paints: Object) -> None:
    (parameter,) = paints["paths"]["/v1/pots/{pot}"]["get"]["parameters"]
    assert parameter == {"name": "pot", "in": "path", "required": True, "schema": {"type": "string"}}
    assert paints["paths"]["/files/{rest}"]["get"]["parameters"][0]["name"] == "rest"


def test_one_path_has_one_name_for_its_placeholder(paints: Object) -> None:
    assert set(paints["paths"]["/v1/pots/{pot}"]) == {"get", "delete"}
    assert paints["paths"]["/v1/pots/{pot}"]["delete"]["parameters"][0]["name"] == "pot"


def test_operation_ids_are_unique_and_the_vendors_own_names_are_kept(paints: Object) -> None:
    first, second = (paints["paths"][f"/{version}/pots/{{pot}}"]["get"] for version in ("v1", "v2"))
    assert first["operationId"] != second["operationId"]
    assert first["x-emulator-operation"] == second["x-emulator-operation"] == "getPot"


def test_an_operation_for_any_method_is_there_for_each(paints: Object) -> None:
    assert {"get", "put", "post", "delete", "patch"} < set(paints["paths"]["/any"])


def test_operations_that_only_refuse_are_left_out(paints: Object) -> None:
    assert "/hidden" not in paints["paths"]


def test_a_query_model_becomes_parameters(paints: Object) -> None:
    limit, after, _ = paints["paths"]["/pots"]["post"]["parameters"]
    assert (limit["name"], limit["in"], limit["required"]) == ("limit", "query", False)
    assert (limit["schema"]["minimum"], limit["schema"]["default"]) == (1, 10)
    assert (after["name"], after["required"]) == ("after", True)


def test_a_body_model_becomes_a_schema_that_is_shared(paints: Object) -> None:
    body = paints["paths"]["/pots"]["post"]["requestBody"]
    assert body["required"]
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Paint"}
    schemas = paints["components"]["schemas"]
    assert schemas["Paint"]["properties"]["colours"]["items"] == {"$ref": "#/components/schemas/Colour"}
    assert schemas["Colour"]["properties"]["name"]["description"] == "As the box says."


def test_an_answer_type_becomes_the_accepted_response(paints: Object) -> None:
    accepted = paints["paths"]["/pots"]["post"]["responses"]["201"]
    assert accepted["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Shown"}
    assert "content" not in paints["paths"]["/v1/pots/{pot}"]["delete"]["responses"]["204"]


def test_a_type_that_reads_itself_is_described_where_it_can_be(paints: Object) -> None:
    reference = {"$ref": "#/components/schemas/OwnWay"}
    assert paints["paths"]["/own"]["post"]["requestBody"]["content"]["application/json"]["schema"] == reference
    assert [one["name"] for one in paints["paths"]["/own"]["get"]["parameters"]] == ["size"]
    assert "requestBody" not in paints["paths"]["/mystery"]["post"]
    content = paints["paths"]["/told"]["post"]["requestBody"]["content"]
    assert list(content) == ["application/vnd.crate+json", "application/vnd.lid+json"]
    assert paints["paths"]["/told"]["post"]["requestBody"]["required"] is False
    assert content["application/vnd.lid+json"]["schema"] == {"$ref": "#/components/schemas/Lid"}
    told = content["application/vnd.crate+json"]["schema"]
    assert told["properties"]["lid"] == {"$ref": "#/components/schemas/Lid"}
    assert paints["components"]["schemas"]["Lid"]["properties"]["size"]["type"] == "integer"
    (dry,) = paints["paths"]["/told"]["post"]["parameters"]
    assert (dry["name"], dry["in"], dry["required"]) == ("dry", "query", False)


def test_declared_failures_are_examples_under_their_status(paints: Object) -> None:
    operation = paints["paths"]["/v1/pots/{pot}"]["get"]
    assert operation["responses"]["404"]["content"]["application/json"]["examples"] == {
        "lost": {
            "summary": "There is no toy of that name.",
            "value": {"no": "lost", "toy": "bear"},
            "x-emulator-provenance": "documented",
            "x-emulator-source": "manual 2",
            "x-emulator-entry": "toybox.error.lost",
        }
    }
    schema = operation["responses"]["404"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/ToyRefusal"}
    assert (operation["x-emulator-provenance"], operation["x-emulator-source"]) == ("inferred", "manual 9")
    assert operation["description"] == "Finds a pot."


def test_what_a_check_answers_with_is_there_undeclared() -> None:
    paths = document(VENDOR, "1.0")["paths"]
    assert "stranger" in paths["/shelf/{name}"]["get"]["responses"]["401"]["content"]["application/json"]["examples"]
    assert "401" not in paths["/keys"]["post"]["responses"]


def test_what_a_limit_answers_with_is_there_for_every_counted_operation(paints: Object) -> None:
    assert TIRED.name in paints["paths"]["/pots"]["post"]["responses"]["429"]["content"]["application/json"]["examples"]
    assert "429" not in paints["paths"]["/files/{rest}"]["get"]["responses"]
    assert "X-Calls-Left" in paints["paths"]["/pots"]["post"]["responses"]["201"]["headers"]
    assert "X-Calls-Left" not in paints["paths"]["/files/{rest}"]["get"]["responses"]["200"]["headers"]


def test_what_can_go_wrong_with_any_call_is_there_where_it_can_reach(paints: Object) -> None:
    pots = paints["paths"]["/pots"]["post"]["responses"]
    assert [*pots] == ["201", "204", "400", "401", "405", "429", "500", "501"]
    assert pots["405"]["headers"]["Allow"]["example"] == "POST"
    assert list(pots["400"]["content"]) == ["application/json", "application/problem+json"]
    assert "muddle" in pots["400"]["content"]["application/json"]["examples"]
    files = paints["paths"]["/files/{rest}"]["get"]["responses"]
    assert [*files] == ["200", "400", "405", "500", "501"]
    assert "muddle" in files["400"]["content"]["application/json"]["examples"]


def test_a_failure_that_only_a_fault_provokes_is_marked(paints: Object) -> None:
    shown = paints["paths"]["/pots"]["post"]["responses"]["500"]["content"]["application/json"]["examples"]
    assert {name: one.get("x-emulator-provoked-only", False) for name, one in shown.items()} == {
        "fire": False,
        "jammed": True,
    }


def test_an_operation_says_how_to_authenticate(paints: Object) -> None:
    assert paints["components"]["securitySchemes"] == SCHEMES
    assert paints["paths"]["/pots"]["post"]["security"] == [{"left": []}]
    assert paints["paths"]["/own"]["get"]["security"] == [{"left": []}, {"right": []}]
    assert paints["paths"]["/files/{rest}"]["get"]["security"] == []


def test_other_statuses_and_headers_of_an_accepted_answer_are_told(paints: Object) -> None:
    responses = paints["paths"]["/pots"]["post"]["responses"]
    assert responses["201"]["headers"]["Location"] == {
        "required": True,
        "schema": {"type": "string"},
        "example": "/pots/1",
    }
    assert (responses["204"]["description"], "content" in responses["204"]) == ("Already there.", False)


def test_an_answer_has_no_other_members_than_its_type(paints: Object) -> None:
    shown = paints["components"]["schemas"]["Shown"]
    assert (shown["additionalProperties"], shown["required"]) == (False, ["id", "colour"])


def test_the_examples_of_a_vendor_stand_beside_what_they_are_of(paints: Object) -> None:
    operation = paints["paths"]["/pots"]["post"]
    shown = {"summary": "A blue pot.", "x-emulator-source": "manual 7"}
    told = {one["name"]: one.get("examples") for one in operation["parameters"]}
    assert told == {
        "limit": None,
        "after": {"blue": {**shown, "value": "p-1"}},
        "X-Hand": {"blue": {**shown, "value": "left"}},
    }
    request = operation["requestBody"]["content"]["application/json"]["examples"]
    assert request == {"blue": {**shown, "value": {"colours": [{"name": "blue"}]}}}
    answer = operation["responses"]["201"]["content"]["application/json"]["examples"]
    assert answer == {"blue": {**shown, "value": {"id": "p-2", "colour": {"name": "blue"}}}}
    (path,) = paints["paths"]["/v1/pots/{pot}"]["delete"]["parameters"]
    assert path["examples"]["first"]["value"] == "p-1"


def test_the_choices_of_a_vendor_are_told_with_their_provenance(paints: Object) -> None:
    assert paints["x-emulator-choices"] == [
        {
            "x-emulator-entry": "toybox.order",
            "description": "Twins come oldest first.",
            "x-emulator-provenance": "assumed",
            "x-emulator-source": "-",
        }
    ]


def test_every_entry_of_provenance_is_in_the_document(client: httpx.Client) -> None:
    entries = client.get("/_emulator/provenance").json()["entries"]
    document = client.get("/_emulator/openapi/toybox.json").text
    assert [entry["id"] for entry in entries if f'"{entry["id"]}"' not in document] == []


def test_examples_are_not_imported_before_somebody_reads_a_document() -> None:
    modules = "import sys, emulator.app; print([name for name in sys.modules if name.endswith('.examples')])"
    told = subprocess.run([sys.executable, "-P", "-c", modules], capture_output=True, check=True, text=True)
    assert told.stdout == "[]\n"
