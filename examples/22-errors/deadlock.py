"""A buyer who pays on delivery and a seller who delivers on payment wait for each
other; a time limit ends that."""

import asyncio


# ANCHOR: deal
async def buyer(goods, money):
    print(f"the buyer got {await goods}")
    money.set_result(20)


async def seller(goods, money):
    print(f"the seller got {await money} euros")
    goods.set_result("a lamp")


async def deal():
    loop = asyncio.get_running_loop()
    goods, money = loop.create_future(), loop.create_future()
    await asyncio.gather(
        asyncio.create_task(buyer(goods, money), name="buyer"),
        asyncio.create_task(seller(goods, money), name="seller"),
    )
# ANCHOR_END: deal


# ANCHOR: main
async def main():
    try:
        await asyncio.wait_for(deal(), 1)
    except TimeoutError:
        print("no deal after a second")


# Without the time limit CPython's loop waits for ever, and says nothing.
asyncio.run(main())
# ANCHOR_END: main
