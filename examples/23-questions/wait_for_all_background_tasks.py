"""The end of a main coroutine that does not abandon its background tasks."""

import asyncio


async def brew(drink, seconds):
    await asyncio.sleep(seconds)
    print(f"{drink} is ready")


# ANCHOR: main
async def main():
    drinks = [("coffee", 0.3), ("tea", 0.2), ("water", 0.1)]
    brewing = [
        asyncio.create_task(brew(drink, seconds)) for drink, seconds in drinks
    ]
    tasks = asyncio.all_tasks()
    print(f"{len(tasks)} tasks, this one included")
    tasks.remove(asyncio.current_task())
    done, pending = await asyncio.wait(tasks)
    print(f"{len(done)} done, {len(pending)} pending")
# ANCHOR_END: main


asyncio.run(main())
