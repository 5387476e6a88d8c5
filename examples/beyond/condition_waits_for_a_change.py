"""Customers wait until there is enough bread for them."""

import asyncio


# ANCHOR: bakery
class Bakery:
    def __init__(self):
        self.loaves = 0
        self.baked = asyncio.Condition()

    async def buy(self, customer, wanted):
        async with self.baked:
            await self.baked.wait_for(lambda: self.loaves >= wanted)
            self.loaves -= wanted
            print(f"{customer} takes {wanted}, {self.loaves} left")

    async def bake(self):
        for _ in range(3):
            await asyncio.sleep(1)
            async with self.baked:
                self.loaves += 2
                print(f"out of the oven: {self.loaves} on the shelf")
                self.baked.notify_all()
# ANCHOR_END: bakery


# ANCHOR: program
async def main():
    bakery = Bakery()
    orders = [
        bakery.buy(customer, wanted)
        for customer, wanted in [("Ada", 3), ("Bela", 1), ("Cleo", 2)]
    ]
    customers = asyncio.gather(*orders)
    await bakery.bake()
    await customers
# ANCHOR_END: program


asyncio.run(main())
