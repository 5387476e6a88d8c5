"""One fast and one slow task: `wait` returns with the first, and then the other one
is waited for."""

import asyncio
from random import randint


async def async_task(name, duration):
    print(f"任务 {name} 开始，预计耗时 {duration} 秒")
    await asyncio.sleep(duration)
    print(f"任务 {name} 完成")
    return f"结果 {name}"


async def main():
    fast_task = asyncio.create_task(
        async_task("任务1", randint(1, 3)), name="任务1"
    )
    slow_task = asyncio.create_task(
        async_task("任务2", randint(4, 6)), name="任务2"
    )
    done, pending = await asyncio.wait(
        [fast_task, slow_task], return_when=asyncio.FIRST_COMPLETED
    )

    for task in done:
        print(f"{task.get_name()}的执行结果：{task.result()}")
    print(f"已完成任务数：{len(done)}")
    if pending:
        await asyncio.wait(pending)


asyncio.run(main())
