"""A group of tasks that end together, and its failure."""

import asyncio


# ANCHOR: cook
async def cook(dish, minutes):
    try:
        await asyncio.sleep(minutes)
    except asyncio.CancelledError:
        print(f"  {dish} is thrown away")
        raise
    if dish == "fish":
        raise ValueError("the fish is burnt")
    print(f"  {dish} is ready")
    return dish
# ANCHOR_END: cook


# ANCHOR: lunch
async def lunch():
    async with asyncio.TaskGroup() as group:
        soup = group.create_task(cook("soup", 2))
        rice = group.create_task(cook("rice", 1))
        print("  the block has ended")
    print(f"  served: {soup.result()} and {rice.result()}")
# ANCHOR_END: lunch


# ANCHOR: dinner
async def dinner():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(cook("stew", 3))
            group.create_task(cook("fish", 1))
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError as error:
                print(f"  the block gets {error!r}")
                raise
    except* ValueError as errors:
        print(f"  {errors}")
        for error in errors.exceptions:
            print(f"  {error!r}")
# ANCHOR_END: dinner


async def main():
    print("lunch")
    await lunch()
    print("dinner")
    await dinner()


asyncio.run(main())
