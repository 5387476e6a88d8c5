"""Ten tasks sleep for a random fraction of a second, and `wait` waits until all of
them are done."""

import asyncio
from random import random


async def task_coro(arg):
    value = random()
    await asyncio.sleep(value)
    print(f">task {arg} done with {value}")


async def main():
    tasks = [asyncio.create_task(task_coro(i)) for i in range(10)]
    done, pending = await asyncio.wait(tasks)
    print("All done")


asyncio.run(main())
