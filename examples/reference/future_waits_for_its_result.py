"""A future stands for a result to come: awaiting it waits for whoever completes it.
"""

import asyncio


# ANCHOR: callback
def throw_dice(on_rest):
    """A library that knows nothing of futures: it calls back when the dice have
    come to rest."""
    asyncio.get_running_loop().call_later(1, on_rest, 9)


async def dice():
    future = asyncio.get_running_loop().create_future()
    print(future)
    throw_dice(future.set_result)
    eyes = await future
    print(future)
    # ANCHOR_END: callback
    # ANCHOR: twice
    try:
        future.set_result(7)
    except asyncio.InvalidStateError as error:
        print(f"InvalidStateError: {error}")
    # ANCHOR_END: twice
    return eyes


async def main():
    print(f"thrown: {await dice()}")
    # ANCHOR: cancel
    abandoned = asyncio.get_running_loop().create_future()
    abandoned.cancel()
    print(abandoned)
    # ANCHOR_END: cancel


asyncio.run(main())
