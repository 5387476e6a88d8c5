"""Asynchronous iteration belongs to the language and not to asyncio."""


# ANCHOR: iterator
class Pause:
    """Suspends once. The caller decides when to continue."""

    def __await__(self):
        yield


class Countdown:
    def __init__(self, left):
        self.left = left

    def __aiter__(self):
        return self

    # A plain method. It returns something to await, and nothing more is required.
    def __anext__(self):
        return self.step()

    async def step(self):
        await Pause()
        self.left -= 1
        if self.left == 0:
            raise StopAsyncIteration
        return self.left
# ANCHOR_END: iterator


# ANCHOR: program
async def launch():
    async for left in Countdown(4):
        print(left)
    return "lift-off"


coro = launch()
suspended = 0
while True:
    try:
        coro.send(None)
        suspended += 1
    except StopIteration as stop:
        print(f"{stop.value}, suspended {suspended} times, and no loop")
        break
# ANCHOR_END: program
