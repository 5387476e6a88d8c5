"""Ten tasks are started and, while they sleep, all tasks are listed, the main one
too."""

import asyncio


async def task_coroutine(value):
    print(f"task {value} is running")
    await asyncio.sleep(1)


async def main():
    print("main coroutine started")
    started_tasks = [asyncio.create_task(task_coroutine(i)) for i in range(10)]
    await asyncio.sleep(0.1)
    # A set: Python lists them in any order.
    for task in asyncio.all_tasks():
        print(f"> {task.get_name()}, {task.get_coro()}")
    for task in started_tasks:
        await task


asyncio.run(main())
