"""A request to cancel arrives at the await where the task waits, the next time it
gets to run."""

import asyncio


# ANCHOR: patrol
async def patrol():
    print("  the guard sets off")
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError as error:
        print(f"  the guard is stopped: {error!r}")
        raise
    print("  never printed: the exception has left the function")
# ANCHOR_END: patrol


# ANCHOR: resign
async def resign():
    """Asks its own task to cancel, and goes on until it has to wait."""
    asyncio.current_task().cancel()
    print("  asked, and still at work")
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError as error:
        print(f"  the first wait: {error!r}")
        raise


async def leave():
    """Asks as well, and returns without having to wait."""
    asyncio.current_task().cancel()
    print("  asked, and gone")
# ANCHOR_END: resign


async def end(task):
    # Everything that is queued before this line has run when it goes on.
    await asyncio.sleep(0)
    try:
        ended = await task
    except asyncio.CancelledError as error:
        ended = error
    print(f"  {ended!r}, cancelled: {task.cancelled()}")


# ANCHOR: main
async def main():
    print("waiting")
    task = asyncio.create_task(patrol())
    await asyncio.sleep(1)
    task.cancel()
    print("  asked")
    await end(task)

    print("not begun")
    task = asyncio.create_task(patrol())
    task.cancel()
    await end(task)

    print("running")
    await end(asyncio.create_task(resign()))
    await end(asyncio.create_task(leave()))
# ANCHOR_END: main


asyncio.run(main())
