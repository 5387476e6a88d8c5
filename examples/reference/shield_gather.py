"""Three divisions are gathered: one behind a shield that is cancelled, one
cancelled, one left alone."""

import asyncio
import time


async def division(divisor, dividend):
    if divisor == 0:
        raise ZeroDivisionError
    await asyncio.sleep(divisor)
    quotient = dividend / divisor
    print(f"{time.strftime("%X")}:{dividend}/{divisor}={quotient}")
    return quotient


# ANCHOR: program
async def main():
    print(f"Start time:{time.strftime("%X")}")
    task1 = asyncio.shield(division(1, 2))
    task2 = asyncio.create_task(division(1, 5))
    task3 = asyncio.create_task(division(3, 6))
    group = asyncio.gather(task1, task2, task3, return_exceptions=True)
    task1.cancel()
    task2.cancel()
    print(await group)
# ANCHOR_END: program


asyncio.run(main())
