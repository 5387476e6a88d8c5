"""Hikers wait at each hut until all of them are there."""

import asyncio


# ANCHOR: program
async def hike(name, hours, everybody):
    for hut in ["the lower hut", "the upper hut"]:
        await asyncio.sleep(hours)
        print(f"{name} is at {hut}")
        place = await everybody.wait()
        if place == 0:
            print("  all are there")


async def main():
    everybody = asyncio.Barrier(3)
    await asyncio.gather(
        *(
            hike(name, hours, everybody)
            for name, hours in [("Ada", 2), ("Bela", 1), ("Cleo", 3)]
        )
    )
# ANCHOR_END: program


asyncio.run(main())
