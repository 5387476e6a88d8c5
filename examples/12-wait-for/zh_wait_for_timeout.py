"""A coroutine that sleeps for more than a second gets 0.2 seconds, and is
cancelled."""

import asyncio
from random import random


async def task_coro(arg):
    value = 1 + random()
    print(f">任务接收到 {value}")
    await asyncio.sleep(value)
    print(">任务完成")


async def main():
    task = task_coro(1)
    try:
        await asyncio.wait_for(task, timeout=0.2)
    except TimeoutError:
        print("放弃等待，任务已取消")


asyncio.run(main())
