"""A new task begins when the coroutine that made it suspends; a call that does not
suspend gives it no turn."""

import asyncio


# ANCHOR: greet
async def greet(guest):
    print(f"  hello, {guest}")
# ANCHOR_END: greet


# ANCHOR: main
async def main():
    print("asleep")
    ines = asyncio.create_task(greet("Ines"))
    print("  task made")
    await asyncio.sleep(0.1)

    print("waiting for another")
    other = asyncio.create_task(asyncio.sleep(0.1))
    juri = asyncio.create_task(greet("Juri"))
    print("  task made")
    await other

    print("waiting for the task")
    kaya = asyncio.create_task(greet("Kaya"))
    print("  task made")
    await kaya

    print("awaiting a coroutine that never waits")
    lars = asyncio.create_task(greet("Lars"))
    print("  task made")
    await greet("Mona, who is no task")
    print("  Lars has had no turn yet")
    await asyncio.sleep(0)
# ANCHOR_END: main


asyncio.run(main())
