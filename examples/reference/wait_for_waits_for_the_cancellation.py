"""When time is up, `wait_for` cancels the awaitable and waits until it has really
ended."""

import asyncio


# ANCHOR: coroutines
async def print_report():
    try:
        return await asyncio.sleep(3600, "report")
    except asyncio.CancelledError:
        print("feeding the paper out")
        await asyncio.sleep(3)
        raise


async def print_stamp():
    try:
        return await asyncio.sleep(3600, "stamp")
    except asyncio.CancelledError:
        return "half a stamp"
# ANCHOR_END: coroutines


# ANCHOR: program
async def main():
    print(f"in time: {await asyncio.wait_for(asyncio.sleep(0.1, "note"), 2)}")

    loop = asyncio.get_running_loop()
    start = loop.time()
    try:
        await asyncio.wait_for(print_report(), 2)
    except TimeoutError:
        print(f"TimeoutError after {loop.time() - start:.0f} s")

    print(f"in its own time: {await asyncio.wait_for(print_stamp(), 2)}")
# ANCHOR_END: program


asyncio.run(main())
