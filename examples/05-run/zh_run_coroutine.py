"""The Chinese guide's run of a coroutine object: it is created first and given to
`run` later."""

import asyncio


async def custom_coroutine():
    print("运行自定义协程")
    await asyncio.sleep(1)


coro = custom_coroutine()
asyncio.run(coro)
print(type(coro))
