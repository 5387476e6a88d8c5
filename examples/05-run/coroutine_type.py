"""Calling a coroutine function gives an object of the class `coroutine`; thrown
away unused, it warns."""

import asyncio


async def custom_coro():
    await asyncio.sleep(1)


coro = custom_coro()
print(type(coro))
