"""`wait` takes its tasks from any collection: a list, the keys of a dict, a set; an
empty one is an error."""

import asyncio
from asyncio import create_task, sleep


async def main():
    listed = [create_task(sleep(1, "rye")), create_task(sleep(2, "oats"))]
    done, _ = await asyncio.wait(listed)
    print(f"list: {len(done)} done")

    # What belongs to a task is kept beside it: the task is the key.
    fields = {
        create_task(sleep(1, "rye")): "at the river",
        create_task(sleep(2, "oats")): "on the hill",
    }
    done, _ = await asyncio.wait(fields.keys(), timeout=1.5)
    for task in done:
        print(f"dict: {task.result()} {fields[task]}")

    done, _ = await asyncio.wait(set(listed + listed))
    print(f"set: {len(done)} done")

    # A list in which each task stands twice comes to the same.
    done, _ = await asyncio.wait(listed + listed)
    print(f"list with repetitions: {len(done)} done")

    try:
        await asyncio.wait([])
    except ValueError as error:
        print(f"nothing: ValueError: {error}")


asyncio.run(main())
