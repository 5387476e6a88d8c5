"""`wait` with `FIRST_COMPLETED` returns with the first task that is done; the
others go on."""

import asyncio


async def ask(mirror, seconds):
    await asyncio.sleep(seconds)
    print(f"{mirror} has answered")
    return mirror


async def main():
    mirrors = [("Lisbon", 2.0), ("Tokyo", 1.0), ("Lima", 3.0)]
    pending = [
        asyncio.create_task(ask(mirror, seconds)) for mirror, seconds in mirrors
    ]
    while pending:
        done, pending = await asyncio.wait(
            pending, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done:
            print(f"taken from {await task}, {len(pending)} still on the way")


asyncio.run(main())
