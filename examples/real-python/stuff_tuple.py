"""The coroutine of old, a generator that delegates, and the native one, which
awaits."""

import asyncio
from types import coroutine


async def stuff():
    return 0x10, 0x20, 0x30


@coroutine
def py34_coro():
    return (yield from stuff())


async def py35_coro():
    return await stuff()


try:
    py34_coro().send(None)
except StopIteration as stop:
    print(stop.value)
print(asyncio.run(py35_coro()))
