"""One task comes to its end, the other is cancelled on the way; `done` and
`cancelled` tell."""

import asyncio


# ANCHOR: tasks
async def task_completed():
    print("任务1正在执行")
    await asyncio.sleep(1)
    print("任务1完成")


async def task_cancelled():
    print("任务2正在执行")
    await asyncio.sleep(2)
    print("任务2完成")
# ANCHOR_END: tasks


# ANCHOR: main
async def main():
    task1 = asyncio.create_task(task_completed())
    task2 = asyncio.create_task(task_cancelled())

    await task1
    task2.cancel()
    try:
        await task2
    except asyncio.CancelledError:
        pass

    if task1.done():
        print("任务1已完成")
    if task2.cancelled():
        print("任务2已取消")
# ANCHOR_END: main


asyncio.run(main())
