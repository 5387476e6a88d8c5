"""Cancelling a future cancels it there and then; cancelling a task is a request."""

import asyncio


async def surgeon():
    while True:
        try:
            await asyncio.sleep(2)
            return "the patient is well"
        except asyncio.CancelledError:
            print("not now")


async def main():
    future = asyncio.get_running_loop().create_future()
    print(f"the future takes it: {future.cancel()}")
    print(f"it is cancelled: {future.cancelled()}")

    task = asyncio.create_task(surgeon())
    await asyncio.sleep(1)
    print(f"the task takes it: {task.cancel()}")
    print(await task)
    print(f"it is cancelled: {task.cancelled()}")


asyncio.run(main())
