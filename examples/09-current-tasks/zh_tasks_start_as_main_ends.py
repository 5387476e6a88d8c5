"""The main coroutine ends at once; the tasks it made still take their first step,
and are cancelled at their sleep."""

import asyncio


# ANCHOR: main
async def task_coroutine(value):
    print(f"任务 {value} 开始运行")
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError as error:
        print(f"任务 {value} 被取消: {error!r}")
        raise
    print(f"任务 {value} 结束运行")


async def main():
    print("主协程已启动")
    tasks = [asyncio.create_task(task_coroutine(i)) for i in range(3)]
    print("主协程即将结束")
# ANCHOR_END: main


asyncio.run(main())
