"""Two coroutines as tasks overlap, and take no longer than the slower of them: two
seconds."""

import asyncio
import time


async def say_after(delay, what):
    await asyncio.sleep(delay)
    print(what)


# ANCHOR: program
async def main():
    task1 = asyncio.create_task(say_after(1, "hello"))
    task2 = asyncio.create_task(say_after(2, "world"))
    print(f"started at {time.strftime("%X")}")
    await task1
    await task2
    print(f"finished at {time.strftime("%X")}")
# ANCHOR_END: program


asyncio.run(main())
