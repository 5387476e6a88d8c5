"""Calling a coroutine function runs none of its lines: it gives a coroutine object,
which is printed here."""

import asyncio


async def main():
    print("hello")
    await asyncio.sleep(1)
    print("world")


coro = main()
print(coro)
# Close an object that is never run, or it warns when it is freed.
coro.close()
