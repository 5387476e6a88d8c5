"""Twenty thousand tasks wait at the same time, in one thread."""

import asyncio
from time import perf_counter


async def sensor(number):
    await asyncio.sleep(2)
    return number % 10


async def main():
    start = perf_counter()
    tasks = [asyncio.create_task(sensor(number)) for number in range(20_000)]
    await asyncio.sleep(0)
    print(f"{len(asyncio.all_tasks())} tasks, this one included")
    readings = await asyncio.gather(*tasks)
    print(f"{len(readings)} readings with the sum {sum(readings)}")
    print(f"{perf_counter() - start:.0f} seconds, not {2 * len(readings)}")


asyncio.run(main())
