"""What `run` does: it makes a loop, runs one coroutine to its end, gives its value
and closes the loop."""

import asyncio


# ANCHOR: run
async def which_loop():
    loop = asyncio.get_running_loop()
    print(f"inside: {loop}")
    return loop


loop = asyncio.run(which_loop())
print(f"after:  {loop}")
# ANCHOR_END: run
# ANCHOR: debug
asyncio.run(which_loop(), debug=True)
# ANCHOR_END: debug


# ANCHOR: nested
async def nested():
    coro = which_loop()
    try:
        asyncio.run(coro)
    except RuntimeError as error:
        print(f"RuntimeError: {error}")
    # What is meant is simply to await it.
    await coro
# ANCHOR_END: nested


asyncio.run(nested())
