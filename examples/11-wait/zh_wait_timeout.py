"""`wait` for a second at most, then a list of the tasks that are done and of those
that are not."""

import asyncio
from random import uniform


async def task_coro(arg):
    value = uniform(0, 2)
    await asyncio.sleep(value)
    print(f"> 任务 {arg} 完成，执行时间 {value:.2f} 秒")


async def main():
    tasks = [asyncio.create_task(task_coro(i)) for i in range(10)]
    done, pending = await asyncio.wait(tasks, timeout=1)
    print(f"已完成的任务数量: {len(done)}")
    print(f"待处理的任务数量: {len(pending)}")
    if pending:
        print("以下任务未在超时时间内完成：")
        for index, task in enumerate(tasks):
            if task in pending:
                print(f"- 任务 {index}")


asyncio.run(main())
