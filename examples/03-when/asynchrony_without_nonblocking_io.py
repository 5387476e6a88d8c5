"""An asynchronous program without any input or output."""

import asyncio


# ANCHOR: program
async def runner(name, start):
    await start.wait()
    print(f"{name} has started")


async def main():
    start = asyncio.Event()
    runners = [asyncio.create_task(runner(name, start)) for name in ["Ada", "Bo"]]
    await asyncio.sleep(1)
    print("a second has passed")
    start.set()
    for task in runners:
        await task
    total = await asyncio.to_thread(lambda: sum(range(1, 1001)))
    print(f"a thread has computed {total}")
# ANCHOR_END: program


asyncio.run(main())
