"""Profile search: sections, filters, and the exact bytes of an answer."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.vendors.primedata.workspace import NOT_FOUND, PROFILES, Caller, validation_error

ANN = {
    "profile_id": "ann",
    "last_updated": "2024-01-02T03:04:05Z",
    "identity": {"email": ["ann@shop.example", "a@shop.example"], "phone_number": ["0123456789"]},
    "trait": {"full_name": "Ann", "city": {"name": "Huế", "zip": 530000}, "tags": ["b", "a"]},
    "p_trait": {"ltv": 12.5},
}


@pytest.mark.proves("primedata.operation.searchProfiles")
def test_a_profile_comes_whole_and_in_the_documented_order_of_members(caller: Caller) -> None:
    response = caller.profile(profile_id="ann")
    assert response.status_code == 200
    assert response.text == (
        '{"data":{"profile_id":"ann","last_updated":"2024-01-02T03:04:05Z",'
        '"identity":{"email":["ann@shop.example","a@shop.example"],"phone_number":["0123456789"]},'
        '"trait":{"full_name":"Ann","city":{"name":"Huế","zip":530000},"tags":["b","a"]},'
        '"p_trait":{"ltv":12.5}}}'
    )
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-emulator-provenance"] == "documented"


@pytest.mark.parametrize(
    ("asked", "sections"),
    [
        (["trait"], ["trait"]),
        (["ptrait"], ["p_trait"]),
        (["identity"], ["identity"]),
        (["ptrait", "identity"], ["identity", "p_trait"]),
        (["trait", "trait"], ["trait"]),
        ([], ["identity", "trait", "p_trait"]),
        (["ptrait", "trait", "identity"], ["identity", "trait", "p_trait"]),
    ],
)
def test_type_chooses_sections_and_leaves_the_others_out(caller: Caller, asked: list[str], sections: list[str]) -> None:
    data = caller.profile(profile_id="ann", type=asked).json()["data"]
    assert list(data) == ["profile_id", "last_updated", *sections]
    assert all(data[section] == ANN[section] for section in sections)


@pytest.mark.proves("primedata.error.invalid_field")
@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["foo"], "Invalid Type [foo]"),
        (["trait", "p_trait", "Trait"], "Invalid Type [p_trait, Trait]"),
        ([""], "Invalid Type []"),
    ],
)
def test_other_types_are_refused_by_name(caller: Caller, asked: list[str], message: str) -> None:
    response = caller.profile(profile_id="ann", type=asked)
    assert (response.status_code, response.json()) == (400, validation_error(message))


@pytest.mark.parametrize(
    ("include", "identity", "trait", "p_trait"),
    [
        (
            ["full_name", "phone_number", "ltv"],
            {"phone_number": ["0123456789"]},
            {"full_name": "Ann"},
            {"ltv": 12.5},
        ),
        (["tags", "city", "tags"], {}, {"city": {"name": "Huế", "zip": 530000}, "tags": ["b", "a"]}, {}),
        (["nowhere", "Full_Name"], {}, {}, {}),
        ([], ANN["identity"], ANN["trait"], ANN["p_trait"]),
    ],
)
def test_include_filters_the_names_of_all_sections(
    caller: Caller, include: list[str], identity: Any, trait: Any, p_trait: Any
) -> None:
    response = caller.profile(profile_id="ann", include=include)
    data = {**ANN, "identity": identity, "trait": trait, "p_trait": p_trait}
    assert response.json() == {"data": data}
    assert list(response.json()["data"]["trait"]) == list(trait)


@pytest.mark.proves("primedata.sections")
def test_include_and_type_work_together(caller: Caller) -> None:
    data = caller.profile(profile_id="ann", type=["trait"], include=["full_name", "ltv"]).json()["data"]
    assert data == {"profile_id": "ann", "last_updated": ANN["last_updated"], "trait": {"full_name": "Ann"}}


def test_a_filtered_answer_says_that_it_rests_on_a_reading_of_the_documentation(caller: Caller) -> None:
    assert caller.profile(profile_id="ann", type=["trait"]).headers["x-emulator-provenance"] == "inferred"


def test_a_profile_without_traits_has_empty_sections(caller: Caller) -> None:
    data = caller.profile(profile_id="bob").json()["data"]
    assert (data["trait"], data["p_trait"]) == ({}, {})


def test_a_profile_without_a_date_was_updated_when_the_world_began(caller: Caller) -> None:
    assert caller.profile(profile_id="bob").json()["data"]["last_updated"] == "2024-06-01T12:00:00Z"


@pytest.mark.proves("primedata.error.not_found")
@pytest.mark.parametrize("profile_id", ["nobody", "ANN", " ann", "0" * 27, "a" * 5_000, "\0", "’"])
def test_an_unknown_profile_id_is_404_whatever_it_looks_like(caller: Caller, profile_id: str) -> None:
    response = caller.profile(profile_id=profile_id)
    assert (response.status_code, response.json()) == (404, NOT_FOUND)


def test_a_wrong_type_is_told_before_an_unknown_profile(caller: Caller) -> None:
    assert caller.profile(profile_id="nobody", type=["foo"]).json() == validation_error("Invalid Type [foo]")


VALUES = {"z": None, "a": [1, "1", 1.5, True, {"y": 1, "b": []}], "m": "2023:01:01T20:00:00Z", "": "", "é": '\t"\\'}


def test_stored_values_come_back_as_they_are_in_their_order(caller: Caller, workspace: Callable[..., None]) -> None:
    workspace(profiles=[{"profile_id": "x", "trait": VALUES, "p_trait": VALUES}])
    data = caller.profile(profile_id="x").json()["data"]
    assert list(data["trait"].items()) == list(VALUES.items()) == list(data["p_trait"].items())
    filtered = caller.call(PROFILES, {"profile_id": "x", "include": ["m", "z"]}).json()["data"]
    assert list(filtered["trait"].items()) == [("z", None), ("m", "2023:01:01T20:00:00Z")]
