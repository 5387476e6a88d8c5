"""The first of three divisions fails; its error ends the program, but not before
the other two have printed."""

import asyncio


async def division(divisor, dividend):
    if divisor == 0:
        raise ZeroDivisionError
    quotient = dividend / divisor
    print(f"{dividend}/{divisor}={quotient}")
    return quotient


async def main():
    print(await asyncio.gather(division(0, 2), division(1, 2), division(2, 2)))


asyncio.run(main())
