"""Who is among all tasks: the one that asks, the suspended, and the scheduled, each
once. Who is done is not."""

import asyncio


# ANCHOR: main
async def swim(lanes):
    await asyncio.sleep(lanes)


async def main():
    done = asyncio.create_task(swim(1), name="done")
    suspended = asyncio.create_task(swim(3), name="suspended")
    await asyncio.sleep(2)
    scheduled = asyncio.create_task(swim(1), name="scheduled")

    current = asyncio.current_task()
    tasks = asyncio.all_tasks()
    # A set has no order of its own: the order of creation.
    for task in [current, done, suspended, scheduled]:
        if task in tasks:
            asking = ", who asks" if task is current else ""
            print(f"{task.get_name()}{asking}")

    await suspended
    await scheduled
    print(f"at the end: {len(asyncio.all_tasks())}")
# ANCHOR_END: main


asyncio.run(main())
