"""One call does it all: `run` makes a loop, runs the coroutine in it to its end and
closes it."""

import asyncio


async def main():
    await asyncio.sleep(1)
    loop = asyncio.get_running_loop()
    print(f"in main: running {loop.is_running()}, closed {loop.is_closed()}")
    return loop


loop = asyncio.run(main())
print(f"after run: running {loop.is_running()}, closed {loop.is_closed()}")
