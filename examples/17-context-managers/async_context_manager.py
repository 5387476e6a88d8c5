"""A manager that waits on both ends, around a block."""

import asyncio


# ANCHOR: manager
class Announcing:
    async def __aenter__(self):
        print(">entering the context manager")
        await asyncio.sleep(0.5)

    async def __aexit__(self, *exception):
        print(">exiting the context manager")
        await asyncio.sleep(0.5)
# ANCHOR_END: manager


# ANCHOR: use
async def custom_coroutine():
    async with Announcing():
        print("within the manager")


asyncio.run(custom_coroutine())
# ANCHOR_END: use
