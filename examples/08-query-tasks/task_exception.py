"""`exception()` gives the exception with which the coroutine ended as a value,
without raising it."""

import asyncio


# ANCHOR: coroutine
async def unload(truck):
    await asyncio.sleep(1)
    if truck == "empty":
        raise Exception("nothing to unload")
# ANCHOR_END: coroutine


# ANCHOR: check
async def trouble(task):
    """Waits without raising what the task raises, and leaves a cancelled task
    alone."""
    if not task.done():
        # `await task` would leave this function with the very exception that is to
        # be looked at.
        await asyncio.wait([task])
    return None if task.cancelled() else task.exception()
# ANCHOR_END: check


# ANCHOR: main
async def main():
    full = asyncio.create_task(unload("full"))
    empty = asyncio.create_task(unload("empty"))
    cancelled = asyncio.create_task(unload("full"))
    cancelled.cancel()

    try:
        empty.exception()
    except asyncio.InvalidStateError as error:
        print(f"too early: raises InvalidStateError: {error}")
    print(f"ended well: gives {await trouble(full)!r}")
    print(f"raised: gives {await trouble(empty)!r}")
    print(f"that is not a cancellation: {empty.cancelled()}")
    try:
        cancelled.exception()
    except asyncio.CancelledError:
        print("cancelled: raises CancelledError")
    print(f"cancelled, checked: gives {await trouble(cancelled)!r}")
# ANCHOR_END: main


asyncio.run(main())
