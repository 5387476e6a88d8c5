"""Whose task is it? An awaited coroutine runs in the task of the one who awaits it;
a callback has none."""

import asyncio


# ANCHOR: ask
def tell(who):
    task = asyncio.current_task()
    print(f"{who}: {task.get_name() if task else "none"}")


async def lift(what):
    tell(what)


async def lift_with_help(what):
    await lift(what)
# ANCHOR_END: ask


# ANCHOR: main
async def main():
    tell("the main coroutine")
    await lift("awaited")
    await lift_with_help("awaited by an awaited one")
    await asyncio.create_task(lift("made a task"), name="lifter")
    await asyncio.create_task(lift_with_help("awaited in that task"), name="helper")
    asyncio.get_running_loop().call_soon(tell, "a callback")
    await asyncio.sleep(0)
# ANCHOR_END: main


asyncio.run(main())
