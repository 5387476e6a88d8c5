"""A fast producer and a slow consumer, with a queue between them."""

import asyncio

ITEMS = 50


# ANCHOR: ends
async def produce(queue):
    """Puts items as fast as it can. Returns the largest backlog it has seen."""
    loop = asyncio.get_running_loop()
    backlog = 0
    for _ in range(ITEMS):
        await queue.put(loop.time())
        backlog = max(backlog, queue.qsize())
    return backlog


async def consume(queue):
    """Takes 0.1 s for each item. Returns the longest time one waited."""
    loop = asyncio.get_running_loop()
    longest = 0.0
    for _ in range(ITEMS):
        put_at = await queue.get()
        longest = max(longest, loop.time() - put_at)
        await asyncio.sleep(0.1)
    return longest
# ANCHOR_END: ends


# ANCHOR: program
async def pipeline(name, maxsize):
    start = asyncio.get_running_loop().time()
    queue = asyncio.Queue(maxsize)
    producer = asyncio.create_task(produce(queue))
    consumer = asyncio.create_task(consume(queue))
    backlog, longest = await producer, await consumer
    seconds = asyncio.get_running_loop().time() - start
    print(f"{name}: {backlog} in line, one waits over a second: {longest > 1}")
    print(f"  all of it took {seconds:.0f} s")


async def main():
    await pipeline("no limit", 0)
    await pipeline("room for two", 2)
# ANCHOR_END: program


asyncio.run(main())
