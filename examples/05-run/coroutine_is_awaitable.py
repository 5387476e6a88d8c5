"""What can be awaited is a question to the type: it has `__await__`."""

import asyncio


async def reply():
    await asyncio.sleep(1)
    return "yes"


# ANCHOR: protocol
class Bell:
    """Something of our own that can be awaited."""

    def __init__(self, strokes):
        self.strokes = strokes

    def __await__(self):
        for _ in range(self.strokes):
            print("dong")
            yield from asyncio.sleep(1).__await__()
        return self.strokes
# ANCHOR_END: protocol


# ANCHOR: awaitables
async def answer_of(awaitable):
    """Takes whatever can be awaited, and nothing else."""
    return await awaitable


async def main():
    print(f"a call: {await answer_of(reply())}")
    coro = reply()
    print(f"a coroutine object: {await answer_of(coro)}")
    print(f"a task: {await answer_of(asyncio.create_task(reply()))}")
    print(f"a bell: {await answer_of(Bell(3))}")
# ANCHOR_END: awaitables


asyncio.run(main())
