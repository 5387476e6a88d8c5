"""The items of an asynchronous iterator in a list."""

import asyncio


class Leaves:
    """Sizes of oak leaves, in millimetres, as they come off the scale."""

    def __init__(self):
        self.measured = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.measured == 5:
            raise StopAsyncIteration
        await asyncio.sleep(0.2)
        self.measured += 1
        return 30 * self.measured


# ANCHOR: collect
async def main():
    sizes = [size async for size in Leaves()]
    print(sizes)
    large = [size // 10 async for size in Leaves() if size > 60]
    print(large)
# ANCHOR_END: collect


asyncio.run(main())
