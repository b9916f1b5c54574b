"""Identity resolution: from names and values to one profile."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.vendors.primedata.workspace import EVENTS, NOT_FOUND, PROFILES, Caller, validation_error

OPERATIONS = pytest.mark.parametrize("path", [PROFILES, EVENTS])


def found(caller: Caller, body: Any) -> str:
    response = caller.call(PROFILES, body)
    assert response.status_code == 200, response.text
    return str(response.json()["data"]["profile_id"])


@pytest.mark.proves("primedata.error.validation_error")
def test_the_documented_refusal_of_an_unknown_name_to_the_letter(caller: Caller) -> None:
    response = caller.call(PROFILES, {"identities": {"phone_numdber": ["0123456789"]}})
    assert response.status_code == 400
    assert response.content == (
        b'{"error":{"code":"validation_error","message":"Invalid Identities {phone_numdber=[0123456789]}"}}'
    )
    assert response.headers["x-emulator-provenance"] == "documented"


@OPERATIONS
@pytest.mark.parametrize(
    ("identities", "entries"),
    [
        ('{"nick": ["a", "b, c", "d"]}', "{nick=[a, b, c, d]}"),
        ('{"nick": [84912345678, 1.50, 1e5, -0, true, false, "\\"q\\" {x}"]}',
         '{nick=[84912345678, 1.50, 1e5, -0, true, false, "q" {x}]}'),
        ('{"nick": [123456789012345678901234567890]}', "{nick=[123456789012345678901234567890]}"),
        pytest.param(
            '{"email": ["ann@shop.example"], "nick": ["a"], "Email": ["b"]}',
            "{nick=[a], Email=[b]}",
            marks=pytest.mark.proves("primedata.invalid_identities"),
        ),
        ('{"zalo": [], "email": ["x"], "ab": [""]}', "{zalo=[], ab=[]}"),
        ('{"email": []}', "{email=[]}"),
        ('{"email": ["ann@shop.example"], "phone_number": []}', "{phone_number=[]}"),
        ('{"": ["a"]}', "{=[a]}"),
        ('{"Đức": ["Sơn", "\\u0110"]}', "{Đức=[Sơn, Đ]}"),
    ],
)  # fmt: skip
def test_invalid_identities_are_printed_as_java_prints_them(
    caller: Caller, path: str, identities: str, entries: str
) -> None:
    response = caller.call(path, f'{{"identities": {identities}}}'.encode())
    assert response.status_code == 400
    assert response.json() == validation_error(f"Invalid Identities {entries}")


@pytest.mark.parametrize(
    ("identities", "profile"),
    [
        ({"email": ["ann@shop.example"]}, "ann"),
        ({"email": ["a@shop.example"]}, "ann"),
        ({"phone_number": ["0123456789"]}, "ann"),
        pytest.param(
            {"phone_number": ["nobody's", "84912345678"]},
            "bob",
            marks=pytest.mark.proves("primedata.identity_matching"),
        ),
        pytest.param(
            {"email": ["nobody's"], "phone_number": ["0123456789"]},
            "ann",
            marks=pytest.mark.proves("primedata.identity_matching"),
        ),
        pytest.param(
            {"email": ["ann@shop.example"], "phone_number": ["nobody's"]},
            "ann",
            marks=pytest.mark.proves("primedata.identity_matching"),
        ),
        pytest.param({"phone_number": [84912345678]}, "bob", marks=pytest.mark.proves("primedata.identity_texts")),
    ],
)
def test_any_value_of_any_name_finds_the_profile(caller: Caller, identities: Any, profile: str) -> None:
    assert found(caller, {"identities": identities}) == profile


@pytest.mark.proves("primedata.error.not_found")
@OPERATIONS
@pytest.mark.parametrize(
    "identities",
    [
        {"email": ["ANN@shop.example"]},
        {"email": [" ann@shop.example"]},
        {"email": ["0123456789"]},
        {"phone_number": [123456789]},
        {"phone_number": ["+84912345678"]},
        {"phone_number": [84912345678.0]},
        {"phone_number": [True]},
        {"email": [""]},
        {"email": ["ann@shop.example\0"], "phone_number": ["nobody's"]},
    ],
)
def test_values_match_exactly_or_the_profile_is_not_found(caller: Caller, path: str, identities: Any) -> None:
    response = caller.call(path, {"identities": identities})
    assert (response.status_code, response.json()) == (404, NOT_FOUND)


@pytest.mark.proves("primedata.several_profiles")
@pytest.mark.parametrize(
    ("identities", "profile"),
    [
        ({"email": ["ann@shop.example"], "phone_number": ["84912345678"]}, "bob"),
        ({"phone_number": ["0123456789"], "email": ["bob@shop.example"]}, "ann"),
        ({"email": ["bob@shop.example", "ann@shop.example"]}, "bob"),
        ({"email": ["nobody's", "ann@shop.example", "bob@shop.example"]}, "ann"),
    ],
)
def test_of_several_profiles_the_highest_priority_decides_and_then_the_order_of_values(
    caller: Caller, identities: Any, profile: str
) -> None:
    response = caller.profile(identities=identities)
    assert response.json()["data"]["profile_id"] == profile
    assert response.headers["x-emulator-provenance"] == "assumed"


def test_priority_is_the_configured_number_not_the_place_in_the_list(
    caller: Caller, workspace: Callable[..., None]
) -> None:
    workspace(identity_config=[{"name": "phone_number", "priority": 7}, {"name": "email", "priority": 3}])
    assert found(caller, {"identities": {"phone_number": ["84912345678"], "email": ["ann@shop.example"]}}) == "ann"


@OPERATIONS
@pytest.mark.parametrize(
    "identities", [{"nick": ["x"]}, {"email": []}, {"email": ["bob@shop.example"]}, {"email": "bob"}, {"nick": [{}]}]
)
def test_profile_id_alone_decides_where_both_are_given(caller: Caller, path: str, identities: Any) -> None:
    response = caller.call(path, {"profile_id": "ann", "identities": identities})
    assert response.status_code == 200
    assert caller.call(path, {"profile_id": "ann"}).json() == response.json()


@OPERATIONS
def test_an_unknown_profile_id_does_not_fall_back_to_identities(caller: Caller, path: str) -> None:
    response = caller.call(path, {"profile_id": "nobody", "identities": {"email": ["ann@shop.example"]}})
    assert response.status_code == 404


@OPERATIONS
@pytest.mark.parametrize("profile_id", ["", None])
def test_an_empty_profile_id_leaves_the_decision_to_identities(caller: Caller, path: str, profile_id: Any) -> None:
    response = caller.call(path, {"profile_id": profile_id, "identities": {"nick": ["x"]}})
    assert response.json() == validation_error("Invalid Identities {nick=[x]}")


@pytest.mark.proves("primedata.merged_profiles")
def test_the_id_of_a_merged_profile_still_finds_it_and_is_answered_with_the_surviving_one(caller: Caller) -> None:
    response = caller.profile(profile_id="ann-before-merge")
    assert response.json()["data"]["profile_id"] == "ann"
    assert response.headers["x-emulator-provenance"] == "assumed"


def test_events_of_a_merged_profile_carry_the_surviving_id(caller: Caller, workspace: Callable[..., None]) -> None:
    event = {"id": "e", "profile_id": "ann-before-merge", "event_name": "Viewed", "time_stamp": "2024-01-01"}
    workspace(events=[event])
    (seen,) = caller.events(profile_id="ann-before-merge").json()["data"]
    assert seen["profile_id"] == "ann"
    assert caller.ids(profile_id="ann") == ["e"]
