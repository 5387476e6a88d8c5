"""A shield can be awaited in place of its task; cancelled, it says so, and the task
never hears of it."""

import asyncio


# ANCHOR: pay
async def pay(amount):
    print(f"paying {amount}")
    await asyncio.sleep(2)
    print(f"paid {amount}")
    return amount


async def wait_at_the_counter(customer, payment):
    """One of those who wait for the payment and cannot tell the shield from it."""
    try:
        print(f"{customer} sees {await payment}")
    except asyncio.CancelledError:
        print(f"{customer} sees CancelledError")
# ANCHOR_END: pay


# ANCHOR: await
async def undisturbed():
    task = asyncio.create_task(pay(10))
    shielded = asyncio.shield(task)
    print(f"through the shield: {await shielded}")
# ANCHOR_END: await


# ANCHOR: cancel
async def cancelled():
    task = asyncio.create_task(pay(20))
    shielded = asyncio.shield(task)
    ada = asyncio.create_task(wait_at_the_counter("Ada", shielded))
    bela = asyncio.create_task(wait_at_the_counter("Bela", shielded))
    await asyncio.sleep(1)
    print(f"cancel(): {shielded.cancel()}")
    print(f"{shielded}, and the task: done={task.done()}")
    print(f"from the task itself: {await task}")
# ANCHOR_END: cancel


async def main():
    await undisturbed()
    await cancelled()


asyncio.run(main())
