"""`to_thread` takes its threads from a pool that the loop makes: three calls that
block run in three of them."""

import asyncio
import threading
import time


def this_thread():
    return threading.current_thread().name


def query_database():
    """Waits for an answer, as a driver without asyncio would, and tells which
    thread it did that in."""
    time.sleep(1)
    return this_thread()


async def main():
    # CPython calls it MainThread.
    threading.current_thread().name = "main"
    print(f"the loop runs in {this_thread()}")
    loop = asyncio.get_running_loop()
    start = loop.time()
    threads = await asyncio.gather(
        *(asyncio.to_thread(query_database) for _ in range(3))
    )
    print(f"the queries ran in {", ".join(sorted(threads))}")
    print(f"and took {loop.time() - start:.0f} s")


asyncio.run(main())
