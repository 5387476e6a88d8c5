"""The date, every second for five seconds by the clock of the loop."""

import asyncio
import datetime


async def display_date():
    loop = asyncio.get_running_loop()
    end_time = loop.time() + 5
    while True:
        print(datetime.datetime.now())
        if loop.time() + 1 >= end_time:
            break
        await asyncio.sleep(1)


asyncio.run(display_date())
