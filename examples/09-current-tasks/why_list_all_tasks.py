"""What a list of all tasks is for."""

import asyncio


# ANCHOR: program
async def download(seconds):
    await asyncio.sleep(seconds)


def report(tasks):
    names = [task.get_name() for task in tasks if task in asyncio.all_tasks()]
    print(f"{len(names)} tasks: {', '.join(names)}")


async def main():
    # all_tasks() is a set: the list gives the order.
    tasks = [
        asyncio.create_task(download(seconds), name=file)
        for file, seconds in [("map", 2), ("film", 500), ("song", 3)]
    ]
    report(tasks)
    film = next(t for t in asyncio.all_tasks() if t.get_name() == "film")
    film.cancel()
    await asyncio.sleep(1)
    report(tasks)
    await asyncio.sleep(5)
    print(f"all over: {len(asyncio.all_tasks())} task left, which asks")
# ANCHOR_END: program


asyncio.run(main())
