"""What can stand after `await`: a coroutine, a task that runs one, and a future
that somebody else completes."""

import asyncio


async def double(number):
    return 2 * number


async def main():
    coroutine = double(1)
    print(f"from the coroutine: {await coroutine}")

    task = asyncio.create_task(double(2))
    print(f"from the task: {await task}")

    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, 6)
    print(f"from the future: {await future}")


asyncio.run(main())
