"""The loop has a `create_task` of its own; the function of that name is this method
on the loop that runs."""

import asyncio


async def print_label(parcel):
    await asyncio.sleep(0.1)
    return parcel


# ANCHOR: main
async def main():
    loop = asyncio.get_running_loop()
    by_method = loop.create_task(print_label(1))
    by_function = asyncio.create_task(print_label(2))
    print(f"one loop: {by_method.get_loop() is by_function.get_loop()}")
    print(f"labels {await by_method} and {await by_function}")


asyncio.run(main())
# The method can fail, because a loop may be closed; the function cannot, in a
# coroutine.
closed = asyncio.new_event_loop()
closed.close()
coro = print_label(3)
try:
    closed.create_task(coro)
except RuntimeError as error:
    print(f"RuntimeError: {error}")
    coro.close()
# ANCHOR_END: main
