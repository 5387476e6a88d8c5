"""A class with a background task, state that tasks share, coroutines of `self`."""

import asyncio
import weakref


# ANCHOR: class
class State:
    def __init__(self):
        self.ticks = 0
        self.log = []


class Meter:
    def __init__(self):
        self.state = State()
        self.task = asyncio.create_task(tick(self.state))

    async def stop(self):
        self.task.cancel()
        await asyncio.wait([self.task])
        return self.state.ticks


async def tick(state):
    while True:
        await asyncio.sleep(0.1)
        state.ticks += 1
# ANCHOR_END: class


# ANCHOR: weak
async def watch(owner):
    while state := owner():
        state.log.append("seen")
        del state
        await asyncio.sleep(0.1)
    return "the owner is gone"
# ANCHOR_END: weak


# ANCHOR: refcell
async def flush(state):
    lines, state.log = state.log, []
    await asyncio.sleep(0.1)
    return len(lines)
# ANCHOR_END: refcell


def shown(texts):
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"


# ANCHOR: closures
async def closures():
    prefix = "room"

    async def room(number):
        await asyncio.sleep(0.1)
        return f"{prefix} {number}"

    print(shown(await asyncio.gather(*map(room, [1, 2]))))
    print(shown(await asyncio.gather(*map(room, [3, 4]))))
# ANCHOR_END: closures


# ANCHOR: borrow
class Kitchen:
    def __init__(self, tea):
        self.tea, self.cups = tea, 0

    async def brew(self, cups):
        await asyncio.sleep(0.1)
        self.cups += cups
        return self.tea

    async def serve(self):
        teas = await asyncio.gather(self.brew(1), self.brew(2))
        print(f"{shown(teas)}, {self.cups} cups")

    async def serve_more(self):
        async with asyncio.TaskGroup() as group:
            group.create_task(self.brew(3))
            group.create_task(self.brew(4))
        print(f"{self.cups} cups")
# ANCHOR_END: borrow


async def main():
    meter = Meter()
    watcher = asyncio.create_task(watch(weakref.ref(meter.state)))
    await asyncio.sleep(0.25)
    print(f"{await flush(meter.state)} lines")
    print(f"{await meter.stop()} ticks")
    del meter
    print(await watcher)
    await closures()
    kitchen = Kitchen("oolong")
    await kitchen.serve()
    await kitchen.serve_more()


asyncio.run(main())
