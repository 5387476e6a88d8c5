"""Two spellings of one coroutine: a decorated generator and `async def`; nobody can
tell them apart."""

import asyncio
from types import coroutine


async def stuff():
    await asyncio.sleep(1)
    return 21


@coroutine
def py34_coro():
    """The old spelling; asyncio's own decorator for it is gone since 3.11."""
    return 2 * (yield from stuff())


async def py35_coro():
    """The native one."""
    return 2 * await stuff()


async def main():
    print(f"old: {await py34_coro()}")
    print(f"native: {await py35_coro()}")
    # A task takes native coroutines only, and a generator is none: it has to be
    # awaited by one.
    print(f"together: {await asyncio.gather(awaited(py34_coro()), py35_coro())}")


async def awaited(old):
    return await old


asyncio.run(main())
