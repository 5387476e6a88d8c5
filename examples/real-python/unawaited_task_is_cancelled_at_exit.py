"""A task that main does not await may not get to its end: when main returns, `run`
cancels what is left."""

import asyncio


async def coro(seq):
    print(f"reversing {seq}")
    await asyncio.sleep(max(seq))
    print("never printed: it takes three seconds")
    return list(reversed(seq))


async def main():
    t = asyncio.create_task(coro([3, 2, 1]))
    # Without `await t` the loop waits for main alone, which takes one second.
    await asyncio.sleep(1)
    print(f"main returns, t done: {t.done()}")
    return t


t = asyncio.run(main())
print(f"after run, t done: {t.done()}, t cancelled: {t.cancelled()}")
