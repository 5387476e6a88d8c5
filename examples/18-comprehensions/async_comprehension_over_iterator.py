"""Asynchronous comprehensions over an iterator and over a generator, into a list, a
set and a dictionary."""

import asyncio


class Thermometer:
    """Temperatures, one an hour."""

    def __init__(self):
        self.hour = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.hour == 6:
            raise StopAsyncIteration
        await asyncio.sleep(0.1)
        self.hour += 1
        return 15 + self.hour % 4


async def visitors():
    for name in ["Ada", "Grace", "Barbara"]:
        await asyncio.sleep(0.1)
        yield name


# ANCHOR: program
async def main():
    degrees_above_15 = [degrees async for degrees in Thermometer() if degrees > 15]
    print(degrees_above_15)
    names = [name.upper() async for name in visitors()]
    print(names)
    all_degrees = {degrees async for degrees in Thermometer()}
    print(all_degrees)
    lengths = {name: len(name) async for name in visitors()}
    print(dict(sorted(lengths.items())))
# ANCHOR_END: program


asyncio.run(main())
