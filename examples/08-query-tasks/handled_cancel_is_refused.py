"""A task that takes a cancellation decides how it ends: passing it on, returning a
value, or raising something else."""

import asyncio


# ANCHOR: finally
async def copy_with_cleanup():
    try:
        await asyncio.sleep(60)
    finally:
        print("  removing the half-written file")
        await asyncio.sleep(1)
        print("  removed")
    return 100
# ANCHOR_END: finally


# ANCHOR: except
async def copy_what_is_there():
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        return 50
    return 100
# ANCHOR_END: except


# ANCHOR: raise
async def copy_or_complain():
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        raise Exception("the disk is half full")
    return 100
# ANCHOR_END: raise


# ANCHOR: main
async def stop(copy):
    task = asyncio.create_task(copy)
    print(copy.__name__)
    await asyncio.sleep(1)
    task.cancel()
    try:
        result = await task
    except (Exception, asyncio.CancelledError) as error:
        result = error
    print(f"  {result!r}, cancelled: {task.cancelled()}")


async def main():
    await stop(copy_with_cleanup())
    await stop(copy_what_is_there())
    await stop(copy_or_complain())
# ANCHOR_END: main


asyncio.run(main())
