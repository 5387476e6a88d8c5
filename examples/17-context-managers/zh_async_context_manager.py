"""A manager that announces when its block is entered and left."""

import asyncio


# ANCHOR: manager
class Announcing:
    async def __aenter__(self):
        print(">进入上下文管理器")
        await asyncio.sleep(0.5)

    async def __aexit__(self, *exception):
        print(">退出上下文管理器")
        await asyncio.sleep(0.5)
# ANCHOR_END: manager


# ANCHOR: use
async def custom_coroutine():
    async with Announcing():
        print("在上下文管理器内部")


asyncio.run(custom_coroutine())
# ANCHOR_END: use
