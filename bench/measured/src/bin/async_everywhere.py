"""`async` before a function that never waits, and before one that blocks."""

import asyncio
import time
from time import perf_counter

from measured import report

CALLS = 200_000
NAP = 0.01


def plain(n):
    return n ^ 1


async def needlessly_async(n):
    return n ^ 1


async def blocks():
    time.sleep(NAP)


async def main():
    n = 0
    start = perf_counter()
    for _ in range(CALLS):
        n = plain(n)
    report("call a function", (perf_counter() - start) / CALLS, "s")
    start = perf_counter()
    for _ in range(CALLS):
        n = await needlessly_async(n)
    seconds = (perf_counter() - start) / CALLS
    report("await an async function with the same body", seconds, "s")

    start = perf_counter()
    await asyncio.gather(*(blocks() for _ in range(10)))
    report("gather ten async functions that block for 10 ms", perf_counter() - start, "s")
    start = perf_counter()
    await asyncio.gather(*(asyncio.sleep(NAP) for _ in range(10)))
    report("gather ten that wait for 10 ms", perf_counter() - start, "s")


asyncio.run(main())
