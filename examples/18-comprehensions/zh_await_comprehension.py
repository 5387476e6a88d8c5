"""Five coroutines, awaited one by one in a comprehension."""

import asyncio


async def fetch_data(item):
    await asyncio.sleep(1)
    return f"Data for {item}"


async def main():
    awaitables = [fetch_data(item) for item in range(5)]
    results = [await awaitable for awaitable in awaitables]
    print(results)


asyncio.run(main())
