"""A queue whose only consumer has ended: the producer waits for room that may still
come, as far as the loop can know. Here a time limit of an hour ends it."""

import asyncio


# ANCHOR: program
async def bake(shelf):
    for loaf in range(1, 7):
        await shelf.put(loaf)
        print(f"loaf {loaf} is on the shelf")


async def sell(shelf):
    loaf = await shelf.get()
    print(f"loaf {loaf} is sold")
    # The loop is missing: one loaf is all that it sells.


async def program():
    shelf = asyncio.Queue(2)
    _seller = asyncio.create_task(sell(shelf), name="seller")
    baker = asyncio.create_task(bake(shelf), name="baker")
    try:
        await asyncio.wait_for(baker, 3600)
    except TimeoutError:
        print("given up after an hour")
# ANCHOR_END: program


asyncio.run(program())
