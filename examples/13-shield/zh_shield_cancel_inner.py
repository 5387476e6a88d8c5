"""The task has a shield, but is cancelled itself, before its first step: not a line
of it runs."""

import asyncio


async def coro():
    print("任务开始")
    await asyncio.sleep(3)
    print("任务完成")


async def main():
    task = asyncio.create_task(coro())
    shielded = asyncio.shield(task)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("任务被取消")


asyncio.run(main())
