"""List, set and dictionary: plain comprehensions over data that was awaited."""

import asyncio


async def get_data():
    await asyncio.sleep(1)
    return [1, 2, 3, 4, 5]


async def async_list_comprehension():
    return [x * 2 for x in await get_data()]


async def async_set_comprehension():
    return {x * 2 for x in await get_data()}


async def async_dict_comprehension():
    return {x: x * 2 for x in await get_data()}


async def main():
    print(f"Async List: {await async_list_comprehension()}")
    print(f"Async Set: {await async_set_comprehension()}")
    print(f"Async Dict: {await async_dict_comprehension()}")


asyncio.run(main())
