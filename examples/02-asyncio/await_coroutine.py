"""`async def` makes a function, the call a coroutine, which runs none of its lines,
and `await` runs it."""

import asyncio


# ANCHOR: define
async def total(net, tax):
    print(f"adding {tax} % to {net}")
    await asyncio.sleep(1)
    return net * (100 + tax) / 100
# ANCHOR_END: define


# ANCHOR: await
async def main():
    coro = total(200, 19)
    print(f"created the coroutine {coro.__name__}")
    price = await coro
    print(f"it returned {price:g}")
    # The object is for looking at: the plain call can be awaited as well.
    print(f"and again: {await total(200, 7):g}")
# ANCHOR_END: await


asyncio.run(main())
