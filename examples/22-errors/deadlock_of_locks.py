"""Two painters share a brush and a ladder: taken in one and the same order by all,
locks cannot block each other."""

import asyncio


# ANCHOR: paint
async def paint(name, first, second):
    async with first:
        await asyncio.sleep(1)
        async with second:
            print(f"{name} paints")


async def house(same_order):
    brush, ladder = asyncio.Lock(), asyncio.Lock()
    anna = asyncio.create_task(paint("Anna", brush, ladder), name="Anna")
    tools = (brush, ladder) if same_order else (ladder, brush)
    berta = asyncio.create_task(paint("Berta", *tools), name="Berta")
    await asyncio.gather(anna, berta)
# ANCHOR_END: paint


asyncio.run(house(True))
# `house(False)` would never end, and CPython's loop would not say why.
