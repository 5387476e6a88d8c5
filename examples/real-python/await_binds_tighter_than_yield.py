"""How tightly `await` binds: it needs no parentheses where `yield from` did."""

import asyncio


async def degrees(room):
    return await asyncio.sleep(0.1, 3 if room == "cellar" else 20)


async def main():
    # With generators this was `-(yield from degrees("cellar"))`.
    print(f"minus: {-await degrees("cellar")}")
    print(f"difference: {await degrees("hall") - await degrees("cellar")}")
    # Tighter than a power, but not than a method:
    # `(await degrees("cellar")).bit_length()`.
    print(f"square: {await degrees("cellar") ** 2}")
    task = asyncio.create_task(degrees("hall"))
    print(f"twice: {await task} {await task}")


asyncio.run(main())
