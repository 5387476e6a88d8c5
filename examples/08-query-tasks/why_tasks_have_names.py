"""The name of the current task tells whose line of the log it is."""

import asyncio


# ANCHOR: program
def log(what):
    print(f"[{asyncio.current_task().get_name()}] {what}")


async def worker(jobs):
    log("started")
    for _ in range(jobs):
        await asyncio.sleep(1)
    log(f"{jobs} jobs done")


async def main():
    workers = [("mail", 2), ("print", 1), ("backup", 3)]
    await asyncio.gather(
        *(asyncio.create_task(worker(jobs), name=name) for name, jobs in workers)
    )
# ANCHOR_END: program


asyncio.run(main())
