"""`run` gives what its coroutine gives: its value, or the error that it raised."""

import asyncio


async def thermometer(reading):
    await asyncio.sleep(1)
    celsius = float(reading)
    if celsius < -273.15:
        raise ValueError("colder than cold")
    return celsius


print(f"returned: {asyncio.run(thermometer("21.5"))}")
for reading in ["-300", "warm"]:
    try:
        asyncio.run(thermometer(reading))
    except ValueError as error:
        print(f"raised: {error!r}")
