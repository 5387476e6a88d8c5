"""A coroutine goes nowhere without a loop; pushed by hand, it comes as far as its
first wait for time."""

import asyncio


async def boil_an_egg():
    print("    water on")
    await asyncio.sleep(4)
    print("    water off")
    return "an egg"


coro = boil_an_egg()
print("made, and nothing happens")
try:
    coro.send(None)
except RuntimeError as error:
    print(f"by hand: {error!r}")

coro = boil_an_egg()
try:
    asyncio.create_task(coro)
except RuntimeError as error:
    print(f"as a task: {error!r}")

print(f"in a loop: {asyncio.run(coro)}")
