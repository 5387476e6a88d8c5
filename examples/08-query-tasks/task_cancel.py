"""`cancel()` makes a request and says whether it could be made; the task learns of
it later."""

import asyncio


# ANCHOR: download
async def download(seconds):
    await asyncio.sleep(seconds)
    print("  downloaded")
# ANCHOR_END: download


def show(when, task):
    print(f"  {when}: done {task.done()}, cancelled {task.cancelled()}")


async def main():
    # ANCHOR: waiting
    print("a task that waits")
    task = asyncio.create_task(download(10))
    await asyncio.sleep(1)
    print(f"  cancel: {task.cancel()}")
    print(f"  and again: {task.cancel()}")
    show("at once", task)
    try:
        await task
    except asyncio.CancelledError as error:
        print(f"  awaited: {error!r}")
    show("later", task)
    # ANCHOR_END: waiting

    # ANCHOR: done
    print("a task that is done")
    task = asyncio.create_task(download(1))
    await task
    print(f"  cancel: {task.cancel()}")
    show("later", task)
    # ANCHOR_END: done


asyncio.run(main())
