"""A step that blocks the loop: one task reads a line from standard input, and until
the line comes the other task stands still."""

import asyncio
import sys


# ANCHOR: program
async def ask():
    await asyncio.sleep(0.2)
    print("What is your name?")
    name = sys.stdin.readline()  # Nothing else runs until this ends.
    return name.strip()


async def tick():
    while True:
        print("tick")
        await asyncio.sleep(0.15)


async def program():
    clock = asyncio.create_task(tick(), name="clock")
    name = await asyncio.create_task(ask(), name="question")
    print(f"Hello, {name}!")
    clock.cancel()
# ANCHOR_END: program


asyncio.run(program())
