"""The second argument of `wait_for`: a number of seconds, whole or not, or `None`
for as long as it takes."""

import asyncio


async def ferry():
    await asyncio.sleep(3)
    return "across"


async def cross(patience, limit):
    loop = asyncio.get_running_loop()
    start = loop.time()
    try:
        outcome = await asyncio.wait_for(ferry(), limit)
    except TimeoutError as error:
        outcome = error
    print(f"{patience}: {outcome!r} after {loop.time() - start:.1f} s")


async def main():
    await cross("1", 1)
    await cross("1.5", 1.5)
    await cross("1500 ms", 1500 / 1000)
    await cross("4", 4)
    await cross("None", None)


asyncio.run(main())
