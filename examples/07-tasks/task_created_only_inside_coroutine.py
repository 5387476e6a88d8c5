"""A coroutine can be made anywhere; a task needs a loop that runs."""

import asyncio


async def count(what):
    print(f"counting {what}")


async def main():
    await asyncio.create_task(count("stars"))


coro = count("clouds")
try:
    asyncio.create_task(coro)
    print("a task without a loop")
except RuntimeError as error:
    print(f"RuntimeError: {error}")
    coro.close()
asyncio.run(main())
