"""What the `TimeoutError` of `wait_for` looks like, and what a limit of zero means.
"""

import asyncio


# ANCHOR: boil
async def boil(egg):
    print(f"{egg}: into the pot")
    await asyncio.sleep(4)
    print(f"{egg}: ready")
    return egg
# ANCHOR_END: boil


# ANCHOR: timeout
async def too_late():
    task = asyncio.create_task(boil("first egg"))
    try:
        await asyncio.wait_for(task, 3)
    except TimeoutError as error:
        print(f"raised: {error!r} with the message '{error}'")
        print(f"cause: {error.__cause__!r}")
    print(f"task: done={task.done()} cancelled={task.cancelled()}")
# ANCHOR_END: timeout


# ANCHOR: zero
async def no_time_at_all():
    # Not a line of the coroutine runs.
    try:
        await asyncio.wait_for(boil("second egg"), 0)
    except TimeoutError as error:
        print(f"limit 0: {error!r}")

    task = asyncio.create_task(boil("third egg"))
    await asyncio.sleep(5)
    print(f"limit 0, done before: {await asyncio.wait_for(task, 0)!r}")
# ANCHOR_END: zero


async def main():
    await too_late()
    await no_time_at_all()


asyncio.run(main())
