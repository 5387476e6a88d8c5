"""What `as_completed` yields are new awaitables; `async for` gives the tasks."""

import asyncio


# ANCHOR: program
async def main():
    offers = [(3, "Lisbon"), (1, "Kyoto"), (2, "Quito")]
    tasks = [
        asyncio.create_task(asyncio.sleep(days, town), name=town)
        for days, town in offers
    ]

    first = next(iter(asyncio.as_completed(tasks)))
    print(f"the first task: {tasks[0].get_name()}")
    print(f"the first item: {await first}")

    async for task in asyncio.as_completed(tasks):
        print(f"task {tasks.index(task)}: {await task}")
# ANCHOR_END: program


asyncio.run(main())
