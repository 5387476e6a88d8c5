"""A function that blocks goes to a thread, and the loop runs on; to the coroutine
it looks like any other wait."""

import asyncio
import time
from itertools import count


def read_the_archive():
    """Blocks as a read from a slow disk does."""
    time.sleep(2.5)
    return "3 volumes"


def count_primes(below):
    """Keeps a processor busy."""
    return sum(
        all(n % d for d in range(2, n // 2 + 1))
        for n in range(2, below)
    )


async def tick():
    for second in count(1):
        await asyncio.sleep(1)
        print(f"the loop runs, second {second}")


# ANCHOR: to_thread
async def main():
    # A function that computes: the loop takes its turns meanwhile.
    primes = asyncio.create_task(asyncio.to_thread(count_primes, 10_000))
    turns = 0
    while not primes.done():
        turns += 1
        await asyncio.sleep(0)
    print(f"primes: {await primes}, the loop took turns meanwhile: {turns > 1}")

    # A function that waits.
    clock = asyncio.create_task(tick())
    print(f"archive: {await asyncio.to_thread(read_the_archive)}")
    clock.cancel()
# ANCHOR_END: to_thread


asyncio.run(main())
