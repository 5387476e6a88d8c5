"""A task is made of a coroutine, runs by itself, and can be awaited; whatever takes
a future takes a task."""

import asyncio


# ANCHOR: coroutine
async def brew(drink):
    await asyncio.sleep(1)
    return f"a cup of {drink}"
# ANCHOR_END: coroutine


# ANCHOR: future
def is_it_there(future):
    """Takes any future; a task is one."""
    print(f"there: {future.done()}")
# ANCHOR_END: future


async def main():
    # ANCHOR: create
    # In two lines ...
    coro = brew("tea")
    tea = asyncio.create_task(coro)
    # ... or in one.
    coffee = asyncio.create_task(brew("coffee"))
    # ANCHOR_END: create

    # ANCHOR: await
    is_it_there(tea)
    print(await tea)
    is_it_there(tea)
    print(await coffee)
    # ANCHOR_END: await

    # ANCHOR: bare_future
    water = asyncio.get_running_loop().create_future()
    is_it_there(water)
    water.set_result("a glass of water")
    is_it_there(water)
    print(await water)
    # ANCHOR_END: bare_future


asyncio.run(main())
