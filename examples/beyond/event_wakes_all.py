"""A flag that lets everybody go who waits for it."""

import asyncio


# ANCHOR: program
async def runner(name, start):
    await start.wait()
    print(f"{name} runs, the flag is up: {start.is_set()}")


async def main():
    start = asyncio.Event()
    runners = [asyncio.create_task(runner(name, start)) for name in ["Ada", "Bela"]]
    await asyncio.sleep(1)
    print("go")
    start.set()
    start.clear()
    await asyncio.gather(*runners)

    start.set()
    await runner("Cleo, who comes late,", start)
# ANCHOR_END: program


asyncio.run(main())
