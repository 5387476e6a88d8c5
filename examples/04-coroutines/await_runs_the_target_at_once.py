"""Awaiting a coroutine schedules nothing: its body runs at once."""

import asyncio


# ANCHOR: program
def say(what):
    print(f"{asyncio.current_task().get_name()}: {what}")


async def other():
    say("the other task's first step")


async def target():
    say("inside the target")


async def main():
    task = asyncio.create_task(other(), name="other")
    say("the other task is ready")
    await target()
    say("back from the target")
    await asyncio.sleep(0)
    say("back from sleep(0)")
    await task
# ANCHOR_END: program


asyncio.run(main())
