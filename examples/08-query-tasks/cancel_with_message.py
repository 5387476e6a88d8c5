"""A request to cancel may carry a message, which is found in the `CancelledError`.
"""

import asyncio


async def broadcast():
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError as error:
        print(f"in the task: {error!r}")
        raise


async def main():
    for message in ["stop now", None]:
        task = asyncio.create_task(broadcast())
        await asyncio.sleep(1)
        task.cancel(message)
        try:
            await task
        except asyncio.CancelledError as error:
            print(f"awaited: {error!r}")
            print(f"the message: {error.args[0] if error.args else None!r}")


asyncio.run(main())
