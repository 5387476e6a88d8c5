"""Cancelling a gathering cancels its members, except those that are done already.
"""

import asyncio


async def paint(room, hours):
    try:
        await asyncio.sleep(hours)
    except asyncio.CancelledError:
        print(f"{room}: washing the brush")
        raise


async def main():
    rooms = [("hall", 1), ("attic", 3), ("cellar", 5)]
    tasks = [
        asyncio.create_task(paint(room, hours), name=room) for room, hours in rooms
    ]
    group = asyncio.gather(*tasks)
    await asyncio.sleep(2)
    print(f"cancelled: {group.cancel()}")
    try:
        await group
    except asyncio.CancelledError:
        print("the group ends with CancelledError")
    for task in tasks:
        print(f"{task.get_name()}: done={task.done()} cancelled={task.cancelled()}")


asyncio.run(main())
