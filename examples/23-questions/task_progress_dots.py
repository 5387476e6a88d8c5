"""How to show progress: a done callback that prints a dot for every task that ends,
however it ends."""

import asyncio


# ANCHOR: dots
async def work(number):
    await asyncio.sleep(0.1 * number)
    return number


def progress(task):
    print(".", end="", flush=True)


async def show_dots():
    tasks = [asyncio.create_task(work(number)) for number in range(10)]
    for task in tasks:
        task.add_done_callback(progress)
    await asyncio.wait(tasks)
    print()
# ANCHOR_END: dots


# ANCHOR: ends
async def fail():
    raise ValueError("no such page")


def report(task):
    try:
        print(f"{task.get_name()}: {task.result()}")
    except (Exception, asyncio.CancelledError) as error:
        print(f"{task.get_name()}: {error!r}")


async def show_ends():
    tasks = [
        asyncio.create_task(work(1), name="good"),
        asyncio.create_task(fail(), name="bad"),
        asyncio.create_task(work(3), name="unwanted"),
    ]
    for task in tasks:
        task.add_done_callback(report)
    tasks[2].cancel()
    await asyncio.wait(tasks)
# ANCHOR_END: ends


async def main():
    await show_dots()
    await show_ends()


asyncio.run(main())
