"""Two ways to a thread: `to_thread` is a coroutine and starts when it runs,
`run_in_executor` starts at the call."""

import asyncio
import time


# ANCHOR: count
def count_books(shelf):
    print(f"counting the {shelf} shelf")
    time.sleep(1)
    print(f"the {shelf} shelf is counted")
    return 120
# ANCHOR_END: count


# ANCHOR: program
async def main():
    lazy = asyncio.to_thread(count_books, "upper")
    await asyncio.sleep(2)
    print("two seconds later, only made")
    print(f"awaited: {await lazy}")

    loop = asyncio.get_running_loop()
    eager = loop.run_in_executor(None, count_books, "lower")
    await asyncio.sleep(2)
    print(f"two seconds later, not yet awaited: {eager}")
    print(f"awaited: {await eager}")
# ANCHOR_END: program


asyncio.run(main())
