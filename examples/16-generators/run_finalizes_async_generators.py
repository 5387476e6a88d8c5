"""A loop that is left early leaves its generator open: who closes it, and when."""

import asyncio


# ANCHOR: generator
async def rows(table):
    row = 0
    try:
        while True:
            row += 1
            yield row
    except GeneratorExit as end:
        await asyncio.sleep(0.1)
        print(f"    {table}: connection closed after {end!r}")
        raise
# ANCHOR_END: generator


# ANCHOR: program
async def main():
    planets = rows("planets")
    print(f"planet {await anext(planets)}")
    await planets.aclose()
    print("closed")

    moons = rows("moons")
    print(f"moon {await anext(moons)}")
    del moons
    print("dropped")
    await asyncio.sleep(1)

    stars = rows("stars")
    print(f"star {await anext(stars)}")
    print("the program ends")
    return stars


async def next_of(stars):
    return await anext(stars, None)


stars = asyncio.run(main())
print(f"after run: {asyncio.run(next_of(stars))}")
# ANCHOR_END: program
