"""Steps of an asynchronous generator by hand, and what is left in a list."""

import asyncio


async def lighthouse(flashes):
    print("    the lamp is lit")
    for flash in range(1, flashes + 1):
        await asyncio.sleep(0.5)
        yield flash


# ANCHOR: step
async def main():
    flashes = lighthouse(6)
    print("called: nothing ran yet")
    awaitable = anext(flashes)
    print("one step made: nothing ran yet")
    print(await awaitable)
    print(await anext(flashes))
    rest = [10 * flash async for flash in flashes]
    print(rest)
# ANCHOR_END: step


asyncio.run(main())
