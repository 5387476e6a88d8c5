"""Two transfers take the locks of two accounts, each in its own order, and wait for
each other; the rest of the bank goes on."""

import asyncio


# ANCHOR: program
async def transfer(origin, to):
    async with origin:
        await asyncio.sleep(1)
        async with to:
            print("transferred")


async def bank():
    savings, current = asyncio.Lock(), asyncio.Lock()
    rent = transfer(savings, current)
    refund = transfer(current, savings)
    _rent = asyncio.create_task(rent, name="rent")
    _refund = asyncio.create_task(refund, name="refund")
    for _customer in range(100):
        await asyncio.sleep(1)
    print("100 customers served")
# ANCHOR_END: program


asyncio.run(bank())
