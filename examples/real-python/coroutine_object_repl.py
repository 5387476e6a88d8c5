"""A coroutine function that is called by itself gives a coroutine object, and
nothing of it runs."""


async def stuff():
    return 0x10, 0x20, 0x30


async def py35_coro():
    return await stuff()


coro = py35_coro()
print(coro)
coro.close()
