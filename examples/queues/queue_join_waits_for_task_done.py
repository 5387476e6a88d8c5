"""What `join` waits for: not that the queue is empty, but that each item was marked
done."""

import asyncio


# ANCHOR: kitchen
async def cook(orders):
    """Cooks one order after another; its loop never ends by itself."""
    while True:
        dish = await orders.get()
        print(f"{dish}: begun, {orders.qsize()} more on the list")
        await asyncio.sleep(1)
        print(f"{dish}: done")
        orders.task_done()


async def kitchen():
    loop = asyncio.get_running_loop()
    orders = asyncio.Queue()
    cooking = asyncio.create_task(cook(orders))
    for dish in ["soup", "fish", "cake"]:
        await orders.put(dish)
    opened = loop.time()
    await orders.join()
    print(f"all cooked after {loop.time() - opened:.0f} seconds")
    print(f"the cook waits for more: {not cooking.done()}")
    cooking.cancel()
# ANCHOR_END: kitchen


# ANCHOR: gather
async def many_cooks():
    """With a task for each dish it is the gather that waits for all."""
    loop = asyncio.get_running_loop()
    opened = loop.time()
    await asyncio.gather(*(asyncio.sleep(1) for dish in ["soup", "fish", "cake"]))
    print(f"three cooks need {loop.time() - opened:.0f} second")
# ANCHOR_END: gather


async def main():
    await kitchen()
    await many_cooks()

    # ANCHOR: misuse
    nothing_put = asyncio.Queue()
    try:
        nothing_put.task_done()
    except ValueError as error:
        print(f"ValueError: {error}")
    # ANCHOR_END: misuse


asyncio.run(main())
