"""A gathering is cancelled as a whole after two seconds, and the cancellation comes
out of the await."""

import asyncio


async def division(divisor, dividend):
    if divisor == 0:
        raise ZeroDivisionError
    await asyncio.sleep(divisor)
    quotient = dividend / divisor
    print(f"{dividend}/{divisor}={quotient}")
    return quotient


async def main():
    group = asyncio.gather(
        division(0, 2), division(1, 5), division(3, 6), return_exceptions=True
    )
    await asyncio.sleep(2)
    group.cancel()
    await group


asyncio.run(main())
