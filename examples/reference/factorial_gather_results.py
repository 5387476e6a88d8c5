"""The factorials again, silent: gathering gives what the coroutines returned."""

import asyncio


async def factorial(number):
    product = 1
    for factor in range(2, number + 1):
        await asyncio.sleep(1)
        product *= factor
    return number


async def main():
    print(await asyncio.gather(factorial(2), factorial(3), factorial(4)))


asyncio.run(main())
