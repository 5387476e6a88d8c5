"""Asking the loop about its tasks: which one runs now (none, while it calls a
callback) and which are not finished."""

import asyncio


# ANCHOR: current
def tell(place):
    try:
        task = asyncio.current_task()
        print(f"{place}: {task.get_name() if task else None}")
    except RuntimeError as error:
        print(f"{place}: RuntimeError: {error}")
# ANCHOR_END: current


# ANCHOR: program
async def main():
    tell("in a coroutine")
    asyncio.get_running_loop().call_soon(tell, "in a callback")
    await asyncio.sleep(0)

    short = asyncio.create_task(asyncio.sleep(1), name="short")
    long = asyncio.create_task(asyncio.sleep(2), name="long")
    await short
    # Sorted, because it is a set.
    for name in sorted(task.get_name() for task in asyncio.all_tasks()):
        print(f"not finished: {name}")


tell("without a loop")
asyncio.run(main())
# ANCHOR_END: program
