"""A gathering fails with the first error, at once; the members that are still
running go on."""

import asyncio


async def drill(site, days):
    for day in range(1, days + 1):
        await asyncio.sleep(1)
        print(f"{site}: day {day}")
    if site == "Ridge":
        raise Exception("the drill broke")


async def main():
    try:
        await asyncio.gather(drill("Coast", 3), drill("Ridge", 1))
    except Exception as error:
        print(f"caught: Exception: {error}")
    await asyncio.sleep(3)
    print("going home")


asyncio.run(main())
