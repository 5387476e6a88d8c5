"""A coroutine given to `shield` becomes a task at once, so it runs even if nobody
awaits the shield."""

import asyncio


async def save(file):
    print(f"saving {file}")
    await asyncio.sleep(1)
    print(f"{file} is saved")


async def main():
    prepared = save("draft.txt")
    shielded = asyncio.shield(save("final.txt"))
    await asyncio.sleep(2)
    print(f"the shield that nobody awaited: {shielded}")
    print("the coroutine that nobody awaited has not begun")
    await prepared


asyncio.run(main())
