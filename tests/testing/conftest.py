"""Pytest inside pytest: ``run("def test_it(emulator): …")`` writes a test file, runs it with the plugin, and tells what
came out, as its author would see it."""

from typing import Protocol

import pytest

import emulator.testing.report
import emulator.testing.suite

__all__ = ["emulator"]  # loaded here, lest a run in this process forgets it at its end
PLUGIN = ("-p", "emulator.pytest_plugin", "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function")


class Run(Protocol):
    def __call__(self, source: str, *args: str, apart: bool = False) -> pytest.RunResult: ...


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """In this process, which is fast; `apart` in one of its own, where imports or the whole machine matter."""

    def runner(source: str, *args: str, apart: bool = False) -> pytest.RunResult:
        pytester.makepyfile(source)
        called = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return called(*PLUGIN, *args)

    return runner
