"""An iterable gives a fresh iterator each time; an iterator gives itself."""

import asyncio


# ANCHOR: plain
def first(days):
    return next(iter(days))


def plain():
    week = ["Mon", "Tue"]
    print(f"a list: {first(week)} {first(week)}")

    days = iter(week)
    print(f"an iterator: {first(days)} {first(days)}")
# ANCHOR_END: plain


# ANCHOR: asynchronous
class Thermometer:
    """Measures the temperature every second. The second measurement is missing."""

    def __init__(self):
        self.hour = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        await asyncio.sleep(1)
        if self.hour == 3:
            raise StopAsyncIteration
        self.hour += 1
        return [17, None, 19][self.hour - 1]


async def main():
    plain()
    reader = asyncio.current_task()
    async for degrees in Thermometer():
        same_task = asyncio.current_task() is reader
        print(f"{degrees}: {len(asyncio.all_tasks())} task, the same: {same_task}")
# ANCHOR_END: asynchronous


asyncio.run(main())
