"""A task is a handle on a coroutine: it can say which one, and it runs it apart
from whoever made it."""

import asyncio


async def water_the_plants(plants):
    await asyncio.sleep(1)
    print("watered")
    return plants


async def main():
    task = asyncio.create_task(water_the_plants(7), name="garden")
    print(f"{task.get_name()} wraps {task.get_coro().__name__}")
    print("not awaited yet, and on its own way")
    await asyncio.sleep(2)
    print(f"done: {task.done()}, result: {task.result()}")


asyncio.run(main())
