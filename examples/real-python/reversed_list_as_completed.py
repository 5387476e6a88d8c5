"""The same two lists, taken in the order in which they are ready: the short one
seven seconds before the long one."""

import asyncio
import time


async def coro(seq):
    await asyncio.sleep(max(seq))
    return list(reversed(seq))


async def main():
    t = asyncio.create_task(coro([3, 2, 1]))
    t2 = asyncio.create_task(coro([10, 5, 0]))
    print(f"Start: {time.strftime("%X")}")
    for res in asyncio.as_completed((t, t2)):
        compl = await res
        print(f"res: {compl} completed at {time.strftime("%X")}")
    print(f"End: {time.strftime("%X")}")
    print(f"Both tasks done: {all(task.done() for task in (t, t2))}")


asyncio.run(main())
