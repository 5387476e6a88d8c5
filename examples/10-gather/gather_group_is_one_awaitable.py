"""`gather` does not wait: it gives a future that stands for the whole group."""

import asyncio


# ANCHOR: row
async def row(boat, minutes):
    print(f"{boat} casts off")
    await asyncio.sleep(minutes)
    print(f"{boat} is in the harbour")
    return minutes
# ANCHOR_END: row


# ANCHOR: group
async def regatta():
    boats = [
        asyncio.create_task(row("Gull", 2)),
        asyncio.create_task(row("Heron", 1)),
    ]
    group = asyncio.gather(*boats)
    print(group)
    try:
        group.result()
    except asyncio.InvalidStateError as error:
        print(f"too early: InvalidStateError: {error}")
    group.add_done_callback(lambda group: print(f"callback: done={group.done()}"))
    # Nobody awaits the group here, and it runs all the same.
    await asyncio.sleep(3)
    print(f"done={group.done()} result={group.result()}")
    print(f"cancel() of a group that is done: {group.cancel()}")
    print(f"awaited in the end: {await group}")
# ANCHOR_END: group


# ANCHOR: cancel
async def storm():
    group = asyncio.gather(row("Gull", 2), row("Heron", 1))
    await asyncio.sleep(0)
    print(f"cancel(): {group.cancel()}")
    try:
        print(f"home after {await group}")
    except asyncio.CancelledError:
        print("awaiting the group raises CancelledError")
    # The group holds the error as its exception; it is its members that were
    # cancelled.
    print(f"done={group.done()} cancelled={group.cancelled()}")
# ANCHOR_END: cancel


async def main():
    await regatta()
    await storm()


asyncio.run(main())
