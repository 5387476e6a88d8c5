"""A coroutine written without `async`: a decorated generator."""

import asyncio
from types import coroutine


# ANCHOR: future
@coroutine
def old_style_coroutine():
    yield from asyncio.sleep(1)
    print("slept, the old way")
# ANCHOR_END: future


# ANCHOR: program
async def main():
    await old_style_coroutine()
# ANCHOR_END: program


asyncio.run(main())
