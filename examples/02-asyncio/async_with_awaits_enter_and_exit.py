"""`async with` awaits on the way in and on the way out, and the way out is taken
even if the block fails."""

import asyncio


# ANCHOR: protocol
class Session:
    def __init__(self, user):
        self.user = user

    async def __aenter__(self):
        print("logging in")
        await asyncio.sleep(1)
        print("logged in")
        return self

    async def __aexit__(self, *exception):
        print("logging out")
        await asyncio.sleep(1)
        print("logged out")
# ANCHOR_END: protocol


async def somebody_else():
    for _ in range(2):
        await asyncio.sleep(0.75)
        print("    another task runs")


# ANCHOR: block
async def main():
    task = asyncio.create_task(somebody_else())
    try:
        async with Session("ada") as session:
            print(f"looking up the orders of {session.user}")
            raise ValueError("no such table")
    except ValueError as error:
        print(f"after the block: {error!r}")
    await task
# ANCHOR_END: block


asyncio.run(main())
