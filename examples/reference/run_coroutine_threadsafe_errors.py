"""A thread hands coroutines to the loop and meets the three ends they can have: too
late, failed, well."""

import asyncio


# ANCHOR: coroutines
async def late():
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        print("late() is cancelled")
        raise
    return 1


async def failing():
    raise ValueError("x")


async def punctual():
    return 3
# ANCHOR_END: coroutines


# ANCHOR: thread
def submit(coro, loop, timeout):
    """Runs in a thread, so it may block."""
    future = asyncio.run_coroutine_threadsafe(coro, loop)
    try:
        result = future.result(timeout)
    except TimeoutError:
        print("The coroutine took too long, cancelling the task...")
        future.cancel()
    except Exception as error:
        print(f"The coroutine raised an exception: {error!r}")
    else:
        print(f"The coroutine returned: {result}")


def submit_all(loop):
    submit(failing(), loop, 60)
    submit(punctual(), loop, 60)
    submit(late(), loop, 0.05)
# ANCHOR_END: thread


# ANCHOR: program
async def main():
    await asyncio.to_thread(submit_all, asyncio.get_running_loop())
    print(f"tasks left in the loop: {len(asyncio.all_tasks()) - 1}")
# ANCHOR_END: program


asyncio.run(main())
