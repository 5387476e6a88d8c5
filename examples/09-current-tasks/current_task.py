"""The main coroutine asks for its own task and prints it."""

import asyncio


async def main():
    print("main coroutine started")
    print(asyncio.current_task())


asyncio.run(main())
