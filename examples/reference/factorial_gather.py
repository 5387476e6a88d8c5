"""Three factorials, computed a factor a second: they run side by side, and their
lines always interleave alike."""

import asyncio


async def factorial(name, number):
    product = 1
    for factor in range(2, number + 1):
        print(f"Task {name}: Compute factorial({factor})...")
        await asyncio.sleep(1)
        product *= factor
    print(f"Task {name}: factorial({number}) = {product}")


async def main():
    await asyncio.gather(factorial("A", 2), factorial("B", 3), factorial("C", 4))


asyncio.run(main())
