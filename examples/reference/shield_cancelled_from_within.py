"""A shield does not help when the work is cancelled in another way, here by itself.
"""

import asyncio


async def give_up():
    asyncio.current_task().cancel()
    # The request arrives at the next await.
    await asyncio.sleep(1)


async def main():
    shielded = asyncio.shield(give_up())
    try:
        await shielded
    except asyncio.CancelledError:
        print("CancelledError")
    print(f"the shield is cancelled: {shielded.cancelled()}")


asyncio.run(main())
