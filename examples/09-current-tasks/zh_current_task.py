"""The main coroutine prints its own task."""

import asyncio


async def main():
    print("主协程已启动")
    print(asyncio.current_task())


asyncio.run(main())
