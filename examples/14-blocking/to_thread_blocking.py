"""A function that blocks runs in a thread, through a task, while the coroutine that
started it goes on."""

import asyncio
import time


def blocking_task():
    print("Task starting")
    time.sleep(2)
    print("Task done")


async def main():
    print("Main running the blocking task")
    coro = asyncio.to_thread(blocking_task)
    task = asyncio.create_task(coro)
    print("Main doing other things")
    # Lets the task take its first step, which starts the thread.
    await asyncio.sleep(0)
    await task


asyncio.run(main())
