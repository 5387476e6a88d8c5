"""The divisions again, but a failure counts as a result: it stands in the list, and
nothing is raised."""

import asyncio


async def division(divisor, dividend):
    if divisor == 0:
        raise ZeroDivisionError
    quotient = dividend / divisor
    print(f"{dividend}/{divisor}={quotient}")
    return quotient


# ANCHOR: program
async def main():
    divisions = [division(0, 2), division(1, 2), division(2, 2)]
    outcomes = await asyncio.gather(*divisions, return_exceptions=True)
    print(outcomes)
# ANCHOR_END: program


asyncio.run(main())
