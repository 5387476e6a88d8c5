"""A pool of one's own for `run_in_executor`: two threads share four jobs, and
whoever makes the pool shuts it down."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


def develop(film):
    time.sleep(1)
    return film * 36


async def main():
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(2) as pool:
        start = loop.time()
        jobs = [loop.run_in_executor(pool, develop, film) for film in range(1, 5)]
        print(f"pictures: {await asyncio.gather(*jobs)}")
        print(f"four jobs of a second in two threads: {loop.time() - start:.0f} s")
    try:
        loop.run_in_executor(pool, develop, 5)
    except RuntimeError as error:
        print(f"after the shutdown: RuntimeError: {error}")


asyncio.run(main())
