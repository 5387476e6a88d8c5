"""How to run a task after a delay: a wrapper that sleeps first and then awaits what
it was given."""

import asyncio


# ANCHOR: delay
async def delay(coro, seconds):
    await asyncio.sleep(seconds)
    return await coro
# ANCHOR_END: delay


async def ring(bell):
    print(f"{bell} rings")


async def main():
    # ANCHOR: task
    task = asyncio.create_task(delay(ring("the egg timer"), 3))
    print("the eggs are in the water")
    # ANCHOR_END: task

    # ANCHOR: await
    await delay(ring("the door bell"), 1)
    print("the door is open")
    # ANCHOR_END: await
    await task


asyncio.run(main())
