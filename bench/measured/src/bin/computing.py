"""Two jobs that compute, and two that wait: in turn, as tasks, in threads and in processes."""

import asyncio
import threading
import time as clock
from concurrent.futures import ProcessPoolExecutor

from measured import time


def compute():
    total = 0
    for number in range(4_000_000):
        total ^= number
    return total


async def job():
    return compute()


async def two_tasks():
    await asyncio.gather(job(), job())


async def two_calls_of_to_thread():
    await asyncio.gather(asyncio.to_thread(compute), asyncio.to_thread(compute))


async def two_processes():
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(2) as pool:
        await asyncio.gather(*(loop.run_in_executor(pool, compute) for _ in range(2)))


async def two_sleeps():
    await asyncio.gather(asyncio.sleep(0.2), asyncio.sleep(0.2))


def two_threads():
    threads = [threading.Thread(target=clock.sleep, args=(0.2,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    what = "two jobs that compute: "
    time(what + "one after the other", 1, lambda: (compute(), compute()))
    time(what + "two tasks of one loop", 1, lambda: asyncio.run(two_tasks()))
    time(
        what + "two threads, by `to_thread`",
        1,
        lambda: asyncio.run(two_calls_of_to_thread()),
    )
    time(what + "two processes", 1, lambda: asyncio.run(two_processes()))
    what = "two jobs that wait 0.2 s: "
    time(what + "one after the other", 1, lambda: [clock.sleep(0.2) for _ in range(2)])
    time(what + "two tasks of one loop", 1, lambda: asyncio.run(two_sleeps()))
    time(what + "two threads", 1, two_threads)
