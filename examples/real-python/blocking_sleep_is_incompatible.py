"""Two kitchens cook the same three dishes; in the second the cooks block, and it is
three times as slow."""

import asyncio
import time

MENU = ["soup", "rice", "fish"]


# ANCHOR: cooks
async def cook(dish):
    print(f"{dish} on the stove")
    await asyncio.sleep(1)
    print(f"{dish} served")


async def stubborn_cook(dish):
    print(f"{dish} on the stove")
    time.sleep(1)
    print(f"{dish} served")
# ANCHOR_END: cooks


# ANCHOR: program
async def main():
    start = time.perf_counter()
    await asyncio.gather(*map(cook, MENU))
    noon = time.perf_counter()
    print(f"dinner took {noon - start:.0f} second\n")
    await asyncio.gather(*map(stubborn_cook, MENU))
    print(f"dinner took {time.perf_counter() - noon:.0f} seconds")
# ANCHOR_END: program


asyncio.run(main())
