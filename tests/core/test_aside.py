"""Where work that takes long is done."""

import asyncio
import threading

import pytest
import trio

from emulator.core.aside import aside, at_once


def test_beside_a_loop_in_a_thread() -> None:
    here = threading.current_thread()
    assert asyncio.run(aside(threading.current_thread)) is not here


def test_at_once_without_any_loop() -> None:
    with at_once(), pytest.raises(StopIteration) as ended:
        aside(threading.current_thread).send(None)
    assert ended.value.value is threading.current_thread()


def test_at_once_inside_a_loop_too_and_only_there() -> None:
    async def inside() -> tuple[threading.Thread, threading.Thread]:
        with at_once():
            at = await aside(threading.current_thread)
        return at, await aside(threading.current_thread)

    at, after = asyncio.run(inside())
    assert at is threading.current_thread()
    assert after is not at


def test_another_task_is_not_concerned() -> None:
    async def other() -> threading.Thread:
        return await aside(threading.current_thread)

    async def inside() -> threading.Thread:
        task = asyncio.create_task(other())
        with at_once():
            return await task

    assert asyncio.run(inside()) is not threading.current_thread()


def test_at_once_needs_no_asyncio() -> None:
    async def inside() -> threading.Thread:
        with at_once():
            return await aside(threading.current_thread)

    assert trio.run(inside) is threading.current_thread()


def test_what_goes_wrong_is_raised_and_the_next_work_is_put_aside_again() -> None:
    async def inside() -> threading.Thread:
        with pytest.raises(ZeroDivisionError), at_once():
            await aside(lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            await aside(lambda: 1 // 0)
        return await aside(threading.current_thread)

    assert asyncio.run(inside()) is not threading.current_thread()
