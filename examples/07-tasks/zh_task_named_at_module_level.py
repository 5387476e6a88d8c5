"""A task named and renamed where no loop runs is an error; in a coroutine the same
lines work."""

import asyncio


async def custom_coroutine():
    await asyncio.sleep(1)


# ANCHOR: named
def create_and_rename():
    coro = custom_coroutine()
    try:
        task = asyncio.create_task(coro, name="task")
    except RuntimeError:
        coro.close()
        raise
    print(f"创建时的名称: {task.get_name()}")
    task.set_name("MyTask")
    print(f"修改后的名称: {task.get_name()}")


async def main():
    create_and_rename()


try:
    create_and_rename()
except RuntimeError as error:
    print(f"协程之外: RuntimeError: {error}")
print("协程之内:")
asyncio.run(main())
# ANCHOR_END: named
