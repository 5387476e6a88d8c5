"""A coroutine can be awaited once."""

import asyncio


async def other_coro():
    return 100


async def main():
    coro = other_coro()
    print(f"once: {await coro}")
    try:
        await coro
    except RuntimeError as error:
        print(f"twice: {error!r}")


asyncio.run(main())
