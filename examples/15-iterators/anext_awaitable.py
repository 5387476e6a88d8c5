"""One step of an asynchronous iterator is an awaitable, made by `anext` and run by
`await`; at the end it raises."""

import asyncio


class Trains:
    """The trains of a platform, announced one by one."""

    def __init__(self, left):
        self.left = left

    # ANCHOR: protocol
    def __aiter__(self):
        return self

    async def __anext__(self):
        print("    waiting for a train")
        await asyncio.sleep(0.5)
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop()
    # ANCHOR_END: protocol


# ANCHOR: step
async def main():
    trains = aiter(Trains(["Lyon", "Basel", "Turin"]))
    awaitable = anext(trains)
    print("nothing happened yet")
    print(await awaitable)
    # In one expression, by the function and by the method.
    print(await anext(trains))
    print(repr(await trains.__anext__()))
    print(await anext(trains, None))
    print(await anext(trains, "no train"))
    try:
        await anext(trains)
    except StopAsyncIteration as error:
        print(repr(error))
# ANCHOR_END: step


asyncio.run(main())
