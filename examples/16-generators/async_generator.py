"""An asynchronous generator sleeps a second before each number from 0 to 9: a
coroutine that yields."""

import asyncio


# ANCHOR: generator
async def async_generator():
    for number in range(10):
        await asyncio.sleep(1)
        yield number
# ANCHOR_END: generator


# ANCHOR: traverse
async def main():
    async for number in async_generator():
        print(number)
# ANCHOR_END: traverse


asyncio.run(main())
