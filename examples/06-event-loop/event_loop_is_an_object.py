"""The loop is an object: it has methods, a state that they change, and parts that
can be exchanged."""

import asyncio
from collections import deque


# ANCHOR: state
def open_and_close():
    loop = asyncio.new_event_loop()
    loop.set_debug(True)
    print(loop)

    async def inside():
        print(loop)

    loop.run_until_complete(inside())
    loop.close()
    print(loop)
    try:
        loop.call_soon(print)
    except RuntimeError as error:
        print(f"RuntimeError: {error}")
# ANCHOR_END: state


# ANCHOR: policy
class LastInFirstOut(deque):
    """Runs the one that became ready last."""

    popleft = deque.pop


def serve(loop):
    for customer in ["Ada", "Bo", "Cy"]:
        loop.call_soon(print, f"  {customer}")
    loop.stop()
    loop.run_forever()


open_and_close()
loop = asyncio.new_event_loop()
print("first in, first out")
serve(loop)
# CPython has no method for this; its queue is a private attribute.
loop._ready = LastInFirstOut()
print("last in, first out")
serve(loop)
loop.close()
# ANCHOR_END: policy
