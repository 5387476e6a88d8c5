"""A coroutine object has `send`, which runs it to its next stop, and `close`; its
value comes in `StopIteration`."""


async def one():
    return 1


coro = one()
try:
    coro.send(None)
except StopIteration as stop:
    print(f"Returned({stop.value})")
try:
    coro.send(None)
except RuntimeError as error:
    print(f"sent to after its end: {error!r}")

coro = one()
coro.close()
try:
    coro.send(None)
except RuntimeError as error:
    print(f"sent to after close: {error!r}")

# Nobody awaits this one either. But it was closed, so it goes without a warning.
one().close()
