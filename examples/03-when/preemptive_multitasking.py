"""Threads are interrupted by the system, tasks only by themselves."""

import asyncio
import itertools
import os
from concurrent.futures import ThreadPoolExecutor


# ANCHOR: spin
def spin(begun, everybody, rounds):
    begun.append(True)
    return any(len(begun) == everybody for _ in rounds)


def threads(everybody):
    begun = []
    with ThreadPoolExecutor(everybody) as pool:
        workers = [
            pool.submit(spin, begun, everybody, itertools.count())
            for _ in range(everybody)
        ]
        return all(worker.result() for worker in workers)


async def tasks(everybody):
    begun = []

    async def worker():
        return spin(begun, everybody, range(10_000))

    return await asyncio.gather(*(worker() for _ in range(everybody)))
# ANCHOR_END: spin


async def main():
    processors = os.process_cpu_count()
    print("every thread saw all others begin:", threads(processors + 1))
    seen = await tasks(3)
    print("the first of three tasks did:", seen[0])
    print("the last one did:", seen[2])


asyncio.run(main())
