"""An error of a later task is seen late by awaiting in turn, at once by gather."""

import asyncio
from time import perf_counter


# ANCHOR: program
async def slow():
    await asyncio.sleep(3)
    return 1


async def fails():
    await asyncio.sleep(1)
    raise ValueError("no such page")


async def in_turn():
    tasks = [asyncio.create_task(slow()), asyncio.create_task(fails())]
    total = 0
    for task in tasks:
        total += await task
    return total


async def gathered():
    tasks = [asyncio.create_task(slow()), asyncio.create_task(fails())]
    return sum(await asyncio.gather(*tasks))


async def main():
    start = perf_counter()
    try:
        await in_turn()
    except ValueError as error:
        print(f"in turn: {error} after {perf_counter() - start:.0f} s")
    start = perf_counter()
    try:
        await gathered()
    except ValueError as error:
        print(f"gather: {error} after {perf_counter() - start:.0f} s")
# ANCHOR_END: program


asyncio.run(main())
