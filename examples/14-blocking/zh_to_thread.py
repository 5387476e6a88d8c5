"""A blocking function in a thread, while the main coroutine goes on."""

import asyncio
import time


def blocking_task():
    print("任务开始")
    time.sleep(2)
    print("任务完成")


async def main():
    print("主协程正在执行阻塞任务")
    coro = asyncio.to_thread(blocking_task)
    task = asyncio.create_task(coro)
    print("主协程正在做其他事情")
    await asyncio.sleep(0)
    await task


asyncio.run(main())
