"""A function of a library gives a future instead of being a coroutine; it is
awaited in the same way."""

import asyncio
import time


# ANCHOR: library
def read_temperature(sensor):
    """Reads in a thread: this begins at once, whether or not anybody awaits the
    future."""

    def read():
        time.sleep(0.1)
        return -3.5 if sensor == "roof" else 19.0

    return asyncio.get_running_loop().run_in_executor(None, read)
# ANCHOR_END: library


# ANCHOR: await
async def main():
    print(f"roof: {await read_temperature("roof")}")
    hall, weather = await asyncio.gather(
        read_temperature("hall"), asyncio.sleep(0.2, "sunny")
    )
    print(f"hall: {hall}, outside: {weather}")
# ANCHOR_END: await


asyncio.run(main())
