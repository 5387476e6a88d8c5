"""Tasks whose first step is taken at once."""

import asyncio


# ANCHOR: price
async def price(fruit):
    print(f"  looking up {fruit}")
    if fruit == "mango":
        await asyncio.sleep(1)
    return len(fruit)
# ANCHOR_END: price


# ANCHOR: shop
async def shop():
    apple = asyncio.create_task(price("apple"))
    print(f"  apple: done {apple.done()}")
    mango = asyncio.create_task(price("mango"))
    print(f"  mango: done {mango.done()}")
    print(f"  together: {await apple + await mango}")
# ANCHOR_END: shop


# ANCHOR: main
async def main():
    print("lazy")
    await shop()
    print("eager")
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    await shop()
# ANCHOR_END: main


asyncio.run(main())
