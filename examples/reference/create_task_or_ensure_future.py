"""`create_task` makes a task of a coroutine; the older `ensure_future` gives a task
back as it is."""

import asyncio


async def parcel(contents):
    print(f"packing a {contents}")
    return contents


async def main():
    # ANCHOR: create
    task = asyncio.create_task(parcel("book"), name="first parcel")
    print(f"{task.get_name()}: done={task.done()}")
    print(f"in the running loop: {task.get_loop() is asyncio.get_running_loop()}")
    # ANCHOR_END: create

    # ANCHOR: ensure
    older = asyncio.ensure_future(parcel("lamp"))
    same = asyncio.ensure_future(older)
    print(f"the same task: {same is older}")
    # ANCHOR_END: ensure
    print(f"a {await task} and a {await older}")


asyncio.run(main())
