"""Awaiting the task raises what its coroutine raised; the exception can then be
read from the task."""

import asyncio


async def faulty_coroutine():
    raise ValueError("协程中发生了错误。")


async def main():
    task = asyncio.create_task(faulty_coroutine())
    try:
        await task
    except ValueError:
        print(f"任务异常: {task.exception()}")


asyncio.run(main())
