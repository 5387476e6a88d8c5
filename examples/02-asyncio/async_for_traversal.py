"""`async for` waits for each item; fetching and handling take turns, and together
as long as the sum of both."""

import asyncio
from time import perf_counter


# ANCHOR: iterator
class Pages:
    """The pages of a report, each fetched when it is asked for."""

    def __init__(self, last):
        self.fetched = 0
        self.last = last

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.fetched == self.last:
            raise StopAsyncIteration
        await asyncio.sleep(1)
        self.fetched += 1
        return self.fetched
# ANCHOR_END: iterator


# ANCHOR: traverse
async def main():
    start = perf_counter()

    def clock():
        return f"{perf_counter() - start:.0f} s"

    async for page in Pages(3):
        print(f"{clock()}: page {page} is there")
        await asyncio.sleep(1)
        print(f"{clock()}: page {page} is read")
    print(f"{clock()}: the end")
# ANCHOR_END: traverse


asyncio.run(main())
