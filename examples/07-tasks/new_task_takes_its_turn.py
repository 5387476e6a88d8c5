"""A new task takes its turn in the queue."""

import asyncio


# ANCHOR: program
async def old():
    for step in range(1, 4):
        print(f"old task, step {step}")
        await asyncio.sleep(0)


async def new():
    print("new task, step 1")


async def main():
    first = asyncio.create_task(old())
    await asyncio.sleep(0)
    second = asyncio.create_task(new())
    print("main has made the new task")
    await first
    await second
# ANCHOR_END: program


asyncio.run(main())
