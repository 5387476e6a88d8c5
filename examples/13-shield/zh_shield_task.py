"""A helper cancels the shield, the main coroutine catches `CancelledError`, and the
task goes on to its end."""

import asyncio


async def simple_task(number):
    await asyncio.sleep(1)
    return number


async def cancel_task(task):
    await asyncio.sleep(0.2)
    was_cancelled = task.cancel()
    print(f"已取消: {was_cancelled}")


async def main():
    task = asyncio.create_task(simple_task(1))
    shielded = asyncio.shield(task)
    helper = asyncio.create_task(cancel_task(shielded))
    try:
        print(f">获得: {await shielded}")
    except asyncio.CancelledError:
        print("任务已被取消")
    await asyncio.sleep(1)
    print(f"保护任务: {shielded}")
    print(f"任务: {task}")


asyncio.run(main())
