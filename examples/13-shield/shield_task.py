"""A helper task cancels the shield around a task: whoever awaits the shield is
told, and the task goes on."""

import asyncio


# ANCHOR: coroutines
async def simple_task(number):
    await asyncio.sleep(1)
    return number


async def cancel_task(task):
    await asyncio.sleep(0.2)
    was_cancelled = task.cancel()
    print(f"cancelled: {was_cancelled}")
# ANCHOR_END: coroutines


# ANCHOR: program
async def main():
    task = asyncio.create_task(simple_task(1))
    shielded = asyncio.shield(task)
    helper = asyncio.create_task(cancel_task(shielded))
    try:
        print(f">got: {await shielded}")
    except asyncio.CancelledError:
        print("shielded was cancelled")
    await asyncio.sleep(1)
    print(f"shielded: {shielded}")
    print(f"task: {task}")
# ANCHOR_END: program


asyncio.run(main())
