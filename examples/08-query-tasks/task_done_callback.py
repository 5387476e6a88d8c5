"""A done callback is a plain function that gets the task when it is done, however
it ended."""

import asyncio


async def bake(bread):
    await asyncio.sleep(2)
    if bread == "stone":
        raise ValueError("too hard")
    return bread


# ANCHOR: callback
def ring(task):
    try:
        result = task.result()
    except (Exception, asyncio.CancelledError) as error:
        result = error
    print(f"  ring! {task.get_name()}: {result!r}")
# ANCHOR_END: callback


async def main():
    # ANCHOR: outcomes
    print("every outcome")
    tasks = [
        asyncio.create_task(bake(bread), name=bread)
        for bread in ["rye", "stone", "spelt"]
    ]
    for task in tasks:
        task.add_done_callback(ring)
    await asyncio.sleep(1)
    tasks[2].cancel()
    await asyncio.wait(tasks)
    # ANCHOR_END: outcomes

    # ANCHOR: several
    print("several, in order of registration")
    task = asyncio.create_task(bake("rye"), name="rye")
    task.add_done_callback(lambda _: print("  open the oven"))
    task.add_done_callback(ring)
    task.add_done_callback(ring)
    await task
    # ANCHOR_END: several

    # ANCHOR: late
    print("on a task that is done")
    task.add_done_callback(ring)
    print("  registered")
    await asyncio.sleep(0)
    # ANCHOR_END: late

    # ANCHOR: remove
    print("taken back")
    task = asyncio.create_task(bake("rye"), name="rye")
    task.add_done_callback(ring)
    second = lambda _: print("  the one that was left")
    task.add_done_callback(second)
    # Python finds the callback by the function, and says how often it was
    # registered.
    print(f"  removed: {task.remove_done_callback(ring) == 1}")
    await task
    print(f"  after its call: {task.remove_done_callback(second) == 1}")
    # ANCHOR_END: remove


asyncio.run(main())
