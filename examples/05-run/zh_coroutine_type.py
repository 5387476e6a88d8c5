"""The Chinese guide's look at a coroutine object that is never run: only a warning
is heard of it."""

import asyncio


async def custom_coroutine():
    print("运行自定义协程")
    await asyncio.sleep(1)


coro = custom_coroutine()
print(type(coro))
