"""What can be awaited is a coroutine, or an object that makes an iterator of
itself: `__await__`."""

import asyncio


# ANCHOR: object
class Egg:
    def __init__(self, minutes):
        self.minutes = minutes

    def __await__(self):
        yield from asyncio.sleep(self.minutes * 0.1).__await__()
        return "soft" if self.minutes < 6 else "hard"
# ANCHOR_END: object


# ANCHOR: program
async def toast():
    await asyncio.sleep(0.2)
    return "brown"


async def main():
    print(f"a coroutine: the toast is {await toast()}")
    print(f"an object: the egg is {await Egg(4)}")
# ANCHOR_END: program


asyncio.run(main())
