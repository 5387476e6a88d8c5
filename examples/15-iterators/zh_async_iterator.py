"""An asynchronous iterator that counts to ten without ever waiting."""

import asyncio


class AsyncIter:
    def __init__(self):
        self.counter = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.counter >= 10:
            raise StopAsyncIteration
        self.counter += 1
        return self.counter


async def main():
    async for item in AsyncIter():
        print(item)


asyncio.run(main())
