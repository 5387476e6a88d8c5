"""Awaiting `shield(x)` is awaiting `x`, until the caller is cancelled: the shielded
work goes on then."""

import asyncio


# ANCHOR: callers
async def save(file):
    print(f"saving {file}")
    await asyncio.sleep(2)
    print(f"{file} is safe")
    return file


async def plain_caller(file):
    return await save(file)


async def shielding_caller(file):
    return await asyncio.shield(save(file))
# ANCHOR_END: callers


# ANCHOR: program
async def main():
    plain, shielding = await plain_caller("a.txt"), await shielding_caller("b.txt")
    print(f"undisturbed: {plain} {shielding}")

    callers = [
        asyncio.create_task(plain_caller("c.txt")),
        asyncio.create_task(shielding_caller("d.txt")),
    ]
    await asyncio.sleep(1)
    for caller in callers:
        caller.cancel()
    for caller in callers:
        try:
            await caller
        except asyncio.CancelledError:
            print("the caller ends with CancelledError")
    await asyncio.sleep(2)
# ANCHOR_END: program


asyncio.run(main())
