"""An error in a task that nothing awaits is told when the task is freed."""

import asyncio


# ANCHOR: program
async def count_stock(shelf):
    await asyncio.sleep(0.1)
    raise ValueError(f"{shelf} is empty")


async def main():
    def report(loop, context):
        print(context["message"])
        print(f"  {context['exception']!r}")

    asyncio.get_running_loop().set_exception_handler(report)

    counting = asyncio.create_task(count_stock("shelf 1"))
    await asyncio.sleep(1)
    print("it has failed, and nothing was said")
    del counting

    counting = asyncio.create_task(count_stock("shelf 2"))
    try:
        await counting
    except ValueError as error:
        print(f"awaited: {error!r}")
# ANCHOR_END: program


asyncio.run(main())
