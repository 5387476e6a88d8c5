"""`ensure_future` makes a task of a coroutine, and gives a task or a future back as
it is."""

import asyncio


async def weigh(crates):
    return crates * 12


# ANCHOR: heavier
def put_on_the_scales(awaitable):
    """Written for whatever can be awaited: a coroutine, a task or a future."""
    return asyncio.ensure_future(awaitable)
# ANCHOR_END: heavier


# ANCHOR: main
async def main():
    task = put_on_the_scales(weigh(3))
    print(f"a coroutine: {task.get_name()}")

    same = put_on_the_scales(task)
    print(f"a task is the same task: {same is task}")

    future = asyncio.get_running_loop().create_future()
    same = put_on_the_scales(future)
    print(f"a future is the same future: {same is future}")

    future.set_result(40)
    print(f"{await task} and {await future}")
# ANCHOR_END: main


asyncio.run(main())
