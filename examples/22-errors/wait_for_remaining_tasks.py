"""A main coroutine that does not want to leave too early takes all tasks but its
own and waits for them."""

import asyncio


async def upload(file, seconds):
    await asyncio.sleep(seconds)
    print(f"{file}: done")


# ANCHOR: wait
async def wait_for_the_others():
    """Waits until no other task is left that is running now."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait(others)
# ANCHOR_END: wait


# ANCHOR: main
async def main():
    photo = asyncio.create_task(upload("photo.jpg", 0.3))
    notes = asyncio.create_task(upload("notes.txt", 0.1))
    await wait_for_the_others()
    try:
        await wait_for_the_others()
    except ValueError as error:
        print(f"again: {error!r}")
# ANCHOR_END: main


asyncio.run(main())
