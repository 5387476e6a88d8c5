"""`[await a for a in awaitables]` awaits one after the other; `gather` awaits the
same ones together."""

import asyncio
from time import perf_counter


async def weigh(parcel):
    return await asyncio.sleep(0.5, 100 * parcel)


async def main():
    start = perf_counter()
    weights = [
        await awaitable for awaitable in [weigh(parcel) for parcel in range(1, 5)]
    ]
    print(f"one by one: {weights} after {perf_counter() - start:.1f} s")

    start = perf_counter()
    weights = await asyncio.gather(*(weigh(parcel) for parcel in range(1, 5)))
    print(f"together: {weights} after {perf_counter() - start:.1f} s")


asyncio.run(main())
