"""The smallest program with a wait in it: a coroutine prints, sleeps a second and
prints again."""

import asyncio


async def main():
    print("hello")
    await asyncio.sleep(1)
    print("world")


asyncio.run(main())
