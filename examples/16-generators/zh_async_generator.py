"""An asynchronous generator, item by item and then as a list: twenty seconds."""

import asyncio


async def async_generator():
    for i in range(10):
        await asyncio.sleep(1)
        yield i


async def main():
    async for item in async_generator():
        print(item)
    results = [item async for item in async_generator()]
    print(results)


asyncio.run(main())
