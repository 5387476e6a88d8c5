"""How to get a value out of a coroutine: await the coroutine, or a task of it, and
that as often as you like."""

import asyncio


async def other_coro():
    return 100


async def bystander():
    print("  (another task runs)")


async def main():
    # ANCHOR: coroutine
    value = await other_coro()
    print(f"from the coroutine: {value}")
    # ANCHOR_END: coroutine

    # ANCHOR: one_line
    value = await asyncio.create_task(other_coro())
    print(f"from a task, created and awaited in one line: {value}")
    # ANCHOR_END: one_line

    # ANCHOR: twice
    task = asyncio.create_task(other_coro())
    print(f"awaited once: {await task}")
    # The task is done by now: this await does not suspend, so the bystander has to
    # wait for the sleep below.
    other = asyncio.create_task(bystander())
    print(f"awaited again: {await task}")
    print(f"by its method: {task.result()}")
    await asyncio.sleep(0)
    print(f"taken: {await task}")
    # ANCHOR_END: twice


asyncio.run(main())
