"""`wait` sorts tasks into done and not done; three conditions say when it returns,
a timeout when it gives up."""

import asyncio


# ANCHOR: deliver
async def deliver(letter, days):
    await asyncio.sleep(days)
    if letter == "B":
        raise Exception("no such address")


def send_letters():
    """Sends three letters: the first arrives, the second comes back, the third
    takes its time."""
    letters = [("A", 1), ("B", 2), ("C", 3)]
    return [
        asyncio.create_task(deliver(letter, days), name=letter)
        for letter, days in letters
    ]
# ANCHOR_END: deliver


def names(tasks):
    return sorted(task.get_name() for task in tasks)


async def watch(condition, timeout=None, lost=False):
    """Waits for three new letters and tells what has become of them."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    letters = send_letters()
    if lost:
        letters[1].cancel()
    # ANCHOR: wait
    done, pending = await asyncio.wait(
        letters, timeout=timeout, return_when=condition
    )
    # ANCHOR_END: wait
    days = loop.time() - start
    print(
        f"{condition}: after {days:.1f} days, "
        f"done {names(done)}, pending {names(pending)}"
    )

    # `wait` left the pending ones alone: they end now. Collecting the outcomes
    # keeps the failure from being reported.
    await asyncio.wait(letters)
    for letter in letters:
        if not letter.cancelled():
            letter.exception()


# ANCHOR: program
async def main():
    await watch(asyncio.FIRST_COMPLETED)
    await watch(asyncio.FIRST_EXCEPTION)
    await watch(asyncio.ALL_COMPLETED)

    print("With a time limit:")
    await watch(asyncio.ALL_COMPLETED, timeout=1.5)

    print("With the second one cancelled, which is no exception:")
    await watch(asyncio.FIRST_EXCEPTION, lost=True)

    try:
        await watch("bad")
    except ValueError as error:
        print(f"ValueError: {error}")
# ANCHOR_END: program


asyncio.run(main())
