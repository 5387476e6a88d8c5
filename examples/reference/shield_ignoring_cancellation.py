"""A shield and a handler for `CancelledError` together ignore a cancellation
altogether."""

import asyncio


async def stubborn():
    try:
        res = await asyncio.shield(asyncio.sleep(2, 42))
    except asyncio.CancelledError:
        res = None
    print(f"going on with {res}")
    return res


async def main():
    task = asyncio.create_task(stubborn())
    await asyncio.sleep(1)
    print(f"asked to stop: {task.cancel()}")
    print(f"returned {await task}")
    print(f"cancelled: {task.cancelled()}")


asyncio.run(main())
