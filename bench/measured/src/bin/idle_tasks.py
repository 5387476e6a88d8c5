"""One turn takes as long among ten thousand idle tasks as alone."""

import asyncio
from time import perf_counter

from measured import report

TURNS = 20_000


async def turns(idle):
    never = asyncio.Event()
    tasks = [asyncio.create_task(never.wait()) for _ in range(idle)]
    for _ in range(TURNS):
        await asyncio.sleep(0)
    start = perf_counter()
    for _ in range(TURNS):
        await asyncio.sleep(0)
    seconds = (perf_counter() - start) / TURNS
    report(f"one turn of a busy task, beside {idle} idle ones", seconds, "s")
    del tasks


for idle in [0, 100, 10_000]:
    asyncio.run(turns(idle))
