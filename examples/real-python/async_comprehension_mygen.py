"""Two asynchronous comprehensions over a generator; one after the other they take
the sum of all sleeps."""

import asyncio
from time import perf_counter


async def mygen(u):
    """Yields powers of two."""
    for i in range(u):
        yield 2**i
        await asyncio.sleep(0.1)


async def main():
    start = perf_counter()
    g = [i async for i in mygen(10)]
    f = [j async for j in mygen(10) if not (j // 3 % 5)]
    print(g)
    print(f)
    # Twenty sleeps of a tenth of a second: none of them at the same time as
    # another.
    assert perf_counter() - start > 1.99


asyncio.run(main())
