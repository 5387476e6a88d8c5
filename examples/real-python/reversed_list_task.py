"""A task reverses a list, after a pause as long as its largest element."""

import asyncio


async def coro(seq):
    await asyncio.sleep(max(seq))
    return list(reversed(seq))


async def main():
    # A task is more than is needed here: `await coro([3, 2, 1])` would do.
    t = asyncio.create_task(coro([3, 2, 1]))
    await t
    print(f"t: type {type(t)}")
    print(f"t done: {t.done()}")


asyncio.run(main())
