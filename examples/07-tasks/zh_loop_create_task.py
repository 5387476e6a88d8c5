"""A task may be put on a loop that does not run yet; it begins when the loop does.
"""

import asyncio


async def my_coroutine(name):
    print(f"任务 {name} 开始执行")
    await asyncio.sleep(1)
    print(f"任务 {name} 完成")


loop = asyncio.new_event_loop()

print("任务创建之前")
task = loop.create_task(my_coroutine("A"))
print("任务创建之后，任务已加入事件循环")

loop.run_until_complete(task)
loop.close()
print("事件循环已关闭")
