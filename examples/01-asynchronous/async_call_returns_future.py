"""An order that can be asked whether it is done, for its result, and be called off:
a task."""

import asyncio


# ANCHOR: call
async def brew(drink, seconds):
    await asyncio.sleep(seconds)
    return f"a cup of {drink}"


async def buy_an_espresso():
    order = asyncio.create_task(brew("espresso", 1))
    print(f"ordered, done: {order.done()}")
    try:
        order.result()
    except asyncio.InvalidStateError as error:
        print(f"asked too early: {error!r}")
    await asyncio.sleep(2)
    print(f"later, done: {order.done()}")
    print(f"result: {order.result()}")
# ANCHOR_END: call


# ANCHOR: cancel
async def change_ones_mind():
    order = asyncio.create_task(brew("filter coffee", 300))
    await asyncio.sleep(1)
    print(f"called off: {order.cancel()}")
    try:
        print(f"too late, here is {await order}")
    except asyncio.CancelledError as error:
        print(f"result: {error!r}")
# ANCHOR_END: cancel


async def main():
    await buy_an_espresso()
    await change_ones_mind()


asyncio.run(main())
