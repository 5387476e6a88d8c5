"""A task is done when its coroutine comes to its end, returns early, raises, or is
cancelled."""

import asyncio


# ANCHOR: search
async def search(shelf, wanted):
    for book in shelf:
        await asyncio.sleep(2)
        if book == wanted:
            return
        if book == 0:
            raise Exception("a gap")
# ANCHOR_END: search


# ANCHOR: table
def answer(question):
    try:
        return repr(question())
    except (Exception, asyncio.CancelledError) as error:
        return repr(error)


def print_row(how, task):
    done, cancelled = str(task.done()), str(task.cancelled())
    result, exception = answer(task.result), answer(task.exception)
    print(f"{how:10}  {done:5}  {cancelled:9}  {result:40}  {exception}")


async def main():
    to_the_end = asyncio.create_task(search([1, 2, 3], 7))
    early = asyncio.create_task(search([1, 2, 3], 2))
    raises = asyncio.create_task(search([1, 0, 3], 7))
    cancelled = asyncio.create_task(search([1, 2, 3], 7))

    await asyncio.sleep(1)
    print(f"{"":10}  {"done":5}  {"cancelled":9}  {"result":40}  exception")
    print_row("under way", to_the_end)
    cancelled.cancel()
    await asyncio.wait([to_the_end, early, raises, cancelled])
    print_row("to the end", to_the_end)
    print_row("returned", early)
    print_row("raised", raises)
    print_row("cancelled", cancelled)
# ANCHOR_END: table


asyncio.run(main())
