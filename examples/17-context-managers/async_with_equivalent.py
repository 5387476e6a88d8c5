"""What `async with` stands for, by hand; a manager made of one coroutine; and a
stack of as many as are needed."""

import asyncio
import sys
from contextlib import AsyncExitStack, asynccontextmanager


# ANCHOR: generator
@asynccontextmanager
async def connection(host):
    print(f"connect to {host}")
    await asyncio.sleep(0.01)
    try:
        yield f"<{host}>"
    finally:
        print(f"close {host}")
        await asyncio.sleep(0.01)
# ANCHOR_END: generator


# ANCHOR: by_hand
async def by_hand():
    manager = connection("alpha")
    link = await manager.__aenter__()
    try:
        print(f"use {link}")
        await asyncio.sleep(0.01)
    except BaseException:
        if not await manager.__aexit__(*sys.exc_info()):
            raise
    else:
        await manager.__aexit__(None, None, None)
# ANCHOR_END: by_hand


# ANCHOR: stack
async def several(hosts):
    async with AsyncExitStack() as stack:
        connections = [
            await stack.enter_async_context(connection(host)) for host in hosts
        ]
        print(f"use {" and ".join(connections)}")
# ANCHOR_END: stack


async def main():
    await by_hand()
    await several(["beta", "gamma"])


asyncio.run(main())
