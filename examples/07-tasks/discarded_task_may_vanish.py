"""A task that only itself knows of is collected in the middle of its work."""

import asyncio
import gc
import weakref


# ANCHOR: program
signal = None


async def background():
    global signal
    future = asyncio.get_running_loop().create_future()
    signal = weakref.ref(future)
    try:
        await future
        print("the background task has finished")
    except GeneratorExit:
        print("the background task was collected")
        raise


async def main():
    # Only the future keeps the task, and only the task keeps the future.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    asyncio.create_task(background())
    await asyncio.sleep(0)
    gc.collect()
    if future := signal():
        future.set_result(None)
    await asyncio.sleep(0)
# ANCHOR_END: program


asyncio.run(main())
