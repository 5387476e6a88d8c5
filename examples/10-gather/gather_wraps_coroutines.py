"""`gather` makes a task of each coroutine, in order, before anything is awaited; a
task given twice runs once."""

import asyncio


# ANCHOR: program
async def bake(cake):
    print(f"baking {cake}")
    await asyncio.sleep(1)
    return f"a {cake}"


def show_tasks(when):
    """Prints the names of all tasks, which are numbered in the order in which they
    were created."""
    names = sorted(task.get_name() for task in asyncio.all_tasks())
    print(f"{when}: {" ".join(names)}")


async def main():
    coros = [bake("tart"), bake("pie")]
    show_tasks("with two coroutines prepared")
    group = asyncio.gather(*coros)
    show_tasks("with the two gathered")
    print(await group)

    task = asyncio.create_task(bake("sponge"), name="sponge")
    await asyncio.sleep(0)
    print("now the task is gathered, twice")
    print(await asyncio.gather(task, task))
# ANCHOR_END: program


asyncio.run(main())
