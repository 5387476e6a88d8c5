"""Two lists are reversed at once; the results stand in the order of the arguments.
"""

import asyncio
import time


async def coro(seq):
    await asyncio.sleep(max(seq))
    return list(reversed(seq))


async def main():
    t = asyncio.create_task(coro([3, 2, 1]))
    t2 = asyncio.create_task(coro([10, 5, 0]))
    print(f"Start: {time.strftime("%X")}")
    a = await asyncio.gather(t, t2)
    print(f"End: {time.strftime("%X")}")
    print(f"Both tasks done: {all(task.done() for task in (t, t2))}")
    return a


print(asyncio.run(main()))
