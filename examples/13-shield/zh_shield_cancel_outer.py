"""Cancelling the shield leaves the task alone: it runs to its end."""

import asyncio


async def coro():
    print("任务开始")
    await asyncio.sleep(3)
    print("任务完成")


async def main():
    task = asyncio.create_task(coro())
    shielded = asyncio.shield(task)
    shielded.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("任务被取消")


asyncio.run(main())
