"""A coroutine that is only called does nothing; awaited, it runs. The forgotten one
is reported on standard error."""

import asyncio


async def nested():
    print("something")


async def main():
    # The coroutine is made and thrown away: nothing is printed.
    nested()
    await nested()


asyncio.run(main())
