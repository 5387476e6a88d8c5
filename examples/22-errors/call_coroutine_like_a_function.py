"""Calling an `async def` function makes a coroutine and runs none of it."""

import asyncio


# ANCHOR: coroutine
async def custom_coro():
    print("hi there")
# ANCHOR_END: coroutine


# ANCHOR: main
print("calling it:")
# A bare `custom_coro()` would draw the warning "coroutine 'custom_coro' was never
# awaited".
custom_coro().close()
print("running it:")
asyncio.run(custom_coro())
# ANCHOR_END: main
