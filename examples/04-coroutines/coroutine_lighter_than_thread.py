"""What a coroutine costs: an object of a few hundred bytes, and no thread."""

import asyncio
import sys
from threading import get_ident

# What Linux gives a new thread unless told otherwise.
THREAD_STACK = 8 * 1024 * 1024


# ANCHOR: size
async def patrol(rounds):
    for _ in range(rounds):
        await asyncio.sleep(1)
    return get_ident()


async def main():
    coro = patrol(3)
    size = sys.getsizeof(coro)
    coro.close()
    print(f"a coroutine takes less than 1 KB: {size < 1024}")
    print(
        f"a thread's stack would hold more than 2000: {THREAD_STACK // size > 2000}"
    )
    guards = [asyncio.create_task(patrol(3)) for _ in range(10_000)]
    threads = {await guard for guard in guards}
    print(f"threads of ten thousand coroutines: {len(threads)}")
# ANCHOR_END: size


asyncio.run(main())
