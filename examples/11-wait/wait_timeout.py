"""`wait` with a timeout gives up with what is done by then; it raises nothing and
cancels no task."""

import asyncio


async def run_lap(runner, minutes):
    await asyncio.sleep(minutes)
    print(f"{runner} is back")


async def main():
    runners = [("Ada", 2), ("Bela", 4), ("Cleo", 1), ("Dora", 3)]
    tasks = [
        asyncio.create_task(run_lap(runner, minutes), name=runner)
        for runner, minutes in runners
    ]
    done, pending = await asyncio.wait(tasks, timeout=2.5)
    print(f"time is up: {len(done)} are back, {len(pending)} are not")
    for task in tasks:
        if task in pending:
            name, done, cancelled = task.get_name(), task.done(), task.cancelled()
            print(f"{name}: done={done} cancelled={cancelled}")
    done, pending = await asyncio.wait(pending)
    print(f"later: {len(done)} more are back, {len(pending)} are not")


asyncio.run(main())
