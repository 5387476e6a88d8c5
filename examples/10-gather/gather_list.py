"""Ten coroutines are prepared in a list and then run together."""

import asyncio


async def task_coro(value):
    print(f">task {value} executing")
    await asyncio.sleep(1)


async def main():
    print("main starting")
    # A coroutine does nothing by itself: so far this only prepares them.
    coros = [task_coro(i) for i in range(10)]
    await asyncio.gather(*coros)
    print("main done")


asyncio.run(main())
