"""Every task has a name: one that it was given, or `Task-N`, where N counts over
the whole process."""

import asyncio


async def sort_letters():
    pass


# ANCHOR: names
async def names():
    task = asyncio.create_task(sort_letters(), name="sorter")
    print(f"at creation: {task.get_name()}")
    task.set_name("night shift")
    print(f"later: {task.get_name()}")
    task.set_name(42)
    print(f"a number becomes text: {task.get_name()!r}")
    await task
# ANCHOR_END: names


# ANCHOR: numbers
async def my_name():
    print(asyncio.current_task().get_name())


asyncio.run(my_name())
# At its end, each `run` uses up two numbers for tasks of its own.
asyncio.run(my_name())
asyncio.run(names())
# ANCHOR_END: numbers
