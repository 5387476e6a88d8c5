"""Tasks end in the order of their delays; the results of `gather` stand in the
order of the arguments."""

import asyncio


async def swim(swimmer, minutes):
    await asyncio.sleep(minutes)
    print(f"{asyncio.current_task().get_name()} ends: {swimmer} touches the wall")
    return swimmer


async def main():
    early_bird = asyncio.create_task(swim("Vera", 3), name="early bird")
    results = await asyncio.gather(early_bird, swim("Walt", 1), swim("Yuki", 2))
    print(tuple(results))


asyncio.run(main())
