"""A task belongs to a running loop: making one without is an error, with which the
program ends."""

import asyncio


async def coro_1():
    print("do something")


task = asyncio.create_task(coro_1())
