"""A coroutine does not know its loop: the same one runs on asyncio's, on one with
another clock, and on a tiny one."""

import asyncio
from types import coroutine


# ANCHOR: coroutine
@coroutine
def give_way():
    """Lets the others run once. It belongs to no loop: all it asks for is to be
    resumed."""
    yield


async def countdown(start):
    for left in range(start, 0, -1):
        print(left, end=" ")
        await give_way()
    return "lift-off"
# ANCHOR_END: coroutine


# ANCHOR: loop
def tiny_loop(coro):
    """A loop with one place in it, which resumes as fast as it can."""
    while True:
        try:
            coro.send(None)
        except StopIteration as stop:
            return stop.value
# ANCHOR_END: loop


# ANCHOR: main
class OtherClock(asyncio.SelectorEventLoop):
    def time(self):
        return 0.0


for loop, name in [
    (asyncio.new_event_loop(), "asyncio's loop"),
    (OtherClock(), "one with a virtual clock"),
]:
    print(f"{loop.run_until_complete(countdown(3))} on {name}")
    loop.close()
print(f"{tiny_loop(countdown(3))} on a tiny one")
# What waits for time needs a loop that has timers, and says so.
try:
    tiny_loop(asyncio.sleep(1))
except RuntimeError as error:
    print(f"RuntimeError: {error}")
# ANCHOR_END: main
