"""A coroutine needs no `await`, no `return` and no value; awaiting one that never
waits does not suspend."""

import asyncio


# ANCHOR: noop
async def noop():
    pass
# ANCHOR_END: noop


# ANCHOR: program
async def turn():
    print("the task has a turn")


async def main():
    task = asyncio.create_task(turn())
    value = await noop()
    print(f"noop() gave {value}; the task is done: {task.done()}")
    await task
# ANCHOR_END: program


asyncio.run(main())
