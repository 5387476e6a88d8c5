"""The shape of every asyncio program: `run` starts the loop with one coroutine,
which awaits the others."""

import asyncio


async def custom_coro():
    await asyncio.sleep(1)


async def main():
    await custom_coro()


asyncio.run(main())
