"""A callback that was registered before the task is awaited runs before the one who
awaits it."""

import asyncio


async def my_coroutine():
    print("开始任务")
    await asyncio.sleep(1)
    print("任务完成")
    return "任务完成"


def my_callback(task):
    print("回调函数被调用")
    print(f"任务的返回结果是: {task.result()}")


async def main():
    task = asyncio.create_task(my_coroutine())
    task.add_done_callback(my_callback)
    await task


asyncio.run(main())
