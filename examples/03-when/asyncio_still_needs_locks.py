"""One thread is no lock: two tasks overdraw an account, and two others wait for
each other for ever."""

import asyncio

balance = 100


# ANCHOR: race
async def withdraw(amount):
    global balance
    if balance < amount:
        return False
    # The bank asks somewhere whether this is in order. Meanwhile the balance is
    # anybody's.
    await asyncio.sleep(1)
    balance -= amount
    return True


async def race():
    paid = await asyncio.gather(withdraw(80), withdraw(80))
    print(f"paid out: {paid}, balance: {balance}")
# ANCHOR_END: race


# ANCHOR: deadlock
async def after_you(other, me):
    await other
    me.set_result(None)


async def deadlock():
    loop = asyncio.get_running_loop()
    left, right = loop.create_future(), loop.create_future()
    both = asyncio.gather(after_you(left, right), after_you(right, left))
    try:
        async with asyncio.timeout(10):
            await both
    except TimeoutError as error:
        print(f"through the door: {error!r}")
# ANCHOR_END: deadlock


async def main():
    await race()
    await deadlock()


asyncio.run(main())
