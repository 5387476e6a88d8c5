"""At the end of run every task that is left is cancelled, the shielded one too."""

import asyncio


# ANCHOR: program
async def save():
    try:
        await asyncio.sleep(5)
        print("saved")
    except asyncio.CancelledError as error:
        print(f"the work inside: {error!r}")
        raise


async def main():
    work = asyncio.create_task(save())

    async def call():
        await asyncio.shield(work)

    caller = asyncio.create_task(call())
    await asyncio.sleep(1)
    caller.cancel()
    await asyncio.sleep(1)
    goes_on = str(not work.done()).lower()
    print(f"the caller is cancelled, the work goes on: {goes_on}")
    print("main returns")
# ANCHOR_END: program


asyncio.run(main())
