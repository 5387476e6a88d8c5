"""A coroutine wrapped in a task is scheduled at once and runs as soon as its
creator waits."""

import asyncio


async def nested():
    return 42


async def main():
    task = asyncio.create_task(nested())
    # The task could be cancelled now, or asked after; here its end is waited for.
    await task


asyncio.run(main())
