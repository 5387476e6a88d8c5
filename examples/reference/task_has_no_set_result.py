"""A task is a future whose result comes from its coroutine: setting it from outside
is refused."""

import asyncio


async def main():
    task = asyncio.create_task(asyncio.sleep(1, "its own"))
    for setter, value in [
        (task.set_result, "another"),
        (task.set_exception, ValueError("none of its own")),
    ]:
        try:
            setter(value)
        except RuntimeError as error:
            print(f"RuntimeError: {error}")
    print(await task)


asyncio.run(main())
