"""A shield works in one direction: if the task under it is cancelled, the shield is
cancelled too."""

import asyncio


async def knit(garment):
    try:
        await asyncio.sleep(5)
    except asyncio.CancelledError:
        print(f"{garment}: the needles are put away")
        raise
    return garment


async def main():
    task = asyncio.create_task(knit("cardigan"))
    shielded = asyncio.shield(task)
    await asyncio.sleep(1)
    print(f"cancel() of the task: {task.cancel()}")
    print(f"the shield, before the task has heard of it: done={shielded.done()}")
    try:
        await shielded
    except asyncio.CancelledError:
        print("awaiting the shield raises CancelledError")
    print(f"task cancelled={task.cancelled()}, {shielded}")


asyncio.run(main())
