"""How to stop a task: ask it to cancel, and give it a moment to react."""

import asyncio


# ANCHOR: task
async def task_coroutine():
    print("executing the task")
    await asyncio.sleep(1)
# ANCHOR_END: task


# ANCHOR: main
async def main():
    print("main coroutine started")
    task = asyncio.create_task(task_coroutine())
    await asyncio.sleep(0.1)
    was_cancelled = task.cancel()
    print(f"was canceled: {was_cancelled}")
    # The request arrives at the task's next step: let that happen.
    await asyncio.sleep(0.1)
    print(f"canceled: {task.cancelled()}")
    print("main coroutine done")
# ANCHOR_END: main


asyncio.run(main())
