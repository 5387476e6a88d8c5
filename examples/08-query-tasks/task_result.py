"""`result()` gives what the coroutine returned, or raises what it raised; asked too
early it is an error."""

import asyncio


# ANCHOR: coroutines
async def average(total, count):
    await asyncio.sleep(1)
    return int(total / count)


async def tidy_up():
    await asyncio.sleep(1)
# ANCHOR_END: coroutines


def report(what, task):
    try:
        print(f"{what}: {task.result()}")
    except asyncio.CancelledError:
        print(f"{what}: CancelledError")
    except Exception as error:
        print(f"{what}: {type(error).__name__}: {error}")


# ANCHOR: check_done
async def at_last(task):
    """Waits if need be; then there is a result to take."""
    if not task.done():
        await task
    return task.result()
# ANCHOR_END: check_done


# ANCHOR: check_cancelled
def unless_cancelled(task):
    """The result, or `None` of a task that was cancelled. What the coroutine raised
    is raised here."""
    return None if task.cancelled() else task.result()
# ANCHOR_END: check_cancelled


# ANCHOR: main
async def main():
    task = asyncio.create_task(average(84, 2))
    report("too early", task)
    print(f"waited for: {await at_last(task)}")
    report("once more", task)

    task = asyncio.create_task(tidy_up())
    await task
    report("nothing returned", task)

    failing = asyncio.create_task(average(84, 0))
    await asyncio.wait([failing])
    report("raised", failing)

    cancelled = asyncio.create_task(average(84, 2))
    cancelled.cancel()
    await asyncio.wait([cancelled])
    report("cancelled", cancelled)
    print(f"cancelled, checked: {unless_cancelled(cancelled)}")
# ANCHOR_END: main


asyncio.run(main())
