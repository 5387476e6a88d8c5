"""A coroutine, a task and a future side by side in one gathering, awaited on the
spot."""

import asyncio


# ANCHOR: coroutines
async def temperature(city):
    await asyncio.sleep(2)
    print(f"measured in {city}")
    return -3.5


async def wind(city):
    await asyncio.sleep(1)
    print(f"looked at the flags of {city}")
    return "north-west"
# ANCHOR_END: coroutines


# ANCHOR: one_type
async def two_cities():
    temperatures = await asyncio.gather(temperature("Oslo"), temperature("Bergen"))
    print(temperatures)
# ANCHOR_END: one_type


# ANCHOR: mixed
async def all_of_oslo():
    task = asyncio.create_task(wind("Oslo"))
    future = asyncio.get_running_loop().create_future()
    future.set_result("snow is on its way")
    degrees, direction, remark = await asyncio.gather(
        temperature("Oslo"), task, future
    )
    print(f"{degrees} degrees, wind from {direction}, {remark}")
# ANCHOR_END: mixed


async def main():
    await two_cities()
    await all_of_oslo()


asyncio.run(main())
