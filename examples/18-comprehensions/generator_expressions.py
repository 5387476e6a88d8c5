"""Asynchronous comprehensions, as lists and as generator expressions."""

import asyncio


async def ages():
    print("    the first is asked for")
    for age in [31, 8, 54]:
        yield age


async def weigh(kilograms):
    print("    weighing")
    return await asyncio.sleep(0.1, kilograms)


# ANCHOR: program
async def main():
    print([age + 1 async for age in ages() if age > 18])
    print([await weight for weight in map(weigh, [5, 7])])

    older = (age + 1 async for age in ages())
    weights = (await weight for weight in map(weigh, [5, 7]))
    print("two generators, and nothing has run")
    print(await anext(older))
    print(await anext(weights))
# ANCHOR_END: program


asyncio.run(main())
