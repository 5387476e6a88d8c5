"""The first set that wait returns holds whatever has finished by then."""

import asyncio


# ANCHOR: program
async def runner(seconds, falls):
    await asyncio.sleep(seconds)
    if falls:
        raise ValueError("fell")


def show(what, done, pending):
    failed = sum(task.exception() is not None for task in done)
    print(f"{what}: {len(done)} done, {failed} of them failed,", end=" ")
    print(f"{len(pending)} pending")


async def main():
    race = [
        asyncio.create_task(runner(seconds, falls))
        for seconds, falls in [(1, False), (2, True), (3, False)]
    ]
    done, pending = await asyncio.wait(race, return_when=asyncio.FIRST_EXCEPTION)
    show("first exception", done, pending)

    tie = [asyncio.create_task(runner(seconds, False)) for seconds in [1, 1, 1]]
    done, pending = await asyncio.wait(tie, return_when=asyncio.FIRST_COMPLETED)
    show("first completed", done, pending)
# ANCHOR_END: program


asyncio.run(main())
