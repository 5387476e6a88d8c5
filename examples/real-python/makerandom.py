"""Three coroutines draw numbers, each in its own colour and at its own pace, until
one is high enough."""

import asyncio
import random

# ANSI colours: off, cyan, red, magenta.
c = ["\033[0m", "\033[36m", "\033[91m", "\033[35m"]


async def randint(a, b):
    return random.randint(a, b)


async def makerandom(idx, threshold):
    colour = c[idx + 1]
    print(f"{colour}Initiated makerandom({idx}).")
    while (i := await randint(0, 10)) <= threshold:
        print(f"{colour}makerandom({idx}) == {i} too low; retrying.")
        await asyncio.sleep(idx + 1)
    print(f"{colour}---> Finished: makerandom({idx}) == {i}{c[0]}")
    return i


async def main():
    return await asyncio.gather(
        makerandom(0, 9), makerandom(1, 8), makerandom(2, 7)
    )


random.seed(444)
r1, r2, r3 = asyncio.run(main())
print()
print(f"r1: {r1}, r2: {r2}, r3: {r3}")
