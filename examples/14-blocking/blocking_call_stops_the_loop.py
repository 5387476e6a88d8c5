"""A blocking call in a coroutine stops the whole loop; in a thread, by `to_thread`,
it stops nobody."""

import asyncio
import time


# ANCHOR: tick
async def tick():
    loop = asyncio.get_running_loop()
    start = loop.time()
    while True:
        await asyncio.sleep(1)
        print(f"tick at {loop.time() - start:.1f} s")
# ANCHOR_END: tick


# ANCHOR: copy
def copy_file():
    """Copies a file by a library that knows nothing of asyncio."""
    time.sleep(3.5)
    print("copied")
    return 4096
# ANCHOR_END: copy


# ANCHOR: program
async def main():
    print("called in a coroutine:")
    clock = asyncio.create_task(tick())
    await asyncio.sleep(0)
    copy_file()
    await asyncio.sleep(0.25)
    clock.cancel()

    print("called in a thread:")
    clock = asyncio.create_task(tick())
    size = await asyncio.to_thread(copy_file)
    print(f"it gave back {size} bytes")
    clock.cancel()
# ANCHOR_END: program


asyncio.run(main())
