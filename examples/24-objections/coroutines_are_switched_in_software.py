"""Coroutines are switched by ordinary calls, not by the operating system: a
scheduler without any event loop."""

import asyncio
import threading
from collections import deque


# ANCHOR: count
async def count(name, to):
    for number in range(1, to + 1):
        print(f"  {name} {number} in the {threading.current_thread().name} thread")
        # Suspends. The caller decides what happens next.
        await asyncio.sleep(0)
# ANCHOR_END: count


# ANCHOR: scheduler
def take_turns(coroutines):
    """Takes turns until all have returned: `send` runs a coroutine to its next
    suspension and comes back."""
    ready = deque(coroutines)
    while ready:
        coro = ready.popleft()
        try:
            coro.send(None)
            ready.append(coro)
        except StopIteration:
            pass
# ANCHOR_END: scheduler


# ANCHOR: main
async def main():
    await asyncio.gather(count("red", 3), count("blue", 2))


threading.current_thread().name = "main"  # CPython calls it MainThread.
print("switched by a loop of ours:")
take_turns([count("red", 3), count("blue", 2)])
print("switched by asyncio's:")
asyncio.run(main())
# ANCHOR_END: main
