"""Each of two threads runs a loop of its own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor


# ANCHOR: program
async def serve(customer):
    await asyncio.sleep(0.05)
    return customer


async def shop(customers):
    return len(await asyncio.gather(*map(serve, customers)))


def run(customers):
    return asyncio.run(shop(customers))


with ThreadPoolExecutor(2) as pool:
    loops = pool.map(run, [range(500), range(500, 1000)])
    for number, served in enumerate(loops):
        print(f"loop {number} has served {served}")
# ANCHOR_END: program
