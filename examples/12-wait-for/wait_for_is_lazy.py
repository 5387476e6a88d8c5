"""`wait_for` is a coroutine: it does nothing, and its time does not run, until it
is awaited or made a task."""

import asyncio


# ANCHOR: whoami
async def write_letter():
    print(f"written in {asyncio.current_task().get_name()}")
    await asyncio.sleep(1)
# ANCHOR_END: whoami


# ANCHOR: program
async def main():
    waiting = asyncio.wait_for(write_letter(), 2)
    await asyncio.sleep(10)
    print("ten seconds later: nothing is written, and no time has run out")
    await waiting

    print("scheduled as a task:")
    await asyncio.create_task(asyncio.wait_for(write_letter(), 2), name="the-wait")
    print("given as a task:")
    await asyncio.wait_for(
        asyncio.create_task(write_letter(), name="the-letter"), 2
    )
# ANCHOR_END: program


asyncio.run(main())
