"""A coroutine that swallows its cancellation spoils the time limit around it."""

import asyncio


# ANCHOR: coroutines
async def polite():
    await asyncio.sleep(5)
    return "a page"


async def stubborn():
    """Mistakes the cancellation for a failure, and tries once more."""
    for _attempt in range(2):
        try:
            await asyncio.sleep(5)
            break
        except asyncio.CancelledError:
            pass
    return "an old page"
# ANCHOR_END: coroutines


# ANCHOR: program
async def load(page):
    outcome = None
    limit = asyncio.timeout(1)
    try:
        async with limit:
            outcome = await page()
    except TimeoutError as error:
        outcome = error
    return outcome, limit.expired()


async def main():
    outcome, expired = await load(polite)
    print(f"polite: {outcome!r}, expired: {expired}")

    start = asyncio.get_running_loop().time()
    outcome, expired = await load(stubborn)
    print(f"stubborn: {outcome!r}, expired: {expired}")
    print(f"  after {asyncio.get_running_loop().time() - start:.0f} seconds")
# ANCHOR_END: program


asyncio.run(main())
