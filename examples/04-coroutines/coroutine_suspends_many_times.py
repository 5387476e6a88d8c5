"""A coroutine stops and goes on many times before it returns; here nothing but
`send` drives it."""

import asyncio


# ANCHOR: coroutine
def checksum(block):
    """A plain function: runs from its start to its end, and has no `await`."""
    return sum(block)


async def receive(block):
    """Another coroutine: its suspensions are those of whoever awaits it."""
    await asyncio.sleep(0)
    return block.encode()


async def download(blocks):
    total = 0
    for block in blocks:
        total += checksum(await receive(block))
        print(f"    {block} received, sum so far {total}")
    return total
# ANCHOR_END: coroutine


# ANCHOR: drive
coro = download(["alpha", "beta", "gamma"])
while True:
    try:
        coro.send(None)
        print("suspended")
    except StopIteration as stop:
        print(f"returned {stop.value}")
        break
# ANCHOR_END: drive
