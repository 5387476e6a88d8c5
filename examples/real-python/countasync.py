"""Three coroutines count to two at the same time: all three fit into one second."""

import asyncio
from time import perf_counter


async def count():
    print("One")
    await asyncio.sleep(1)
    print("Two")


async def main():
    await asyncio.gather(count(), count(), count())


start = perf_counter()
asyncio.run(main())
print(f"{__file__} executed in {perf_counter() - start:.2f} seconds.")
