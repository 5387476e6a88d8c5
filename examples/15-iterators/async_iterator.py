"""An asynchronous iterator sleeps a second before each number from 1 to 10, and
`async for` prints them."""

import asyncio


# ANCHOR: iterator
class CustomIterator:
    def __init__(self):
        self.counter = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.counter >= 10:
            raise StopAsyncIteration
        await asyncio.sleep(1)
        self.counter += 1
        return self.counter
# ANCHOR_END: iterator


# ANCHOR: traverse
async def main():
    async for number in CustomIterator():
        print(number)
# ANCHOR_END: traverse


asyncio.run(main())
