"""Calling a coroutine function by itself has little effect: what there is then is
an object that has not run a line."""

import asyncio


async def main():
    print("Hello ...")
    await asyncio.sleep(1)
    print("World!")


routine = main()
print(routine)
# Else it would complain of never having been awaited.
routine.close()
