"""One member of a gathering is cancelled before it begins, and counts as one that
raised `CancelledError`."""

import asyncio


async def division(divisor, dividend):
    if divisor == 0:
        raise ZeroDivisionError
    await asyncio.sleep(divisor)
    quotient = dividend / divisor
    print(f"{dividend}/{divisor}={quotient}")
    return quotient


# ANCHOR: program
async def main():
    task1 = asyncio.create_task(division(0, 2))
    task2 = asyncio.create_task(division(1, 5))
    task3 = asyncio.create_task(division(3, 6))
    group = asyncio.gather(task1, task2, task3, return_exceptions=True)
    task1.cancel()
    print(await group)
# ANCHOR_END: program


asyncio.run(main())
