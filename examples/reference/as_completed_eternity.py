"""Ten coroutines sleep for zero to nine seconds and report in turn."""

import asyncio
import time


async def eternity(delay):
    await asyncio.sleep(delay)
    print(f"delay for {delay} seconds.")
    return delay


async def main():
    print(f"Start at: {time.strftime("%X")}")
    for following in asyncio.as_completed([eternity(delay) for delay in range(10)]):
        await following
    print(f"End at: {time.strftime("%X")}")


asyncio.run(main())
