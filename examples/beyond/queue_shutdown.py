"""A queue that takes nothing more and is worked off, the most urgent first."""

import asyncio


# ANCHOR: program
async def main():
    jobs = asyncio.PriorityQueue()
    for job in [
        (2, "answer the mail"),
        (1, "put out the fire"),
        (3, "water the plants"),
    ]:
        jobs.put_nowait(job)
    jobs.shutdown()

    try:
        jobs.put_nowait((0, "one more"))
    except asyncio.QueueShutDown as error:
        print(f"no more of it: {error!r}")
    try:
        while True:
            urgency, job = await jobs.get()
            print(f"{urgency}: {job}")
    except asyncio.QueueShutDown as error:
        print(f"nothing left: {error!r}")
# ANCHOR_END: program


asyncio.run(main())
