"""`run` is what makes the routine run: it says Hello and, a second later, World."""

import asyncio


async def greeting():
    print("Hello ...")
    await asyncio.sleep(1)
    print("World!")


routine = greeting()
asyncio.run(routine)
