"""A task keeps the thread until it awaits something that is not there yet; nothing
interrupts it."""

import asyncio
import time


def say(what):
    """Says who runs."""
    print(f"{asyncio.current_task().get_name()}: {what}")


# ANCHOR: tasks
async def polite():
    say("one line")
    await asyncio.sleep(0)
    say("another line")
    await asyncio.sleep(0)
    say("the last line")


async def selfish():
    say("now I have the thread")
    time.sleep(2)
    say("and still, two seconds later")
    await already_there()
    say("even after an await, as there was nothing to wait for")


async def already_there():
    pass


async def main():
    await asyncio.gather(
        asyncio.create_task(polite(), name="polite"),
        asyncio.create_task(selfish(), name="selfish"),
    )
# ANCHOR_END: tasks


asyncio.run(main())
