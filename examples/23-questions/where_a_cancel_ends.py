"""What stands in the way of a cancellation: `shield`, `timeout` and `wait_for`."""

import asyncio


async def save():
    try:
        await asyncio.sleep(2)
    except asyncio.CancelledError as error:
        print(f"  save: {error!r}")
        raise
    print("  saved")


# ANCHOR: shield
async def save_in_any_case(saving):
    await asyncio.shield(saving)
# ANCHOR_END: shield


# ANCHOR: timeout
async def save_in_time(seconds):
    async with asyncio.timeout(seconds):
        await save()
# ANCHOR_END: timeout


async def cancel_soon(task):
    """Lets a task begin, cancels it after half a second, and tells how it ended."""
    await asyncio.sleep(0.5)
    task.cancel()
    await report(task)


async def report(task):
    try:
        await task
        print("ended well")
    except (Exception, asyncio.CancelledError) as error:
        print(f"ended with {error!r}")


async def main():
    print("shield, cancelled from outside")
    saving = asyncio.create_task(save())
    await cancel_soon(asyncio.create_task(save_in_any_case(saving)))
    await saving

    print("timeout, time is up")
    await report(asyncio.create_task(save_in_time(0.5)))

    print("timeout, cancelled from outside")
    await cancel_soon(asyncio.create_task(save_in_time(10)))

    print("wait_for, cancelled from outside")
    await cancel_soon(
        asyncio.create_task(asyncio.wait_for(asyncio.create_task(save()), 10))
    )


asyncio.run(main())
