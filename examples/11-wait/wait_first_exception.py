"""`wait` with `FIRST_EXCEPTION` returns with the first task that fails, and does
not raise its exception."""

import asyncio


# ANCHOR: check
async def check(file, seconds, sound):
    await asyncio.sleep(seconds)
    if not sound:
        raise ValueError(f"{file} is damaged")
    print(f"{file} is sound")
# ANCHOR_END: check


# ANCHOR: wait
async def check_all(archive, second_is_sound):
    print(f"{archive}:")
    files = [
        ("one.txt", 1, True),
        ("two.txt", 2, second_is_sound),
        ("three.txt", 3, True),
    ]
    tasks = [
        asyncio.create_task(check(file, seconds, sound), name=file)
        for file, seconds, sound in files
    ]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    print(f"done: {len(done)}, pending: {len(pending)}")
    for task in done:
        if error := task.exception():
            print(f"{task.get_name()} raised {type(error).__name__}: {error}")
    # What is still going on goes on, unless somebody ends it.
    for task in pending:
        task.cancel()
# ANCHOR_END: wait


async def main():
    await check_all("with a damaged file", False)
    await check_all("with sound files only", True)


asyncio.run(main())
