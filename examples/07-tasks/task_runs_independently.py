"""A coroutine that is awaited is part of the task that awaits it; one that is made
a task goes its own way."""

import asyncio


# ANCHOR: carry
async def carry(load):
    task = asyncio.current_task()
    for half in ["up", "down"]:
        print(f"  {task.get_name()}: {load} {half}")
        await asyncio.sleep(0)
# ANCHOR_END: carry


# ANCHOR: main
async def main():
    print("awaited directly, one after the other")
    await carry("bricks")
    await carry("sand")

    print("as tasks")
    # Awaited later, asked now and then, left alone (but kept: the loop's own
    # reference is weak).
    bricks = asyncio.create_task(carry("bricks"))
    sand = asyncio.create_task(carry("sand"))
    water = asyncio.create_task(carry("water"))
    print("  the creator goes on")
    await bricks
    print(f"  sand is down: {sand.done()}")
# ANCHOR_END: main


asyncio.run(main())
