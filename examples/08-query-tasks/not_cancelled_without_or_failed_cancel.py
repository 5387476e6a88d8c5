"""Tasks that are not cancelled: nobody asked, it was too late, or a bare `except`
swallowed the request."""

import asyncio


async def dial(attempt):
    print("  dialling")
    await asyncio.sleep(2)
    if attempt < 3:
        raise Exception("engaged")
    return "connected"


# ANCHOR: swallow
async def try_thrice():
    """Takes every exception for a failed attempt, and so the cancellation too."""
    for attempt in range(1, 3):
        try:
            return await dial(attempt)
        except:
            pass
    return await dial(3)
# ANCHOR_END: swallow


# ANCHOR: let_through
async def try_thrice_if_wanted():
    """Tells the two apart."""
    for attempt in range(1, 3):
        try:
            return await dial(attempt)
        except Exception as error:
            print(f"  {error}")
    return await dial(3)
# ANCHOR_END: let_through


async def end(task):
    try:
        result = await task
    except asyncio.CancelledError as error:
        result = error
    print(f"  {result!r}, cancelled: {task.cancelled()}")


async def cancel(task):
    await asyncio.sleep(1)
    print(f"  cancel: {task.cancel()}")
    await end(task)


# ANCHOR: main
async def main():
    print("nobody asked")
    await end(asyncio.create_task(dial(3)))

    print("too late")
    task = asyncio.create_task(dial(3))
    await asyncio.sleep(4)
    await cancel(task)

    print("swallowed")
    await cancel(asyncio.create_task(try_thrice()))

    print("let through")
    await cancel(asyncio.create_task(try_thrice_if_wanted()))
# ANCHOR_END: main


asyncio.run(main())
