"""A library's function in the hands of several: ours, mocks', a test's own. Whoever comes and goes in whichever order,
in the end it is the library's own again."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest

from emulator.interception.points import Busy, Detour, Held, Hold, Point, in_force, policy, target_of
from emulator.interception.policy import Head, HostRefused, Redirect
from tests.interception.conftest import Answering

OWN = json.loads
VENDOR, OTHER, REFUSED = "demo.talon.one", "shop.example", "api.treasuredata.com"


class Base:
    def inherited(self, host: str) -> str:
        return f"base {host}"


class Library(Base):
    """Has nothing of its own."""


def led(original: Callable[..., Any]) -> Callable[..., Any]:
    def ours(text: str) -> Any:
        return f"ours {text}" if target_of(Head("https", text, None), original) is not None else original(text)

    return ours


def foreign(name: str, beneath: Callable[..., Any] | None = None) -> Callable[..., Any]:
    def theirs(text: str) -> Any:
        return f"{name} {text}" if beneath is None or "." not in text else beneath(text)

    theirs.__qualname__ = name
    return theirs


def points() -> Iterator[Held]:
    yield Point(json, "loads", led)


@pytest.fixture
def redirect(prepared: Any, answering: Answering) -> Redirect:
    return Redirect(answering, prepared.vendors)


@pytest.fixture
def hold(redirect: Redirect) -> Iterator[Hold]:
    """Taken and led; the test lets go."""
    one = Hold(points, "tests/test_shop.py::test_it")
    one.__enter__()
    one.lead(redirect)
    yield one
    one.__exit__(None, None, None)
    one.settle()
    assert json.loads is OWN


def release(hold: Hold) -> list[str]:
    hold.__exit__(None, None, None)
    return hold.settle()


def test_the_librarys_own_is_back_in_the_end(hold: Hold) -> None:
    assert json.loads(VENDOR) == f"ours {VENDOR}"
    assert json.loads("[1]") == [1]
    assert release(hold) == []
    assert json.loads is OWN
    assert policy() is None


def test_a_mock_that_was_there_before_lies_beneath(redirect: Redirect, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(json, "loads", foreign("theirs"))
        with Hold(points, "test_it") as hold:
            hold.lead(redirect)
            assert (json.loads(VENDOR), json.loads(OTHER)) == (f"ours {VENDOR}", f"theirs {OTHER}")
            assert hold.in_the_way() == [
                "json.loads is also replaced by tests.interception.test_points.theirs, beneath the emulator: calls to "
                "the vendors' hosts reach the emulator, all others are answered there. Arrange those there, or leave "
                "it out here"
            ]
        assert json.loads(VENDOR) == f"theirs {VENDOR}"
    assert hold.settle() == []
    assert json.loads is OWN


def test_a_mock_that_comes_later_is_put_beneath_when_the_test_begins(
    hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(json, "loads", foreign("theirs"))
        assert json.loads(VENDOR) == f"theirs {VENDOR}"
        hold.come_to_top()
        hold.come_to_top()
        assert (json.loads(VENDOR), json.loads(OTHER)) == (f"ours {VENDOR}", f"theirs {OTHER}")
        assert len(hold.in_the_way()) == 1
    assert json.loads(VENDOR) == f"ours {VENDOR}"
    assert release(hold) == []


def test_a_mock_that_goes_after_the_emulator_takes_ours_off_with_it(
    hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(json, "loads", foreign("theirs"))
        hold.come_to_top()
        hold.__exit__(None, None, None)
        assert json.loads(OTHER) == f"theirs {OTHER}"
    assert json.loads is not OWN
    assert json.loads("[1]") == [1]
    assert hold.settle() == []
    assert json.loads is OWN


def test_ours_that_somebody_has_brought_back_is_not_held_as_theirs(redirect: Redirect) -> None:
    """Nobody settles here: what comes back is found by the next one."""
    for _ in range(3):
        patch = mock.patch.object(json, "loads", foreign("theirs"))
        with Hold(points, "test_it") as hold:
            hold.lead(redirect)
            patch.start()
            hold.come_to_top()
        patch.stop()
        assert json.loads is not OWN
    with Hold(points, "test_it") as hold:
        assert hold.in_the_way() == []
    assert json.loads is OWN


def test_a_patch_in_the_tests_body_is_told(hold: Hold, monkeypatch: pytest.MonkeyPatch) -> None:
    hold.come_to_top()
    with monkeypatch.context() as patch:
        patch.setattr(json, "loads", foreign("theirs"))
        assert hold.in_the_way() == [
            "json.loads is replaced by tests.interception.test_points.theirs, above the emulator: calls that it "
            "answers never reach the emulator. Replace it in a fixture instead, and the emulator lies above it, or "
            "leave it out here"
        ]
    assert hold.in_the_way() == []


@pytest.mark.parametrize(
    ("left", "called"),
    [
        (foreign("theirs"), "tests.interception.test_points.theirs"),
        (mock.Mock(), "a unittest.mock.Mock"),
        (mock.create_autospec(OWN), "a function"),
    ],
)
def test_what_nobody_takes_off_is_taken_off_and_told(hold: Hold, left: Any, called: str) -> None:
    json.loads = left
    assert release(hold) == [f"json.loads replaced by {called}"]
    assert json.loads is OWN


def test_what_was_there_before_is_put_back_and_not_the_librarys_own(
    redirect: Redirect, monkeypatch: pytest.MonkeyPatch
) -> None:
    lasting = foreign("lasting")
    with monkeypatch.context() as patch:
        patch.setattr(json, "loads", lasting)
        with Hold(points, "test_it") as hold:
            json.loads = foreign("left")
        assert hold.settle() == ["json.loads replaced by tests.interception.test_points.left"]
        assert json.loads is lasting


def test_hosts_that_nobody_emulates_are_left_to_a_mock_beneath(hold: Hold, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HostRefused):
        json.loads(REFUSED)
    with monkeypatch.context() as patch:
        patch.setattr(json, "loads", foreign("theirs"))
        hold.come_to_top()
        assert json.loads(REFUSED) == f"theirs {REFUSED}"


def test_a_method_that_is_inherited_is_inherited_again(redirect: Redirect) -> None:
    def methods() -> Iterator[Held]:
        def replace(original: Callable[..., Any]) -> Callable[..., Any]:
            return lambda self, host: f"ours over {original(self, host)}"

        yield Point(Library, "inherited", replace)

    with Hold(methods, "test_it") as hold:
        assert Library().inherited("x") == "ours over base x"
    assert hold.settle() == []
    assert "inherited" not in vars(Library)


def test_a_function_above_the_points_is_held_only_where_others_have_replaced_it(
    redirect: Redirect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doors() -> Iterator[Held]:
        def lead(own: Callable[..., Any], theirs: Callable[..., Any]) -> Callable[..., Any]:
            def ours(text: str) -> Any:
                vendors = target_of(Head("https", text, None), theirs) is not None
                return f"past {theirs.__qualname__}" if vendors else theirs(text)

            return ours

        yield Detour(json, "loads", lead=lead)

    with Hold(doors, "test_it") as hold:
        hold.lead(redirect)
        assert json.loads is OWN
        assert hold.in_the_way() == []
        with monkeypatch.context() as patch:
            patch.setattr(json, "loads", foreign("theirs"))
            assert "above the emulator" in hold.in_the_way()[0]
            hold.come_to_top()
            assert (json.loads(VENDOR), json.loads(OTHER)) == ("past theirs", f"theirs {OTHER}")
            assert "beneath the emulator" in hold.in_the_way()[0]
        assert json.loads is OWN
    assert hold.settle() == []


def test_two_at_once_are_refused_and_the_first_goes_on(hold: Hold, redirect: Redirect) -> None:
    says = (
        r"^the HTTP libraries of this process lead to the emulator of tests/test_shop.py::test_it already, and only "
        r"one test at a time can have them: run test_other after it, or in a process of its own \(pytester"
    )
    with pytest.raises(Busy, match=says), in_force(redirect, points, "test_other"):
        pass
    assert json.loads(VENDOR) == f"ours {VENDOR}"


def test_two_threads_at_once_are_refused(hold: Hold, redirect: Redirect) -> None:
    found: list[BaseException] = []

    def other() -> None:
        try:
            with in_force(redirect, points, "test_other"):
                pass
        except Busy as busy:
            found.append(busy)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert len(found) == 1


def test_a_hold_that_fails_half_way_lets_go(redirect: Redirect) -> None:
    def broken() -> Iterator[Held]:
        yield from points()
        raise LookupError("no such library")

    for _ in range(2):
        with pytest.raises(LookupError), in_force(redirect, broken):
            pass
        assert json.loads is OWN


def test_what_was_left_is_told_at_the_end_of_a_block(redirect: Redirect) -> None:
    with in_force(redirect, points) as left:
        json.loads = foreign("theirs")
    assert left == ["json.loads replaced by tests.interception.test_points.theirs"]
    assert json.loads is OWN
