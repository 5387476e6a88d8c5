"""How to run something in the background: create a task and go on; it begins when
its creator suspends."""

import asyncio


# ANCHOR: backup
async def backup():
    for folder in ["letters", "photos", "music"]:
        print(f"  backup: {folder}")
        await asyncio.sleep(0)
# ANCHOR_END: backup


# ANCHOR: main
async def main():
    task = asyncio.create_task(backup())
    print("main: goes on at once")
    await asyncio.sleep(0)
    print("main: one pass of the loop later")
    await asyncio.sleep(0)
    print("main: one more")
    await task
    print("main: the backup is done")
# ANCHOR_END: main


asyncio.run(main())
