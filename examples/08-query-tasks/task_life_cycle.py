"""The stages of a task, as it prints at each of them."""

import asyncio


# ANCHOR: flight
async def flight(number):
    if number == 13:
        raise ValueError("no such flight")
    print(f"  in the air, done: {asyncio.current_task().done()}")
    await asyncio.sleep(1)
    return number
# ANCHOR_END: flight


def show(stage, task):
    print(f"{stage}, done: {task.done()}\n  {task}")


async def main():
    # ANCHOR: result
    task = asyncio.create_task(flight(12))
    show("scheduled", task)
    await asyncio.sleep(0)
    show("suspended", task)
    await task
    show("finished with a result", task)
    # ANCHOR_END: result

    # ANCHOR: again
    print(f"  awaited again, it does not run again: {await task}")
    # ANCHOR_END: again

    # ANCHOR: exception
    task = asyncio.create_task(flight(13))
    await asyncio.wait([task])
    show("finished with an exception", task)
    task.exception()
    # ANCHOR_END: exception

    # ANCHOR: cancelled
    task = asyncio.create_task(flight(14))
    await asyncio.sleep(0)
    task.cancel()
    show("asked to cancel", task)
    await asyncio.wait([task])
    show("cancelled", task)
    # ANCHOR_END: cancelled


asyncio.run(main())
