"""The three ways to let a coroutine object run: hand it to `run`, await it, or make
a task of it."""

import asyncio


async def custom_coro(how):
    print(f"hi there, {how}")


async def main():
    # ANCHOR: await
    coro = custom_coro("awaited")
    await coro
    # ANCHOR_END: await

    # ANCHOR: task
    coro = custom_coro("as a task")
    task = asyncio.create_task(coro)
    # ANCHOR_END: task
    await task


# ANCHOR: run
coro = custom_coro("run")
asyncio.run(coro)
# ANCHOR_END: run
asyncio.run(main())
