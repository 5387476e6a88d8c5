"""A coroutine that sleeps for more than a second gets 0.2 seconds: `wait_for`
cancels it and raises `TimeoutError`."""

import asyncio
from random import random


async def task_coro(arg):
    value = 1 + random()
    print(f">task got {value}")
    await asyncio.sleep(value)
    print(">task done")


async def main():
    task = task_coro(1)
    try:
        await asyncio.wait_for(task, timeout=0.2)
    except TimeoutError:
        print("Gave up waiting, task canceled")


asyncio.run(main())
