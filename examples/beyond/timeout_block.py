"""A time limit for a block: put off by the block, asked afterwards, taken away."""

import asyncio


# ANCHOR: upload
async def upload(limit):
    """Each part that has arrived gives the next one five seconds."""
    loop = asyncio.get_running_loop()
    for part in range(1, 5):
        await asyncio.sleep(2 * part)
        print(f"  part {part}")
        limit.reschedule(loop.time() + 5)
# ANCHOR_END: upload


# ANCHOR: main
async def main():
    loop = asyncio.get_running_loop()
    print("five seconds for each part")
    start = loop.time()
    try:
        async with asyncio.timeout(5) as limit:
            await upload(limit)
    except TimeoutError:
        seconds = loop.time() - start
        print(f"  given up after {seconds:.1f} s, expired: {limit.expired()}")

    print("until a point in time, and then without end")
    async with asyncio.timeout_at(loop.time() + 1) as limit:
        print(f"  left: {limit.when() - loop.time():.1f} s")
        limit.reschedule(None)
        await asyncio.sleep(2)
    print(f"  expired: {limit.expired()}")
# ANCHOR_END: main


asyncio.run(main())
