"""`asyncio.wait` gives two groups of the same tasks: those that are done and those
that are not."""

import asyncio


# ANCHOR: tasks
async def wash(garment, hours):
    await asyncio.sleep(hours)
    print(f"{garment}: clean")
    return garment


def laundry():
    garments = [("coat", 3), ("scarf", 1), ("shirt", 2)]
    return [
        asyncio.create_task(wash(garment, hours)) for garment, hours in garments
    ]
# ANCHOR_END: tasks


# ANCHOR: wait
async def main():
    tasks = laundry()
    done, pending = await asyncio.wait(tasks)
    print(f"done: {len(done)}, pending: {len(pending)}")
    # Sets have no order: the tasks are asked in theirs.
    for task in tasks:
        print(f"to the wardrobe: {task.result()}")

    # What is awaited later is made first. Saying ALL_COMPLETED changes nothing, it
    # is the default.
    tasks = laundry()
    waiting = asyncio.wait(tasks, return_when=asyncio.ALL_COMPLETED)
    print("nobody waits yet, and nothing is washed")
    done, pending = await waiting
    print(f"done: {len(done)}, pending: {len(pending)}")
# ANCHOR_END: wait


asyncio.run(main())
