"""`sleep` holds up the task that awaits it and no other; with a result it takes its
time to return a value."""

import asyncio


# ANCHOR: ticks
async def tick():
    for second in range(1, 4):
        await asyncio.sleep(1)
        print(f"tick {second}")
# ANCHOR_END: ticks


# ANCHOR: results
async def main():
    ticking = asyncio.create_task(tick())
    print(f"with a result: {await asyncio.sleep(2.5, 3)}")
    print(f"without one: {await asyncio.sleep(0.1)}")
    print(f"after no time at all: {await asyncio.sleep(0, 3)}")
    await ticking
# ANCHOR_END: results


asyncio.run(main())
