"""Ten named tasks are listed while they sleep, and then waited for with `gather`.
"""

import asyncio


async def task_coroutine(value):
    print(f"任务 {value} 开始运行")
    await asyncio.sleep(1)
    print(f"任务 {value} 结束运行")


async def main():
    print("主协程已启动")
    started_tasks = [
        asyncio.create_task(task_coroutine(i), name=f"任务{i}") for i in range(10)
    ]
    await asyncio.sleep(0.1)
    for task in asyncio.all_tasks():
        print(f"> {task.get_name()}, {task.get_coro()}")
    print("等待任务完成")
    await asyncio.gather(*started_tasks)


asyncio.run(main())
