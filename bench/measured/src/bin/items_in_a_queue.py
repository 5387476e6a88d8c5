"""How long an item lies in a queue: filled and worked off in turn, or all at once."""

import asyncio
import time
from collections import deque
from time import perf_counter

from measured import report

PRODUCERS, ITEMS = 5, 10
MAKE, USE = 0.002, 0.003


def in_turn():
    start = perf_counter()
    queue = deque()
    for _ in range(PRODUCERS * ITEMS):
        time.sleep(MAKE)
        queue.append(perf_counter())
    waited = 0.0
    while queue:
        waited += perf_counter() - queue.popleft()
        time.sleep(USE)
    told("in turn", waited, start)


async def produce(queue):
    for _ in range(ITEMS):
        await asyncio.sleep(MAKE)
        await queue.put(perf_counter())


async def consume(queue):
    waited = 0.0
    while True:
        try:
            put = await queue.get()
        except asyncio.QueueShutDown:
            return waited
        waited += perf_counter() - put
        await asyncio.sleep(USE)


async def at_once():
    start = perf_counter()
    queue = asyncio.Queue()
    consumers = [asyncio.create_task(consume(queue)) for _ in range(10)]
    await asyncio.gather(*(produce(queue) for _ in range(PRODUCERS)))
    queue.shutdown()
    told("at once", sum(await asyncio.gather(*consumers)), start)


def told(how, waited, start):
    report(f"{how}: an item lies in the queue", waited / (PRODUCERS * ITEMS), "s")
    report(f"{how}: fifty items", perf_counter() - start, "s")


in_turn()
asyncio.run(at_once())
