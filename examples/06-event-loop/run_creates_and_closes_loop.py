"""`run` makes a new loop each time and closes it at the end; inside a loop it is an
error."""

import asyncio


# ANCHOR: which_loop
async def which_loop():
    loop = asyncio.get_running_loop()
    print(f"inside: {loop}")
    return loop


first = asyncio.run(which_loop())
print(f"after:  {first}")
second = asyncio.run(which_loop())
print(f"the same loop: {first is second}")
# ANCHOR_END: which_loop


# ANCHOR: nested
async def nested():
    coro = which_loop()
    try:
        asyncio.run(coro)
    except RuntimeError as error:
        print(f"RuntimeError: {error}")
        coro.close()


asyncio.run(nested())
# ANCHOR_END: nested
