"""The running loop, printed; the task that nobody awaits still gets to print."""

import asyncio


async def coro():
    print("something is running")


async def main():
    task = asyncio.create_task(coro())
    print(asyncio.get_running_loop())


asyncio.run(main())
